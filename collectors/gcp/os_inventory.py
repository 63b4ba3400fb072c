"""Machines with the software that they reported, and running machines that reported none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.gcp._machines import INSTANCES, OFF, by_zone
from collectors.gcp._names import compute, last, within

INVENTORIES = "osconfig.projects.locations.instances.inventories.list"
HEADER = Header(
    id="gcp.os_inventory",
    title="Machines with their software",
    kind="asset",
    population="Every virtual machine of the project that reported its operating system and software to VM Manager, "
    "and every running machine that did not.",
    provider="gcp",
    per="member",
    calls=(
        Api(INSTANCES, ("compute.instances.list",), answers=OFF),
        Api(INVENTORIES, ("osconfig.inventories.list",),
            unavailable={"SERVICE_DISABLED": "the OS Config API is off: no machine reports its software"}),
    ),
    limits=(
        "A running machine that reports nothing has `state` null; one that does has REPORTING.",
        "The software, with the updates that wait, is in each machine's raw record, with the time of the report.",
        "Zones without a machine are not asked for.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one asset per machine that reported, then one per running machine that did not."""
    for zone, machines in sorted(by_zone(run).items()):
        parent = f"{run.client.parent}/locations/{zone}/instances/-"
        found = run.client.population(INVENTORIES, key="inventories", parent=parent, view="FULL", pageSize=100)
        heard = set[str]()
        for item in found:
            number = within(item["name"], "instances")
            heard.add(number)
            yield Record(_reported(item, machines.get(number), zone), item)
        for number, machine in machines.items():
            if number not in heard and machine.get("status") == "RUNNING":
                yield Record(_silent(machine, zone), {"operation": INSTANCES, "item": machine})


def _reported(item: dict[str, Any], machine: dict[str, Any] | None, zone: str) -> Asset:
    name = (machine or {}).get("name") or (item.get("osInfo") or {}).get("hostname")
    return Asset(
        (compute(machine["selfLink"]) if machine else None) or f"//osconfig.googleapis.com/{item['name']}",
        name=name or last(item["name"].removesuffix("/inventory")),
        type="compute.googleapis.com/Instance",
        provider="gcp",
        region=zone,
        state="REPORTING",
    )


def _silent(machine: dict[str, Any], zone: str) -> Asset:
    return Asset(
        compute(machine["selfLink"]) or "", name=machine["name"], type="compute.googleapis.com/Instance",
        provider="gcp", region=zone,
    )
