"""Disks, and the schedules that make snapshots of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._aggregated import inner
from collectors.gcp._names import compute, last
from collectors.gcp._settings import setting

POLICIES, DISKS = "compute.resourcePolicies.aggregatedList", "compute.disks.aggregatedList"
OFF = {"SERVICE_DISABLED": "Compute Engine is switched off in the project: it has no disks"}
HEADER = Header(
    id="gcp.disk_schedules",
    title="Schedules of disk snapshots",
    kind="configuration",
    population="Every disk of the project, in all zones and regions, with the schedules that make snapshots of it.",
    provider="gcp",
    per="member",
    calls=(
        Api(POLICIES, ("compute.resourcePolicies.list",), answers=OFF),
        Api(DISKS, ("compute.disks.list",), answers=OFF),
    ),
    limits=(
        "A disk whose machine a backup plan protects has no schedule of its own: see gcp.backupdr_coverage.",
        "Policies of a disk that make no snapshots, such as consistency groups, are no schedules.",
        "That a schedule ran is shown by gcp.disk_snapshots.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per disk and setting."""
    project = run.client.project
    schedules = {
        compute(policy["selfLink"]): policy["snapshotSchedulePolicy"]
        for policy in run.client.read(POLICIES, key=inner("resourcePolicies"), project=project, maxResults=500)
        if policy.get("snapshotSchedulePolicy")
    }
    for disk in run.client.population(DISKS, key=inner("disks"), project=project, maxResults=500):
        resource = compute(disk["selfLink"]) or ""
        here = {name: schedules[name] for one in disk.get("resourcePolicies") or ()
                if (name := compute(one)) in schedules}
        for name, value in _settings(here).items():
            yield Record(setting(resource, name, value), disk)


def _settings(schedules: dict[str | None, dict[str, Any]]) -> dict[str, Any]:
    """Return the names of the schedules of a disk, and how long the one that keeps longest keeps a snapshot."""
    days = [(one.get("retentionPolicy") or {}).get("maxRetentionDays") for one in schedules.values()]
    told = [int(one) for one in days if one is not None]
    return {
        "snapshot_schedules": sorted(last(name) or "" for name in schedules),
        # A schedule without a policy of retention keeps its snapshots for ever.
        "snapshot_retention_days": max(told) if told and len(told) == len(days) else None,
    }
