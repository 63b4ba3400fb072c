"""Devices that Intune manages: whether they keep to its rules, are encrypted, and have reported lately."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.entra._settings import word

CALL = "device_management.managed_devices"

HEADER = Header(
    id="entra.intune_managed_devices",
    title="Managed devices",
    kind="asset",
    population="Every device that Intune manages in the tenant.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("DeviceManagementManagedDevices.Read.All",)),),
    limits=(
        "The tenant needs Microsoft Intune; devices that nothing manages are in `entra.devices` alone.",
        "A device says of itself whether it is encrypted, when it last reported.",
    ),
)
TOLD = {
    "operating_system": "operatingSystem", "operating_system_version": "osVersion", "manufacturer": "manufacturer",
    "model": "model", "serial_number": "serialNumber", "ownership": "managedDeviceOwnerType",
    "jailbroken": "jailBroken", "threat": "partnerReportedThreatState", "last_seen": "lastSyncDateTime",
    "directory_device": "azureADDeviceId",
}
SELECT = ["id", "deviceName", "userPrincipalName", "emailAddress", "enrolledDateTime", "complianceState", "isEncrypted",
          "isSupervised", *TOLD.values()]
STATES = {
    "compliant": "compliant", "noncompliant": "not_compliant", "conflict": "conflict", "error": "error",
    "ingraceperiod": "in_grace_period", "configmanager": "managed_elsewhere",
}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one asset per device."""
    for device in run.client.population(CALL, select=SELECT, top=1000):
        yield Record(_row(device), device)


def _row(device: dict[str, Any]) -> Asset:
    marks = {name: device.get(key) for name, key in TOLD.items()}
    marks |= {"encrypted": word(device.get("isEncrypted")), "supervised": word(device.get("isSupervised"))}
    return Asset(
        device["id"],
        name=device.get("deviceName"),
        type="microsoft.graph.managedDevice",
        provider="entra",
        owner=device.get("userPrincipalName") or device.get("emailAddress") or None,
        created_at=moment(device.get("enrolledDateTime")),
        state=STATES.get(str(device.get("complianceState")).lower()),
        tags={name: str(value) for name, value in marks.items() if value},
    )
