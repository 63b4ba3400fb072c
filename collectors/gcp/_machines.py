"""The virtual machines of a project by zone: what the lists of VM Manager are asked for and held against."""

from __future__ import annotations

from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Run
from collectors.gcp._aggregated import inner
from collectors.gcp._names import last

INSTANCES = "compute.instances.aggregatedList"
OFF = {"SERVICE_DISABLED": "Compute Engine is switched off in the project: it has no machines"}
KEPT = ("id", "name", "selfLink", "status")


def by_zone(run: Run[Gcp]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what is needed of each machine, by zone and by its number."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for item in run.client.read(INSTANCES, key=inner("instances"), project=run.client.project, maxResults=500):
        zone = last(item.get("zone")) or ""
        found.setdefault(zone, {})[str(item["id"])] = {name: item[name] for name in KEPT if name in item}
    return found
