"""By which rules access packages are handed out: who may ask, who approves, for how long, and who looks again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from collectors.entra._settings import setting

CALL = "identity_governance.entitlement_management.assignment_policies"

HEADER = Header(
    id="entra.access_package_policies",
    title="Policies of access packages",
    kind="configuration",
    population="Every policy by which somebody may be given an access package of the tenant.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("EntitlementManagement.Read.All",)),),
    cadence="P7D",
    limits=(
        "The tenant needs Microsoft Entra ID P2 or Governance.",
        "A package without a policy is not among them: nobody can be given it.",
        "Who approves is in the artifact, not in a column.",
        "What Graph leaves out is null, which is neither yes nor no.",
    ),
)
NOBODY = "notspecified"
"""Whom a policy names that is for administrators alone: nobody may ask."""


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one record per policy and setting."""
    for policy in run.client.population(CALL, expand=["accessPackage"]):
        for name, value in _settings(policy).items():
            yield Record(setting(policy["id"], name, value), policy)


def _settings(policy: dict[str, Any]) -> dict[str, Any]:
    asked, ends = policy.get("requestApprovalSettings") or {}, policy.get("expiration") or {}
    looked, package = policy.get("reviewSettings") or {}, policy.get("accessPackage") or {}
    whom = policy.get("allowedTargetScope")
    return {
        "package": package.get("displayName") or package.get("id"),
        "name": policy.get("displayName"),
        "who_may_ask": whom,
        "on_request": str(whom).lower() != NOBODY if whom else None,
        "approval_required": asked.get("isApprovalRequiredForAdd"),
        "justification_required": asked.get("isRequestorJustificationRequired"),
        "ends": ends.get("duration") or ends.get("endDateTime"),
        "permanent": str(ends["type"]).lower() == "noexpiration" if ends.get("type") else None,
        "reviewed": looked.get("isEnabled"),
        "self_review": looked.get("isSelfReview"),
    }
