"""Conditional access policies, and the security defaults that hold where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from collectors.entra._settings import setting

POLICIES = "identity.conditional_access.policies"
LOCATIONS = "identity.conditional_access.named_locations"
NEEDS = ("Policy.Read.All",)
DEFAULTS = "policies.identity_security_defaults_enforcement_policy"

HEADER = Header(
    id="entra.conditional_access",
    title="Conditional access",
    kind="configuration",
    population="The settings of every conditional access policy and every named location of the tenant, and whether "
    "its security defaults are on.",
    provider="entra",
    per="boundary",
    calls=(Api(POLICIES, NEEDS), Api(LOCATIONS, NEEDS), Api(DEFAULTS, NEEDS)),
    limits=(
        "Policies need Microsoft Entra ID P1.",
        "Who a policy really reaches follows from all policies together; the settings are told one by one.",
    ),
)


OLD = {"exchangeActiveSync", "other"}
"""The kinds of clients that cannot be asked for a second factor."""


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield the settings of each policy, then of each named location, then the security defaults."""
    for policy in run.client.population(POLICIES):
        for name, value in _settings(policy).items():
            yield Record(setting(policy["id"], name, value), policy)
    for location in run.client.population(LOCATIONS):
        for name, value in _location(location).items():
            yield Record(setting(location["id"], name, value), location)
    for defaults in run.client.whole(DEFAULTS):
        identifier = defaults.get("id") or "securityDefaults"
        yield Record(setting(identifier, "security_defaults", defaults.get("isEnabled")), defaults)


def _settings(policy: dict[str, Any]) -> dict[str, Any]:
    conditions, controls = policy.get("conditions") or {}, policy.get("grantControls") or {}
    users, apps = conditions.get("users") or {}, conditions.get("applications") or {}
    clients = conditions.get("clientAppTypes") or []
    built_in = controls.get("builtInControls") or []
    return {
        "name": policy.get("displayName"),
        "state": policy.get("state"),
        "requires_mfa": "mfa" in built_in or bool(controls.get("authenticationStrength")),
        "operator": controls.get("operator"),
        "blocks": "block" in built_in,
        "all_users": "All" in (users.get("includeUsers") or []),
        "roles": sorted(users.get("includeRoles") or []),
        "all_applications": "All" in (apps.get("includeApplications") or []),
        "old_clients": "all" in clients or OLD.issubset(clients),
        "client_types": sorted(clients),
        "excluded": sum(len(users.get(name) or []) for name in ("excludeUsers", "excludeGroups", "excludeRoles")),
        "modified": policy.get("modifiedDateTime"),
    }


def _location(location: dict[str, Any]) -> dict[str, Any]:
    ranges = sorted(one["cidrAddress"] for one in location.get("ipRanges") or () if one.get("cidrAddress"))
    return {
        "location": location.get("displayName"),
        "trusted": location.get("isTrusted"),
        "networks": ranges,
        "countries": sorted(location.get("countriesAndRegions") or []),
    }
