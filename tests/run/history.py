"""CloudTrail's event history as a list of events, each of which may arrive late."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.assembly.company import Company
from tests.lab.aws.answers import Context
from tests.lab.aws.paging import Listing

REGION = "eu-central-1"
COLLECTOR = "aws.cloudtrail_events"
REACH = timedelta(days=9)
CHANGES = [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]


@dataclass(frozen=True)
class Event:
    """An event that changed something: when it happened, and from when on AWS tells of it."""

    id: str
    at: datetime
    arrives: datetime | None = None


@dataclass
class History:
    """What AWS tells of one region; newest first, a few a page, both ends of a span inclusive."""

    firm: Company
    events: list[Event] = field(default_factory=list)
    page: int = 50

    def happened(self, name: str, at: datetime, arrives: datetime | None = None) -> None:
        """Add an event."""
        self.events.append(Event(name, at, arrives))

    def lookup(self, params: dict[str, Any], _context: Context) -> Listing:
        """Answer `LookupEvents`."""
        first, last = _aware(params["StartTime"]), _aware(params["EndTime"])
        told = [
            one for one in self.events
            if params["LookupAttributes"] == CHANGES and first <= one.at <= last
            and (one.arrives or one.at) <= self.firm.now
        ]
        return Listing([_told(one) for one in sorted(told, key=lambda one: one.at, reverse=True)], size=self.page)


def _aware(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(value), UTC)


def _told(event: Event) -> dict[str, Any]:
    detail = {"userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/ada"}, "eventID": event.id}
    return {
        "EventId": event.id, "EventName": "PutBucketPolicy", "ReadOnly": "false", "Username": "ada",
        "EventTime": event.at, "EventSource": "s3.amazonaws.com", "Resources": [],
        "CloudTrailEvent": json.dumps(detail),
    }
