"""What activating a role of the directory takes: approval, a second factor, a reason, and for how long it lasts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from collectors.entra._roles import privileged
from collectors.entra._settings import setting

ASSIGNED = "policies.role_management_policy_assignments"
ROLES = "role_management.directory.role_definitions"
NEEDS = ("RoleManagement.Read.Directory",)

HEADER = Header(
    id="entra.pim_policies",
    title="Rules of privileged identity management",
    kind="configuration",
    population="The rules by which every role of the directory is activated, assigned and made eligible.",
    provider="entra",
    per="boundary",
    calls=(Api(ASSIGNED, NEEDS), Api(ROLES, NEEDS)),
    cadence="P7D",
    limits=(
        "The tenant needs Microsoft Entra ID P2 or Governance.",
        "Rules of roles of Azure are kept by Azure, and those of groups are not among these.",
    ),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield the settings of each role."""
    roles = {one["id"]: one for one in run.client.read(ROLES)}
    asked = "scopeId eq '/' and scopeType eq 'DirectoryRole'"
    for held in run.client.population(ASSIGNED, filter=asked, expand=["policy($expand=rules)"]):
        role = roles.get(held.get("roleDefinitionId") or "", {})
        raw = [{"operation": ASSIGNED, "item": held}, {"operation": ROLES, "item": role}]
        for name, value in _settings(held, role).items():
            yield Record(setting(held.get("roleDefinitionId") or held["id"], name, value), raw)


def _settings(held: dict[str, Any], role: dict[str, Any]) -> dict[str, Any]:
    rules = {str(one.get("id")): one for one in (held.get("policy") or {}).get("rules") or ()}
    asked = rules.get("Enablement_EndUser_Assignment", {}).get("enabledRules") or []
    context = rules.get("AuthenticationContext_EndUser_Assignment", {})
    longest = rules.get("Expiration_EndUser_Assignment", {}).get("maximumDuration")
    return {
        "role": role.get("displayName"),
        "privileged": privileged(role),
        "approval_required": _approval(rules.get("Approval_EndUser_Assignment", {})),
        "mfa_required": "MultiFactorAuthentication" in asked or context.get("isEnabled") is True,
        "justification_required": "Justification" in asked,
        "ticket_required": "Ticketing" in asked,
        "longest_activation": longest,
        "longest_activation_hours": _hours(longest),
        "permanent_assignment_allowed": _permanent(rules.get("Expiration_Admin_Assignment", {})),
        "permanent_eligibility_allowed": _permanent(rules.get("Expiration_Admin_Eligibility", {})),
    }


def _approval(rule: dict[str, Any]) -> bool | None:
    found: bool | None = (rule.get("setting") or {}).get("isApprovalRequired")
    return found


def _permanent(rule: dict[str, Any]) -> bool | None:
    """Return whether a role may be held without an end; None where the rule is not told."""
    required = rule.get("isExpirationRequired")
    return None if required is None else not required


def _hours(duration: str | None) -> float | None:
    """Return the hours of a duration of days, hours and minutes such as `PT8H` or `P1DT30M`; None for any other."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", duration or "")
    if not found or not any(found.groups()):
        return None
    days, hours, minutes = (int(one or 0) for one in found.groups())
    return days * 24 + hours + minutes / 60
