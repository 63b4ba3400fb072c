"""What activating a role of Azure takes: approval, a second factor, a reason, and for how long it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._durations import seconds
from collectors.azure._roles import ROLES, key, known, privileged
from collectors.azure._settings import setting

ASSIGNED = "authorization.role_management_policy_assignments.list_for_scope"
HEADER = Header(
    id="azure.pim_resource_policies",
    title="Rules of privileged identity management for Azure's roles",
    kind="configuration",
    population="The rules by which every role of Azure is activated, assigned and made eligible on the subscription.",
    provider="azure",
    per="member",
    calls=(Api(ASSIGNED, ("Microsoft.Authorization/roleManagementPolicyAssignments/read",)), ROLES),
    cadence="P7D",
    limits=(
        "The tenant needs Microsoft Entra ID P2 or Governance.",
        "Rules of the same roles on resource groups and single resources differ, and are not read.",
        "Rules of roles of the directory are in entra.pim_policies.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield the settings of each role."""
    scope = f"subscriptions/{run.client.subscription}"
    roles = known(run, scope)
    for held in run.client.population(ASSIGNED, scope=scope):
        said = held.get("properties") or {}
        role = roles.get(key(said.get("roleDefinitionId")))
        raw = [{"operation": ASSIGNED, "item": held}, {"operation": ROLES.call, "item": role}]
        for name, value in _settings(said, role).items():
            yield Record(setting(held["id"], name, value), raw)


def _settings(said: dict[str, Any], role: dict[str, Any] | None) -> dict[str, Any]:
    rules = {str(one.get("id")): one for one in said.get("effectiveRules") or ()}
    asked = rules.get("Enablement_EndUser_Assignment", {}).get("enabledRules") or []
    context = rules.get("AuthenticationContext_EndUser_Assignment", {})
    longest = rules.get("Expiration_EndUser_Assignment", {}).get("maximumDuration")
    lasts = seconds(longest)
    named = ((role or {}).get("properties") or {}).get("roleName")
    return {
        "role": named or said.get("roleDefinitionId"),
        "privileged": privileged(role),
        "approval_required": (rules.get("Approval_EndUser_Assignment", {}).get("setting") or {}).get(
            "isApprovalRequired"
        ),
        "mfa_required": "MultiFactorAuthentication" in asked or context.get("isEnabled") is True,
        "justification_required": "Justification" in asked,
        "ticket_required": "Ticketing" in asked,
        "longest_activation": longest,
        "longest_activation_hours": None if lasts is None else lasts / 3600,
        "permanent_assignment_allowed": _permanent(rules.get("Expiration_Admin_Assignment", {})),
        "permanent_eligibility_allowed": _permanent(rules.get("Expiration_Admin_Eligibility", {})),
    }


def _permanent(rule: dict[str, Any]) -> bool | None:
    """Return whether a role may be held without an end; None where the rule is not told."""
    required = rule.get("isExpirationRequired")
    return None if required is None else not required
