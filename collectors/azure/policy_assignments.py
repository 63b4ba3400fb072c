"""Whether the policies that reach into a subscription are enforced, and who is exempt from them until when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._settings import setting

ASSIGNMENTS, EXEMPTIONS = "policy.policy_assignments.list", "policy.policy_exemptions.list"
HEADER = Header(
    id="azure.policy_assignments",
    title="Assignments of policies and exemptions from them",
    kind="configuration",
    population="Every policy assignment and every policy exemption on a subscription, on what is in it, and on what is "
    "above it, those that have ended too.",
    provider="azure",
    per="member",
    calls=(
        Api(ASSIGNMENTS, ("Microsoft.Authorization/policyAssignments/read",)),
        Api(EXEMPTIONS, ("Microsoft.Authorization/policyExemptions/read",)),
    ),
    limits=(
        "What a policy demands, and the parameters that it is assigned with, are in the artifact and not judged.",
        "A policy whose effect is audit or disabled hinders nothing, whether its assignment is enforced or not.",
        "What is assigned above a subscription is told again for each subscription below it.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per assignment and setting, then one per exemption and setting."""
    for call, settings in ((ASSIGNMENTS, _assigned), (EXEMPTIONS, _exempt)):
        for item in run.client.population(call):
            for name, value in settings(item.get("properties") or {}).items():
                yield Record(setting(item["id"], name, value), {"operation": call, "item": item})


def _assigned(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "enforcement": said.get("enforcementMode") or "Default",
        "definition": said.get("policyDefinitionId"),
        "excluded": sorted(said.get("notScopes") or ()),
    }


def _exempt(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "exemption_ends": said.get("expiresOn"),
        "exemption_category": said.get("exemptionCategory"),
        "exempt_from": said.get("policyAssignmentId"),
    }
