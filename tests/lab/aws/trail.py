"""CloudTrail: trails with their shadows, and events, newest first."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.paging import Listing
from tests.lab.aws.table import Params, Table
from tests.lab.aws.times import aware
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.estate import Estate
from tests.lab.things import Event

table = Table()


class Told(Sequence[Any]):
    """A sequence whose items are told only when they are sliced."""

    def __init__(self, items: Sequence[Any], tell: Any) -> None:
        self.items, self.tell = items, tell

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: Any) -> Any:
        chosen = self.items[place]
        return [self.tell(item) for item in chosen] if isinstance(place, slice) else self.tell(chosen)


_indexes: dict[int, dict[tuple[str, str], list[Event]]] = {}


def _events(estate: Estate, account: str, region: str) -> list[Event]:
    """Return the events of a place, oldest first."""
    if id(estate) not in _indexes:
        _indexes[id(estate)] = {}
        for event in estate.events:
            _indexes[id(estate)].setdefault((event.account, event.region), []).append(event)
    return _indexes[id(estate)].get((account, region), [])


@table.on("cloudtrail.lookup_events")
def _lookup(estate: Estate, params: Params, context: Context) -> Listing:
    events = _events(estate, context.account, context.region)
    start = aware(params.get("StartTime") or estate.now - timedelta(days=90))
    end = aware(params.get("EndTime") or estate.now + timedelta(days=1))
    first = bisect_left(events, start, key=lambda e: e.at)
    chosen = events[first : bisect_right(events, end, key=lambda e: e.at)][::-1]
    for attribute in params.get("LookupAttributes") or ():
        key, value = attribute["AttributeKey"], attribute["AttributeValue"]
        chosen = [e for e in chosen if _attribute(e, key) == value]
    return Listing(Told(chosen, _event), size=50)


def _attribute(event: Event, key: str) -> str:
    values = {"EventId": event.id, "EventName": event.name, "Username": event.user, "EventSource": event.source}
    return {**values, "ReadOnly": str(event.read_only).lower()}.get(key, "")


def _event(event: Event) -> dict[str, Any]:
    root = event.user == "root"
    arn = f"arn:aws:iam::{event.account}:{'root' if root else 'user/' + event.user}"
    identity = {"type": "Root" if root else "IAMUser", "accountId": event.account, "arn": arn, "userName": event.user}
    at = event.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    detail = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": at,
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": event.region,
        "sourceIPAddress": event.address,
        "userAgent": "console",
        "readOnly": event.read_only,
        "eventID": event.id,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": event.account,
        "eventCategory": "Management",
        **({"errorCode": event.error, "errorMessage": "not authorized"} if event.error else {}),
    }
    told = {
        "EventId": event.id,
        "EventName": event.name,
        "ReadOnly": str(event.read_only).lower(),
        "Username": event.user,
    }
    when = {"EventTime": event.at, "EventSource": event.source, "Resources": []}
    return {**told, **when, "CloudTrailEvent": json.dumps(detail)}


def arn_of(estate: Estate, trail: Mapping[str, Any]) -> str:
    """Return a trail's ARN."""
    return f"arn:aws:cloudtrail:{trail['region']}:{estate.account(trail['account']).id}:trail/{trail['name']}"


def _seen(estate: Estate, context: Context) -> Iterator[Mapping[str, Any]]:
    """Yield the trails that a region of an account shows, shadows included."""
    for trail in estate.file["trails"]:
        own = estate.account(trail["account"]).id == context.account or trail["organization"]
        if own and (trail["region"] == context.region or trail["multi_region"]):
            yield trail


def _trail(estate: Estate, trail: Mapping[str, Any]) -> dict[str, Any]:
    home, arn = trail["region"], arn_of(estate, trail)
    owner = estate.account(trail["account"]).id
    key = {"KmsKeyId": f"arn:aws:kms:{home}:{owner}:key/trail"} if trail["encrypted"] else {}
    told = {"Name": trail["name"], "S3BucketName": trail["bucket"], "TrailARN": arn, "HomeRegion": home}
    flags = {"IncludeGlobalServiceEvents": True, "IsMultiRegionTrail": trail["multi_region"]}
    more = {"LogFileValidationEnabled": trail["validation"], "IsOrganizationTrail": trail["organization"]}
    return {**told, **flags, **more, **key, "HasCustomEventSelectors": False, "HasInsightSelectors": False}


@table.on("cloudtrail.describe_trails")
def _describe(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    shadows = params.get("includeShadowTrails", True)
    seen = [t for t in _seen(estate, context) if shadows or t["region"] == context.region]
    names = params.get("trailNameList") or ()
    chosen = [t for t in seen if not names or t["name"] in names or arn_of(estate, t) in names]
    return {"trailList": [_trail(estate, t) for t in chosen]}


@table.on("cloudtrail.list_trails")
def _list(estate: Estate, params: Params, context: Context) -> Listing:
    seen = _seen(estate, context)
    return Listing([{"TrailARN": arn_of(estate, t), "Name": t["name"], "HomeRegion": t["region"]} for t in seen])


def _one(estate: Estate, params: Params, key: str = "Name") -> Mapping[str, Any] | ErrorAnswer:
    name = params.get(key, "")
    found = (t for t in estate.file["trails"] if name in (t["name"], arn_of(estate, t)))
    return next(found, ErrorAnswer("TrailNotFoundException", 400, f"Unknown trail: {name}"))


@table.on("cloudtrail.get_trail")
def _get(estate: Estate, params: Params, context: Context) -> Any:
    trail = _one(estate, params)
    return trail if isinstance(trail, ErrorAnswer) else {"Trail": _trail(estate, trail)}


@table.on("cloudtrail.get_trail_status")
def _status(estate: Estate, params: Params, context: Context) -> Any:
    trail = _one(estate, params)
    if isinstance(trail, ErrorAnswer):
        return trail
    last = estate.now - timedelta(minutes=5) if trail["logging"] else estate.ago("120d")
    digest = {"LatestDigestDeliveryTime": estate.now - timedelta(minutes=20)} if trail["validation"] else {}
    began = {"StartLoggingTime": estate.ago("700d"), "TimeLoggingStarted": "", "TimeLoggingStopped": ""}
    stopped = {} if trail["logging"] else {"StopLoggingTime": last}
    return {"IsLogging": trail["logging"], "LatestDeliveryTime": last, **digest, **began, **stopped}


@table.on("cloudtrail.get_event_selectors")
def _selectors(estate: Estate, params: Params, context: Context) -> Any:
    trail = _one(estate, params, "TrailName")
    if isinstance(trail, ErrorAnswer):
        return trail
    every = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
    return {"TrailARN": arn_of(estate, trail), "EventSelectors": [every]}


@table.on("cloudtrail.get_insight_selectors")
def _insights(estate: Estate, params: Params, context: Context) -> Any:
    return ErrorAnswer("InsightNotEnabledException", 400, "Insights are not enabled on the trail")


@table.on("cloudtrail.list_tags")
def _tags(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    tags = [{"Key": "owner", "Value": "platform"}]
    return {"ResourceTagList": [{"ResourceId": arn, "TagsList": tags} for arn in params["ResourceIdList"]]}
