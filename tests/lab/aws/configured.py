"""How servers, functions, clusters, access points, sessions and rules are set up."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.iam_shapes import tags
from tests.lab.aws.paging import Listing
from tests.lab.aws.table import Params, Table
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.estate import Estate
from tests.lab.things import Account

table = Table()
Entry = dict[str, Any]


def _named(estate: Estate, section: str, context: Context) -> list[Entry]:
    """Return what the file names of a section in the account and region that is asked."""
    account = next(a for a in estate.accounts if a.id == context.account)
    return [one for one in estate.named(section, account) if one["region"] == context.region]


def _listed(estate: Estate, section: str, context: Context) -> list[Entry]:
    """Return the same of a section that names the account in each entry."""
    place = (context.account, context.region)
    return [one for one in estate.file.get(section) or () if (estate.account(one["account"]).id, one["region"]) == place]


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.000Z}"


@table.on("ec2.describe_images")
def _images(estate: Estate, params: Params, context: Context) -> Listing:
    own = [(a, one) for a in estate.accounts for one in estate.named("images", a)]
    if params.get("Owners") == ["self"]:
        found = [(a, one) for a, one in own if (a.id, one["region"]) == (context.account, context.region)]
    else:  # the lab's images bear the same id in every region, and are shared within the organization
        wanted = {value for one in params.get("Filters") or () for value in one["Values"]}
        found = [(a, one) for a, one in own if one["id"] in wanted]
    return Listing([_image(estate, a, one) for a, one in found])


def _image(estate: Estate, account: Account, one: Entry) -> Entry:
    told = {"ImageId": one["id"], "Name": one["name"], "OwnerId": account.id, "State": "available"}
    when = {"CreationDate": _iso(estate.ago(one["created"]))}
    until = {"DeprecationTime": _iso(estate.ago(one["deprecated"]))} if one.get("deprecated") else {}
    return {**told, **when, **until, "Public": bool(one.get("public")), "Tags": tags({"owner": "platform"})}


@table.on("ec2.get_image_block_public_access_state")
def _image_block(estate: Estate, params: Params, context: Context) -> Entry:
    return {"ImageBlockPublicAccessState": "unblocked", "ManagedBy": "account"}


@table.on("s3control.list_access_points")
def _points(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([_point(one, context) for one in _named(estate, "access_points", context)], key="AccessPointList")


def _point(one: Entry, context: Context) -> Entry:
    arn = f"arn:aws:s3:{context.region}:{context.account}:accesspoint/{one['name']}"
    told = {"Name": one["name"], "NetworkOrigin": "Internet", "Bucket": one["bucket"], "AccessPointArn": arn}
    return {**told, "BucketAccountId": context.account}


def _asked_point(estate: Estate, params: Params, context: Context) -> Entry | None:
    return next((one for one in _named(estate, "access_points", context) if one["name"] == params["Name"]), None)


@table.on("s3control.get_access_point")
def _one_point(estate: Estate, params: Params, context: Context) -> Any:
    one = _asked_point(estate, params, context)
    if one is None:
        return ErrorAnswer("NoSuchAccessPoint", 404, "The specified accesspoint does not exist")
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {**_point(one, context), "PublicAccessBlockConfiguration": dict.fromkeys(names, not one.get("public"))}


@table.on("s3control.get_access_point_policy_status")
def _point_status(estate: Estate, params: Params, context: Context) -> Any:
    one = _asked_point(estate, params, context)
    if one is None or not one.get("public"):
        return ErrorAnswer("NoSuchAccessPointPolicy", 404, "The specified accesspoint does not have a policy")
    return {"PolicyStatus": {"IsPublic": True}}


@table.on("lambda.get_policy")
def _function_policy(estate: Estate, params: Params, context: Context) -> Any:
    found = estate.of("AWS::Lambda::Function", context.account, context.region)
    function = next((r for r in found if r.name == params["FunctionName"]), None)
    if function is None or not function.traits["url"]:
        return ErrorAnswer("ResourceNotFoundException", 404, "The resource you requested does not exist.")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl", "Resource": function.arn}
    asked = {"StringEquals": {"lambda:FunctionUrlAuthType": function.traits["url"]}}
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": asked}]})}


@table.on("lambda.list_function_url_configs")
def _function_urls(estate: Estate, params: Params, context: Context) -> Listing:
    found = estate.of("AWS::Lambda::Function", context.account, context.region)
    with_url = [r for r in found if r.name == params["FunctionName"] and r.traits["url"]]
    urls = (f"https://{r.name:a<32.32}.lambda-url.{r.region}.on.aws/" for r in with_url)
    when = {"CreationTime": _iso(estate.ago("200d")), "LastModifiedTime": _iso(estate.ago("200d"))}
    return Listing([
        {"FunctionUrl": url, "FunctionArn": r.arn, "AuthType": r.traits["url"], **when}
        for url, r in zip(urls, with_url, strict=True)
    ])


@table.on("eks.list_clusters")
def _clusters(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([one["name"] for one in _named(estate, "clusters", context)])


@table.on("eks.describe_cluster")
def _cluster(estate: Estate, params: Params, context: Context) -> Any:
    one = next((c for c in _named(estate, "clusters", context) if c["name"] == params["name"]), None)
    if one is None:
        return ErrorAnswer("ResourceNotFoundException", 404, f"No cluster found for name: {params['name']}.")
    arn = f"arn:aws:eks:{context.region}:{context.account}:cluster/{one['name']}"
    told = {"name": one["name"], "arn": arn, "version": one["version"], "status": "ACTIVE"}
    world = ["0.0.0.0/0"] if one["open"] else ["203.0.113.0/24"]
    network = {"endpointPublicAccess": True, "endpointPrivateAccess": True, "publicAccessCidrs": world}
    logs = {"clusterLogging": [{"types": one["logs"], "enabled": True}] if one["logs"] else []}
    made = {"createdAt": estate.ago("300d"), "tags": {"owner": "platform"}}
    return {"cluster": {**told, **made, "resourcesVpcConfig": network, "logging": logs}}


@table.on("eks.describe_cluster_versions")
def _versions(estate: Estate, params: Params, context: Context) -> Listing:
    supported = {str(one["version"]): one["support"] for a in estate.accounts for one in estate.named("clusters", a)}
    wanted = params.get("clusterVersions") or sorted(supported)
    return Listing([{"clusterVersion": v, "versionStatus": supported[v]} for v in wanted if v in supported])


def _sessions(estate: Estate, context: Context) -> str:
    """Return the log group in which sessions are kept here; nothing where nobody chose one."""
    said = estate.file.get("sessions") or {"log_group": "", "unlogged": []}
    return "" if estate.off(said["unlogged"], context.account, context.region) else str(said["log_group"])


@table.on("ssm.list_documents")
def _documents(estate: Estate, params: Params, context: Context) -> Listing:
    told = {"Name": "SSM-SessionManagerRunShell", "DocumentType": "Session", "Owner": context.account}
    return Listing([{**told, "DocumentFormat": "JSON", "SchemaVersion": "1.0"}] if _sessions(estate, context) else [])


@table.on("ssm.get_document")
def _document(estate: Estate, params: Params, context: Context) -> Any:
    group = _sessions(estate, context)
    if not group or params["Name"] != "SSM-SessionManagerRunShell":
        return ErrorAnswer("InvalidDocument", 400, f"Document with name {params['Name']} does not exist.")
    inputs = {"s3BucketName": "", "cloudWatchLogGroupName": group, "kmsKeyId": "alias/sessions", "runAsEnabled": False}
    content = {"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": inputs}
    told = {"Name": params["Name"], "DocumentType": "Session", "DocumentFormat": "JSON", "Status": "Active"}
    return {**told, "Content": json.dumps(content)}


@table.on("events.list_event_buses")
def _buses(estate: Estate, params: Params, context: Context) -> Listing:
    arn = f"arn:aws:events:{context.region}:{context.account}:event-bus/default"
    return Listing([{"Name": "default", "Arn": arn}])


@table.on("events.list_rules")
def _rules(estate: Estate, params: Params, context: Context) -> Listing:
    place = f"arn:aws:events:{context.region}:{context.account}:rule"
    return Listing([
        {"Name": one["name"], "Arn": f"{place}/{one['name']}", "EventBusName": "default", "State": "ENABLED",
         "EventPattern": json.dumps({"source": [one["source"]]})}
        for one in _listed(estate, "event_rules", context)
    ])


def _topic(one: Entry, context: Context) -> str:
    return f"arn:aws:sns:{context.region}:{context.account}:{one['topic']}"


@table.on("events.list_targets_by_rule")
def _targets(estate: Estate, params: Params, context: Context) -> Any:
    found = [one for one in _listed(estate, "event_rules", context) if one["name"] == params["Rule"]]
    if not found:
        return ErrorAnswer("ResourceNotFoundException", 400, f"Rule {params['Rule']} does not exist on EventBus default.")
    return Listing([{"Id": "topic", "Arn": _topic(one, context)} for one in found])


@table.on("sns.list_subscriptions_by_topic")
def _subscriptions(estate: Estate, params: Params, context: Context) -> Any:
    rules = _listed(estate, "event_rules", context)
    rule = next((one for one in rules if _topic(one, context) == params["TopicArn"]), None)
    if rule is None:
        return ErrorAnswer("NotFound", 404, "Topic does not exist")
    told = {"Owner": context.account, "Protocol": "email", "TopicArn": params["TopicArn"]}
    return Listing([
        {**told, "SubscriptionArn": f"{params['TopicArn']}:{n}", "Endpoint": f"operations-{n}@nordwind.example"}
        for n in range(int(rule["subscribers"]))
    ])


@table.on("dlm.get_lifecycle_policies")
def _snapshot_policies(estate: Estate, params: Params, context: Context) -> Entry:
    found = _listed(estate, "snapshot_policies", context)
    return {"Policies": [{"PolicyId": one["id"], "State": one["state"], "Description": one["name"]} for one in found]}


@table.on("dlm.get_lifecycle_policy")
def _snapshot_policy(estate: Estate, params: Params, context: Context) -> Any:
    found = [one for one in _listed(estate, "snapshot_policies", context) if one["id"] == params["PolicyId"]]
    if not found:
        return ErrorAnswer("ResourceNotFoundException", 404, "Policy not found")
    one, arn = found[0], f"arn:aws:dlm:{context.region}:{context.account}:policy/{params['PolicyId']}"
    every = {"Name": "daily", "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS"}, "RetainRule": {"Count": 14}}
    wanted = {"ResourceTypes": ["VOLUME"], "TargetTags": [{"Key": "backup", "Value": "nightly"}], "Schedules": [every]}
    told = {"PolicyId": one["id"], "PolicyArn": arn, "State": one["state"], "Description": one["name"]}
    why = {"StatusMessage": one.get("message", one["state"])}
    return {"Policy": {**told, **why, "PolicyDetails": {"PolicyType": "EBS_SNAPSHOT_MANAGEMENT", **wanted}}}
