"""What Intune demands of devices, and how it configures them; and whether anybody is assigned to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from collectors.entra._settings import setting

COMPLIANCE = "device_management.device_compliance_policies"
CONFIGURATION = "device_management.device_configurations"
NEEDS = ("DeviceManagementConfiguration.Read.All",)

HEADER = Header(
    id="entra.intune_compliance_policies",
    title="Rules for devices",
    kind="configuration",
    population="The settings of every compliance policy of Intune, and name, version and assignments of every "
    "configuration profile.",
    provider="entra",
    per="boundary",
    calls=(Api(COMPLIANCE, NEEDS), Api(CONFIGURATION, NEEDS)),
    cadence="P7D",
    limits=(
        "The tenant needs Microsoft Intune.",
        "Profiles of the settings catalogue are not in version 1.0 of Graph.",
        "What a configuration profile sets is not read: it may hold keys and passwords.",
    ),
)
PLAIN = ["id", "displayName", "version", "createdDateTime", "lastModifiedDateTime"]
OWN = {*PLAIN, "description", "roleScopeTagIds"}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield the settings of each compliance policy, then of each profile."""
    for policy in run.client.population(COMPLIANCE, expand=["assignments"]):
        for name, value in {**_common(policy), **_rules(policy)}.items():
            yield Record(setting(policy["id"], name, value), policy)
    for profile in run.client.population(CONFIGURATION, select=PLAIN, expand=["assignments"]):
        for name, value in _common(profile).items():
            yield Record(setting(profile["id"], name, value), profile)


def _common(policy: dict[str, Any]) -> dict[str, Any]:
    targets = [one.get("target") or {} for one in policy.get("assignments") or ()]
    kinds = [str(one.get("@odata.type") or "").rpartition(".")[2] for one in targets]
    included = [one for one in kinds if not one.startswith("exclusion")]
    return {
        "name": policy.get("displayName"),
        "type": str(policy.get("@odata.type") or "").rpartition(".")[2] or None,
        "version": policy.get("version"),
        "modified": policy.get("lastModifiedDateTime"),
        "assignments": len(included),
        "exclusions": len(kinds) - len(included),
        "all_devices_or_users": bool({"allDevicesAssignmentTarget", "allLicensedUsersAssignmentTarget"} & {*included}),
    }


def _rules(policy: dict[str, Any]) -> dict[str, Any]:
    """Return each single rule that is set, as Graph names it; no lists, no annotations."""
    return {name: value for name, value in policy.items()
            if name not in OWN and "@" not in name and isinstance(value, (bool, int, float, str))}
