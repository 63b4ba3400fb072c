"""Requests for rights for a time: who asked, who agreed, and whether the right was used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import AccessReview
from collectors.gcp._times import instant
from collectors.gcp.pam_entitlements import CALLS as ENTITLEMENTS
from collectors.gcp.pam_entitlements import OFF

GRANTS = {
    kind: f"privilegedaccessmanager.{kind}.locations.entitlements.grants.list"
    for kind in ("organizations", "folders", "projects")
}
HEADER = Header(
    id="gcp.pam_grants",
    title="Requests for rights for a time",
    kind="access_review",
    population="Every request for a right for a time that Privileged Access Manager still lists for the project, "
    "folder or organization itself, whatever became of it.",
    provider="gcp",
    per="boundary",
    calls=(
        *(Api(call, ("privilegedaccessmanager.entitlements.list",), answers=OFF) for call in ENTITLEMENTS.values()),
        *(Api(call, ("privilegedaccessmanager.grants.list",),
              answers={"NOT_FOUND": "the entitlement was deleted while it was read"}) for call in GRANTS.values()),
    ),
    limits=(
        "`not_reviewed` is a right that was activated and that nobody had to approve.",
        "Google deletes the record of a request thirty days after it ended.",
        "`occurred_at` is when it was decided; of a request that nobody decided, when it was made.",
    ),
)
DONE = ("DENIED", "ACTIVE", "ACTIVATION_FAILED", "EXPIRED", "REVOKED", "ENDED", "WITHDRAWN", "SCHEDULED", "ACTIVATING",
        "REVOKING")


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one review per request."""
    parent = run.client.parent
    kind = parent.partition("/")[0]
    entitlements = run.client.read(
        ENTITLEMENTS[kind], key="entitlements", parent=f"{parent}/locations/global", pageSize=500,
    )
    for entitlement in entitlements:
        for item in run.client.population(GRANTS[kind], key="grants", parent=entitlement["name"], pageSize=500):
            yield Record(_row(entitlement["name"], item), item)


def _row(entitlement: str, item: dict[str, Any]) -> AccessReview:
    events = (item.get("timeline") or {}).get("events") or []
    decided: dict[str, Any] = next((one for one in events if "approved" in one or "denied" in one), {})
    said = decided.get("approved") or decided.get("denied") or {}
    asked: dict[str, Any] = next((one["requested"] for one in events if "requested" in one), {})
    applied = bool((item.get("auditTrail") or {}).get("accessGrantTime"))
    return AccessReview(
        f"//privilegedaccessmanager.googleapis.com/{item['name']}",
        reviewed=f"//privilegedaccessmanager.googleapis.com/{entitlement}",
        reviewer=said.get("actor"),
        principal=item.get("requester"),
        decision=_decision(decided, applied=applied),
        applied=applied,
        outcome="completed" if item.get("state") in DONE else "in_progress",
        due_at=instant(asked.get("expireTime")),
        occurred_at=instant(decided.get("eventTime")) or instant(item.get("createTime")),
    )


def _decision(decided: dict[str, Any], *, applied: bool) -> str:
    if decided:
        return "approved" if "approved" in decided else "denied"
    return "not_reviewed" if applied else "unknown"
