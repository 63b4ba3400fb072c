"""The tagging API, which never saw the untagged, and Resource Explorer."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.iam_shapes import tags
from tests.lab.aws.paging import Listing
from tests.lab.aws.table import Params, Table
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.estate import Estate
from tests.lab.things import Resource

table = Table()


def _here(estate: Estate, context: Context) -> list[Resource]:
    return [r for r in estate.resources if (r.account, r.region) == (context.account, context.region)]


@table.on("resourcegroupstaggingapi.get_resources")
def _tagged(estate: Estate, params: Params, context: Context) -> dict[str, Any] | list[dict[str, Any]]:
    wanted = tuple(params.get("ResourceTypeFilters") or ())
    found = [r for r in _here(estate, context) if r.tagged and (not wanted or _tag_type(r.arn).startswith(wanted))]
    if params.get("ExcludeCompliantResources"):
        found = [r for r in found if _lacking(estate, r)]
    size = int(params.get("ResourcesPerPage") or 100)
    judged = bool(params.get("IncludeComplianceDetails"))
    told = [{"ResourceARN": r.arn, "Tags": tags(r.tags), **(_judged(estate, r) if judged else {})} for r in found]
    pages = [{"ResourceTagMappingList": told[n : n + size]} for n in range(0, len(told), size)]
    return (
        [*pages[:-1], {**pages[-1], "PaginationToken": ""}]
        if pages
        else {"ResourceTagMappingList": [], "PaginationToken": ""}
    )


def _lacking(estate: Estate, r: Resource) -> list[str]:
    """Return the keys that the organization's tag policy asks for and the resource does not have."""
    return [key for key in estate.file.get("tag_policy") or () if key not in r.tags]


def _judged(estate: Estate, r: Resource) -> dict[str, Any]:
    lacking = _lacking(estate, r)
    details = {"NoncompliantKeys": [], "KeysWithNoncompliantValues": [], "MissingTagKeys": lacking}
    return {"ComplianceDetails": {**details, "ComplianceStatus": not lacking}}


@table.on("organizations.describe_effective_policy")
def _effective(estate: Estate, params: Params, context: Context) -> Any:
    keys = estate.file.get("tag_policy")
    if not keys:
        return ErrorAnswer("EffectivePolicyNotFoundException", 400, "The effective policy does not exist.")
    content = json.dumps({"tags": {key: {"tag_key": key} for key in keys}})
    return {"EffectivePolicy": {"PolicyContent": content, "PolicyType": "TAG_POLICY", "TargetId": context.account}}


def _tag_type(arn: str) -> str:
    service, rest = arn.split(":")[2], arn.split(":", 5)[5]
    return f"{service}:{re.split('[:/]', rest)[0]}"


@table.on("resourcegroupstaggingapi.get_tag_keys")
def _tag_keys(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing(sorted({key for r in _here(estate, context) for key in r.tags}), key="TagKeys")


@table.on("resourcegroupstaggingapi.get_tag_values")
def _tag_values(estate: Estate, params: Params, context: Context) -> Listing:
    found = {r.tags[params["Key"]] for r in _here(estate, context) if params["Key"] in r.tags}
    return Listing(sorted(found), key="TagValues")


@table.on("resource-explorer-2.list_indexes")
def _indexes(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([_index(estate, context, r) for r in estate.regions])


def _index(estate: Estate, context: Context, region: str) -> dict[str, Any]:
    kind = "AGGREGATOR" if region == estate.file["home_region"] else "LOCAL"
    return {"Arn": f"arn:aws:resource-explorer-2:{region}:{context.account}:index/1", "Region": region, "Type": kind}


@table.on("resource-explorer-2.get_index")
def _get_index(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    told = _index(estate, context, context.region)
    return {**told, "State": "ACTIVE", "CreatedAt": estate.ago("400d"), "LastUpdatedAt": estate.ago("400d")}


def _view(context: Context) -> str:
    return f"arn:aws:resource-explorer-2:{context.region}:{context.account}:view/all/1"


@table.on("resource-explorer-2.list_views")
def _views(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([_view(context)])


@table.on("resource-explorer-2.get_default_view")
def _default_view(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    return {"ViewArn": _view(context)}


@table.on("resource-explorer-2.list_resources", "resource-explorer-2.search")
def _explored(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([_explorable(estate, r) for r in _here(estate, context)], key="Resources")


def _explorable(estate: Estate, r: Resource) -> dict[str, Any]:
    data = [{"Name": "tags", "LastReportedAt": estate.ago("5h"), "Data": tags(r.tags)}] if r.tags else []
    told = {"Arn": r.arn, "OwningAccountId": r.account, "Region": r.region, "ResourceType": _tag_type(r.arn)}
    return {**told, "Service": r.arn.split(":")[2], "LastReportedAt": estate.ago("5h"), "Properties": data}
