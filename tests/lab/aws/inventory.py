"""AWS Config: the recorder, what it saw, and what its rules say."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.paging import Listing
from tests.lab.aws.table import Params, Table
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.estate import Estate
from tests.lab.things import Evaluation, Resource

table = Table()
AGGREGATOR = "organization"


def _recorded(estate: Estate, context: Context) -> bool:
    return not estate.off(estate.file["recorders"]["absent"], context.account, context.region)


def _here(estate: Estate, context: Context) -> list[Resource]:
    return [r for r in estate.resources if (r.account, r.region) == (context.account, context.region)]


def _config(estate: Estate, context: Context) -> list[Resource]:
    return _here(estate, context) if _recorded(estate, context) else []


def _everywhere(estate: Estate) -> list[Resource]:
    absent = estate.file["recorders"]["absent"]
    return [r for r in estate.resources if not estate.off(absent, r.account, r.region)]


@table.on("config.describe_configuration_recorders")
def _recorders(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    role = f"arn:aws:iam::{context.account}:role/aws-service-role/config"
    group = {"allSupported": True, "includeGlobalResourceTypes": True, "resourceTypes": []}
    told = {"name": "default", "roleARN": role, "recordingGroup": group}
    mode = {"recordingMode": {"recordingFrequency": "CONTINUOUS"}}
    return {"ConfigurationRecorders": [{**told, **mode}] if _recorded(estate, context) else []}


@table.on("config.describe_configuration_recorder_status")
def _recorder_status(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    when = {"lastStartTime": estate.ago("600d"), "lastStatusChangeTime": estate.ago("1h")}
    told = {"name": "default", "recording": True, "lastStatus": "SUCCESS", **when}
    return {"ConfigurationRecordersStatus": [told] if _recorded(estate, context) else []}


@table.on("config.describe_delivery_channels")
def _channels(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    told = {"name": "default", "s3BucketName": estate.file["digests"]["bucket"]}
    return {"DeliveryChannels": [told] if _recorded(estate, context) else []}


@table.on("config.describe_delivery_channel_status")
def _channel_status(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    done = {"lastStatus": "SUCCESS", "lastSuccessfulTime": estate.ago("2h"), "lastAttemptTime": estate.ago("2h")}
    told = {"name": "default", "configHistoryDeliveryInfo": done, "configSnapshotDeliveryInfo": done}
    return {"DeliveryChannelsStatus": [told] if _recorded(estate, context) else []}


@table.on("config.describe_retention_configurations")
def _retention(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([{"Name": "default", "RetentionPeriodInDays": 2557}] if _recorded(estate, context) else [])


def _counts(resources: list[Resource], asked: Any) -> dict[str, int]:
    counted = Counter(r.type for r in resources)
    return {kind: n for kind, n in sorted(counted.items()) if not asked or kind in asked}


@table.on("config.get_discovered_resource_counts")
def _discovered_counts(estate: Estate, params: Params, context: Context) -> Listing:
    counted = _counts(_config(estate, context), params.get("resourceTypes"))
    listed = [{"resourceType": kind, "count": n} for kind, n in counted.items()]
    return Listing(listed, key="resourceCounts", first={"totalDiscoveredResources": sum(counted.values())})


@table.on("config.list_discovered_resources")
def _discovered(estate: Estate, params: Params, context: Context) -> Listing:
    found = [r for r in _config(estate, context) if r.type == params["resourceType"]]
    return Listing([{"resourceType": r.type, "resourceId": r.id, "resourceName": r.name} for r in found])


@table.on("config.select_resource_config")
def _select(estate: Estate, params: Params, context: Context) -> Listing:
    return _selected(_config(estate, context), str(params["Expression"]), estate)


@table.on("config.select_aggregate_resource_config")
def _select_all(estate: Estate, params: Params, context: Context) -> Any:
    if not _aggregates(estate, context):
        return _no_aggregator()
    return _selected(_everywhere(estate), str(params["Expression"]), estate)


def _selected(resources: list[Resource], expression: str, estate: Estate) -> Listing:
    """Answer the part of Config's query language that inventories need: columns, and types by `=` or IN."""
    wanted = re.search(r"(?is)select\s+(.*?)(\s+where\s+(.*))?$", expression.strip())
    columns = [c.strip() for c in wanted.group(1).split(",")] if wanted else ["*"]
    kinds = set(re.findall(r"'([A-Za-z0-9]+::[A-Za-z0-9:]+)'", wanted.group(3) or "" if wanted else ""))
    chosen = [r for r in resources if not kinds or r.type in kinds]
    if columns[0].lower().startswith("count("):
        return Listing([json.dumps({columns[0].upper(): len(chosen)})], key="Results")
    rows = ({k: v for k, v in _item(r, estate).items() if columns == ["*"] or k in columns} for r in chosen)
    return Listing([json.dumps(row) for row in rows], key="Results")


def _item(r: Resource, estate: Estate) -> dict[str, Any]:
    stamp = "%Y-%m-%dT%H:%M:%S.000Z"
    place = {"accountId": r.account, "awsRegion": r.region, "resourceId": r.id, "resourceName": r.name, "arn": r.arn}
    when = {"resourceCreationTime": r.created.strftime(stamp)}
    seen = {"configurationItemCaptureTime": estate.ago("3h").strftime(stamp), "configurationItemStatus": "OK"}
    return {
        **place,
        "resourceType": r.type,
        **when,
        **seen,
        "tags": [{"key": k, "value": v} for k, v in r.tags.items()],
    }


@table.on("config.batch_get_resource_config")
def _batch(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    asked = {(k["resourceType"], k["resourceId"]) for k in params["resourceKeys"]}
    found = [r for r in _config(estate, context) if (r.type, r.id) in asked]
    told = [
        {
            "accountId": r.account,
            "arn": r.arn,
            "resourceType": r.type,
            "resourceId": r.id,
            "resourceName": r.name,
            "awsRegion": r.region,
            "resourceCreationTime": r.created,
            "configurationItemCaptureTime": estate.ago("3h"),
            "configurationItemStatus": "OK",
            "configuration": "{}",
        }
        for r in found
    ]
    return {"baseConfigurationItems": told, "unprocessedResourceKeys": []}


def _aggregates(estate: Estate, context: Context) -> bool:
    return (context.account, context.region) == (estate.accounts[0].id, estate.file["home_region"])


def _no_aggregator() -> ErrorAnswer:
    return ErrorAnswer("NoSuchConfigurationAggregatorException", 400, "The configuration aggregator does not exist.")


@table.on("config.describe_configuration_aggregators")
def _aggregators(estate: Estate, params: Params, context: Context) -> Listing:
    arn = f"arn:aws:config:{context.region}:{context.account}:config-aggregator/{AGGREGATOR}"
    source = {"RoleArn": f"arn:aws:iam::{context.account}:role/config", "AllAwsRegions": True}
    told = {"ConfigurationAggregatorName": AGGREGATOR, "ConfigurationAggregatorArn": arn}
    made = {"OrganizationAggregationSource": source, "CreationTime": estate.ago("500d")}
    return Listing([{**told, **made}] if _aggregates(estate, context) else [])


@table.on("config.describe_configuration_aggregator_sources_status")
def _sources(estate: Estate, params: Params, context: Context) -> Listing:
    done = {"SourceType": "ACCOUNT", "LastUpdateStatus": "SUCCEEDED", "LastUpdateTime": estate.ago("4h")}
    return Listing([{"SourceId": a.id, "AwsRegion": r, **done} for a in estate.accounts for r in estate.regions])


@table.on("config.get_aggregate_discovered_resource_counts")
def _aggregate_counts(estate: Estate, params: Params, context: Context) -> Any:
    if not _aggregates(estate, context):
        return _no_aggregator()
    counted = _counts(_everywhere(estate), None)
    groups = [{"GroupName": kind, "ResourceCount": n} for kind, n in counted.items()]
    first = {"TotalDiscoveredResources": sum(counted.values()), "GroupByKey": params.get("GroupByKey", "RESOURCE_TYPE")}
    return Listing(groups, key="GroupedResourceCounts", first=first)


@table.on("config.list_aggregate_discovered_resources")
def _aggregate(estate: Estate, params: Params, context: Context) -> Any:
    found = [r for r in _everywhere(estate) if r.type == params["ResourceType"]]
    return Listing(
        [
            {
                "SourceAccountId": r.account,
                "SourceRegion": r.region,
                "ResourceId": r.id,
                "ResourceType": r.type,
                "ResourceName": r.name,
            }
            for r in found
        ]
    )


@table.on("config.describe_config_rules")
def _rules(estate: Estate, params: Params, context: Context) -> Listing:
    names = estate.file["config_rules"] if _recorded(estate, context) else []
    place = f"arn:aws:config:{context.region}:{context.account}:config-rule"
    return Listing(
        [
            {
                "ConfigRuleName": n,
                "ConfigRuleArn": f"{place}/{n}",
                "ConfigRuleId": n,
                "ConfigRuleState": "ACTIVE",
                "Source": {"Owner": "AWS", "SourceIdentifier": n.upper().replace("-", "_")},
            }
            for n in names
        ]
    )


@table.on("config.describe_config_rule_evaluation_status")
def _ran(estate: Estate, params: Params, context: Context) -> Listing:
    names = estate.file["config_rules"] if _recorded(estate, context) else []
    when = {"LastSuccessfulEvaluationTime": estate.ago("6h"), "FirstEvaluationStarted": True}
    return Listing([{"ConfigRuleName": n, **when} for n in names])


def _judged(estate: Estate, context: Context) -> list[Evaluation]:
    return [e for e in estate.evaluations if (e.account, e.region) == (context.account, context.region)]


@table.on("config.describe_compliance_by_config_rule")
def _compliance(estate: Estate, params: Params, context: Context) -> Listing:
    failed = Counter(e.rule for e in _judged(estate, context) if not e.compliant)
    names = estate.file["config_rules"] if _recorded(estate, context) else []
    return Listing([{"ConfigRuleName": n, "Compliance": _verdict(failed[n])} for n in names])


def _verdict(failed: int) -> dict[str, Any]:
    kind = "NON_COMPLIANT" if failed else "COMPLIANT"
    return {"ComplianceType": kind, "ComplianceContributorCount": {"CappedCount": failed, "CapExceeded": False}}


@table.on("config.get_compliance_details_by_config_rule")
def _details(estate: Estate, params: Params, context: Context) -> Listing:
    judged = [e for e in _judged(estate, context) if e.rule == params["ConfigRuleName"]]
    kinds = params.get("ComplianceTypes") or ("COMPLIANT", "NON_COMPLIANT")
    return Listing([told for e in judged if (told := _evaluation(e))["ComplianceType"] in kinds])


def _evaluation(e: Evaluation) -> dict[str, Any]:
    what = {"ConfigRuleName": e.rule, "ResourceType": e.resource_type, "ResourceId": e.resource}
    ident = {"EvaluationResultIdentifier": {"EvaluationResultQualifier": what, "OrderingTimestamp": e.at}}
    kind = "COMPLIANT" if e.compliant else "NON_COMPLIANT"
    return {**ident, "ComplianceType": kind, "ResultRecordedTime": e.at, "ConfigRuleInvokedTime": e.at}
