"""Drills of Elastic Disaster Recovery: which servers were started elsewhere to try it, and which never were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import BackupTest
from collectors.aws._arn import arn
from collectors.aws._times import instant

UNUSED = {"UninitializedAccountException": "Elastic Disaster Recovery was never set up in this region"}
HEADER = Header(
    id="aws.drs_drills",
    title="Drills of Elastic Disaster Recovery",
    kind="backup_test",
    population="Every server of every drill that Elastic Disaster Recovery still lists in this region, and every "
    "replicated server that none of these drills started.",
    provider="aws",
    per="region",
    calls=(
        Api("drs.describe_jobs", ("drs:DescribeJobs",), unavailable=UNUSED),
        Api("drs.describe_source_servers", ("drs:DescribeSourceServers",), unavailable=UNUSED),
    ),
    limits=(
        "A server that was never drilled has `outcome` null, as of the start of the run.",
        "Of drills no longer listed only the last of a server is known, and only where no recovery came after it.",
        "`duration_s` is that of the whole job, not of one server.",
        "A launch says that the server started; whether it worked somebody has to look: `validated` is null.",
        "Recoveries in earnest, failbacks and terminations are skipped, as are drills of networks alone.",
    ),
)

OUTCOMES = {
    "LAUNCHED": "completed", "FAILED": "failed", "TERMINATED": "aborted", "PENDING": "running",
    "IN_PROGRESS": "running",
}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one backup test per drill and server, then one per server that the drills leave out."""
    drilled: set[str] = set()
    for job in run.client.population("drs.describe_jobs", key="items", maxResults=100):
        servers = job.get("participatingServers") or []
        if job.get("initiatedBy") != "START_DRILL" or not servers:
            run.skip("not the drill of a server")
        for server in servers if job.get("initiatedBy") == "START_DRILL" else ():
            drilled.add(server["sourceServerID"])
            yield Record(_drill(run, job, server), job)
    for server in run.client.population("drs.describe_source_servers", key="items", maxResults=100):
        if server["sourceServerID"] in drilled:
            run.skip("its drills are recorded")
        else:
            yield Record(_undrilled(run, server), server)


def _server(run: Run[Aws], identifier: str) -> str:
    return arn(run, "drs", f"source-server/{identifier}")


def _drill(run: Run[Aws], job: dict[str, Any], server: dict[str, Any]) -> BackupTest:
    began, ended = instant(job.get("creationDateTime")), instant(job.get("endDateTime"))
    identity = job.get("arn") or arn(run, "drs", f"job/{job['jobID']}")
    return BackupTest(
        f"{identity}#{server['sourceServerID']}",
        resource=_server(run, server["sourceServerID"]),
        outcome=_outcome(server.get("launchStatus")),
        duration_s=(ended - began).total_seconds() if began and ended else None,
        occurred_at=ended or began,
    )


def _undrilled(run: Run[Aws], server: dict[str, Any]) -> BackupTest:
    """Return the last drill, where its job is listed no more, or that there was none."""
    last = (server.get("lifeCycle") or {}).get("lastLaunch") or {}
    began = last.get("initiated") or {}
    drill = began.get("type") == "DRILL"
    resource = _server(run, server["sourceServerID"])
    return BackupTest(
        f"{resource}#last_drill",
        resource=resource,
        outcome=_outcome(last.get("status")) if drill else None,
        occurred_at=(instant(began.get("apiCallDateTime")) if drill else None) or run.started,
    )


def _outcome(status: str | None) -> str | None:
    return OUTCOMES.get(status, status.lower()) if status else None
