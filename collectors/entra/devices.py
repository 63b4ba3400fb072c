"""Devices that are registered in or joined to the directory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.entra._people import somebody

HEADER = Header(
    id="entra.devices",
    title="Devices of the directory",
    kind="asset",
    population="Every device object of the tenant's directory, with its registered owner.",
    provider="entra",
    per="boundary",
    calls=(Api("devices", ("Device.Read.All",)),),
    limits=(
        "Only devices that are registered in the directory are among them.",
        "Whether a device is compliant is told for those that a management service reports.",
    ),
)

TAGS = ("operatingSystem", "operatingSystemVersion", "trustType", "managementType", "deviceOwnership", "manufacturer",
        "model")


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one asset per device."""
    for device in run.client.population("devices", expand=["registeredOwners"]):
        yield Record(_row(device), device)


def _row(device: dict[str, Any]) -> Asset:
    owners = [somebody(one) for one in device.get("registeredOwners") or ()]
    return Asset(
        device["id"],
        name=device.get("displayName"),
        type="microsoft.graph.device",
        provider="entra",
        owner=next(filter(None, owners), None),
        created_at=moment(device.get("registrationDateTime")),
        state=_state(device),
        tags={name: str(device[name]) for name in TAGS if device.get(name)} or None,
    )


def _state(device: dict[str, Any]) -> str | None:
    """Return disabled, compliant, not_compliant or unmanaged; None where nobody says."""
    if device.get("accountEnabled") is False:
        return "disabled"
    if device.get("isCompliant") is not None:
        return "compliant" if device["isCompliant"] else "not_compliant"
    return "unmanaged" if device.get("isManaged") is False else None
