"""From which other tenants people may come, to which ours may go, and what of theirs is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from collectors.entra._settings import setting

DEFAULT = "policies.cross_tenant_access_policy.default"
PARTNERS = "policies.cross_tenant_access_policy.partners"
NEEDS = ("Policy.Read.All",)

HEADER = Header(
    id="entra.cross_tenant_access",
    title="Access across tenants",
    kind="configuration",
    population="The settings of access across tenants that hold for all other tenants, and those of every partner.",
    provider="entra",
    per="boundary",
    calls=(Api(DEFAULT, NEEDS), Api(PARTNERS, NEEDS)),
    cadence="P7D",
    limits=("A setting that a partner does not have is taken from the default: its value is null.",),
)
WAYS = {
    "collaboration_inbound": "b2bCollaborationInbound", "collaboration_outbound": "b2bCollaborationOutbound",
    "direct_connect_inbound": "b2bDirectConnectInbound", "direct_connect_outbound": "b2bDirectConnectOutbound",
}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield the settings of the default, then those of each partner."""
    for default in run.client.whole(DEFAULT):
        for name, value in _settings(default).items():
            yield Record(setting("default", name, value), default)
    for partner in run.client.population(PARTNERS):
        for name, value in _settings(partner).items():
            yield Record(setting(partner["tenantId"], name, value), partner)


def _settings(found: dict[str, Any]) -> dict[str, Any]:
    trust = found.get("inboundTrust") or {}
    return {
        **{name: _open(found.get(key)) for name, key in WAYS.items()},
        "trusts_mfa": trust.get("isMfaAccepted"),
        "trusts_compliant_devices": trust.get("isCompliantDeviceAccepted"),
        "trusts_joined_devices": trust.get("isHybridAzureADJoinedDeviceAccepted"),
        "service_provider": found.get("isServiceProvider"),
    }


def _open(way: dict[str, Any] | None) -> str | None:
    """Return all, some or none of the people: who may take this way; None where it is not set."""
    people = (way or {}).get("usersAndGroups") or {}
    kind = people.get("accessType")
    if kind is None:
        return None
    every = any(one.get("target") == "AllUsers" for one in people.get("targets") or ())
    if kind == "allowed":
        return "all" if every else "some"
    return "none" if every else "some"
