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
MODERN = {"browser", "mobileAppsAndDesktopClients"}
RISKS = ("signInRiskLevels", "userRiskLevels", "insiderRiskLevels", "servicePrincipalRiskLevels")
PLACES = {"locations": ("includeLocations", "excludeLocations"), "platforms": ("includePlatforms", "excludePlatforms")}
APPLICATIONS = ("excludeApplications", "applicationFilter")


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
    return {
        "name": policy.get("displayName"),
        "state": policy.get("state"),
        "requires_mfa": _second_factor(controls),
        "operator": controls.get("operator"),
        "blocks": "block" in (controls.get("builtInControls") or []),
        "all_users": "All" in (users.get("includeUsers") or []),
        "roles": sorted(users.get("includeRoles") or []),
        "all_applications": "All" in (apps.get("includeApplications") or []),
        "narrowed_by": _narrowed(conditions),
        "modern_clients": "all" in clients or MODERN.issubset(clients),
        "old_clients": "all" in clients or OLD.issubset(clients),
        "client_types": sorted(clients),
        "excluded": sum(len(users.get(name) or []) for name in ("excludeUsers", "excludeGroups", "excludeRoles")),
        "modified": policy.get("modifiedDateTime"),
    }


def _second_factor(controls: dict[str, Any]) -> bool:
    """Return whether nobody gets by without a second factor: where one control of several is enough, each asks for it.

    https://learn.microsoft.com/graph/api/resources/conditionalaccessgrantcontrols
    """
    asked = [one == "mfa" for one in controls.get("builtInControls") or ()]
    asked += [True] if controls.get("authenticationStrength") else []
    others = [*(controls.get("customAuthenticationFactors") or ()), *(controls.get("termsOfUse") or ())]
    asked += [False] * len(others)
    return bool(asked) and (all(asked) if str(controls.get("operator")).upper() == "OR" else any(asked))


def _narrowed(conditions: dict[str, Any]) -> list[str]:
    """Return the conditions, sorted, that leave some sign-ins of the people and applications named out of a policy."""
    applications = conditions.get("applications") or {}
    found = {name for name in (*RISKS, "devices", "authenticationFlows") if conditions.get(name)}
    found |= {name for name in APPLICATIONS if applications.get(name)}
    for name, (some, none) in PLACES.items():
        said = conditions.get(name) or {}
        if said.get(none) or [one.lower() for one in said.get(some) or ("all",)] != ["all"]:
            found.add(name)
    return sorted(found)


def _location(location: dict[str, Any]) -> dict[str, Any]:
    ranges = sorted(one["cidrAddress"] for one in location.get("ipRanges") or () if one.get("cidrAddress"))
    return {
        "location": location.get("displayName"),
        "trusted": location.get("isTrusted"),
        "networks": ranges,
        "countries": sorted(location.get("countriesAndRegions") or []),
    }
