"""Patch jobs of VM Manager: that machines were patched, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Change
from collectors.gcp._times import instant

CALL = "osconfig.projects.patchJobs.list"
HEADER = Header(
    id="gcp.patch_jobs",
    title="Patch jobs",
    kind="change",
    population="Every patch job of VM Manager in the project that was carried out, whatever its outcome.",
    provider="gcp",
    per="member",
    calls=(
        Api(CALL, ("osconfig.patchJobs.list",),
            answers={"SERVICE_DISABLED": "VM Manager is switched off in the project: it patched nothing"}),
    ),
    limits=(
        "`partial` is a job that some machines did not answer; how many of each sort is in the raw record.",
        "Machines that are patched by other means are not seen; nor is what no job was started for.",
        "Dry runs are skipped.",
    ),
)
OUTCOMES = {"SUCCEEDED": "completed", "COMPLETED_WITH_INACTIVE_VMS": "partial", "COMPLETED_WITH_ERRORS": "failed",
            "TIMED_OUT": "failed", "CANCELED": "aborted"}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one change per patch job."""
    for item in run.client.population(CALL, key="patchJobs", parent=run.client.parent, pageSize=500):
        if item.get("dryRun"):
            run.skip("a dry run")
        else:
            yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Change:
    outcome = OUTCOMES.get(item.get("state", ""), "running")
    return Change(
        f"//osconfig.googleapis.com/{item['name']}",
        reference=item.get("patchDeployment") or item.get("displayName"),
        outcome=outcome,
        occurred_at=instant(item.get("createTime" if outcome == "running" else "updateTime")),
    )
