"""Access packages that people hold: by which policy, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Grant

CALL = "identity_governance.entitlement_management.assignments"

HEADER = Header(
    id="entra.entitlements",
    title="Access packages that are held",
    kind="grant",
    population="Every assignment of an access package that is delivered or being delivered to somebody.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("EntitlementManagement.Read.All",)),),
    cadence="P7D",
    limits=("The tenant needs Microsoft Entra ID P2 or Governance.",),
)
ENDED = {"expired", "deliveryfailed"}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one grant per assignment."""
    for held in run.client.population(CALL, expand=["target", "accessPackage", "assignmentPolicy"]):
        if str(held.get("state")).lower() in ENDED:
            run.skip("no longer held")
        else:
            yield Record(_row(held), held)


def _row(held: dict[str, Any]) -> Grant:
    target, package = held.get("target") or {}, held.get("accessPackage") or {}
    policy, ends = held.get("assignmentPolicy") or {}, (held.get("schedule") or {}).get("expiration") or {}
    kind = str(target.get("subjectType") or "")
    return Grant(
        held["id"],
        principal=target.get("principalName") or target.get("email") or target.get("displayName")
        or target.get("objectId"),
        principal_type={"serviceprincipal": "service_principal"}.get(kind.lower(), kind or None),
        role=package.get("displayName") or package.get("id"),
        resource=(package.get("catalog") or {}).get("displayName"),
        effect="allow",
        via=policy.get("displayName"),
        expires_at=moment(ends.get("endDateTime") or held.get("expiredDateTime")),
        conditional=False,
    )
