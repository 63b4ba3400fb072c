"""Events of CloudTrail's event history: what was changed, and everything that the root user did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import LogEvent

HEADER = Header(
    id="aws.cloudtrail_events",
    title="CloudTrail events",
    kind="log_event",
    population="Every management event of the window in this region that changed something or signed somebody in, "
    "and every management event of the root user.",
    provider="aws",
    per="region",
    calls=(Api("cloudtrail.lookup_events", ("cloudtrail:LookupEvents",)),),
    windows=Windows(settle=timedelta(minutes=30), longest=timedelta(days=3), reach=timedelta(days=89)),
    keeps="P90D",
    limits=(
        "Events that only read are left out, save those whose user name is `root`.",
        "Event history holds management events: reads and writes of data are in the trail's own files.",
        "Events of global services (IAM, sign-in) are in the history of us-east-1.",
    ),
)

QUESTIONS = (("ReadOnly", "false"), ("Username", "root"))


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one event for each that changed something, then those of root that did not."""
    span = run.span
    for key, value in QUESTIONS:
        asked = [{"AttributeKey": key, "AttributeValue": value}]
        found = run.client.population(
            "cloudtrail.lookup_events", key="Events", LookupAttributes=asked, StartTime=span.start, EndTime=span.end,
        )
        for event in found:
            if not span.start <= event["EventTime"] < span.end:
                run.skip("outside of the window")
            elif key == "Username" and event.get("ReadOnly") == "false":
                run.skip("an event of root that is recorded among the changes")
            else:
                yield Record(_row(event), event)


def _row(event: dict[str, Any]) -> LogEvent:
    detail = _detail(event)
    return LogEvent(
        event["EventId"],
        actor=_actor(detail.get("userIdentity") or {}) or event.get("Username"),
        action=event.get("EventName"),
        target=", ".join(filter(None, (one.get("ResourceName") for one in event.get("Resources") or ()))) or None,
        outcome=_outcome(detail) if detail else None,
        source_ip=detail.get("sourceIPAddress"),
        occurred_at=event["EventTime"],
    )


def _detail(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event as CloudTrail wrote it; {} where it came without, or is no JSON object."""
    try:
        found = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _actor(identity: dict[str, Any]) -> str | None:
    """Return who it was: an ARN, else the service that acted, the user's name or id."""
    if identity.get("type") == "Root":
        return identity.get("arn") or "root"
    return next((identity[key] for key in ("arn", "invokedBy", "userName", "principalId") if identity.get(key)), None)


def _outcome(detail: dict[str, Any]) -> str:
    """Return `success` or `failure`; a sign-in says so in its response, not as an error."""
    response = detail.get("responseElements") or {}
    refused = detail.get("errorCode") or response.get("ConsoleLogin") == "Failure"
    return "failure" if refused else "success"
