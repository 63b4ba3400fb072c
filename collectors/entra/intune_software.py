"""Software that Intune found on the devices it manages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from agent.model import Asset

CALL = "device_management.detected_apps"

HEADER = Header(
    id="entra.intune_software",
    title="Software on managed devices",
    kind="asset",
    population="Every program that Intune found on a managed device of the tenant, once for each version.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("DeviceManagementManagedDevices.Read.All",)),),
    cadence="P7D",
    limits=(
        "The tenant needs Microsoft Intune; a device tells its software once in seven days.",
        "On personal devices only programs that Intune installed are told.",
    ),
)
TOLD = {"version": "version", "publisher": "publisher", "platform": "platform", "devices": "deviceCount"}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one asset per program and version."""
    for found in run.client.population(CALL):
        yield Record(_row(found), found)


def _row(found: dict[str, Any]) -> Asset:
    marks = {name: found.get(key) for name, key in TOLD.items()}
    return Asset(
        found["id"],
        name=found.get("displayName"),
        type="microsoft.graph.detectedApp",
        provider="entra",
        tags={name: str(value) for name, value in marks.items() if value is not None and value != ""},
    )
