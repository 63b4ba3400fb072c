"""Test failovers of Azure Site Recovery: which servers were started elsewhere to try it, and which never were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import BackupTest
from collectors.azure._answers import GONE
from collectors.azure._backups import RECOVERY, VAULTS, where

JOBS = "recoveryservicessiterecovery.replication_jobs.list"
ITEMS = "recoveryservicessiterecovery.replication_protected_items.list"
HEADER = Header(
    id="azure.site_recovery_drills",
    title="Test failovers of Site Recovery",
    kind="backup_test",
    population="Every server of every test failover that a vault of the subscription still lists, and every "
    "replicated server that none of these tests started.",
    provider="azure",
    per="member",
    calls=(
        VAULTS[0],
        Api(JOBS, ("Microsoft.RecoveryServices/vaults/replicationJobs/read",), answers=GONE),
        Api(ITEMS, ("Microsoft.RecoveryServices/vaults/replicationProtectedItems/read",), answers=GONE),
    ),
    limits=(
        "A server that was never tried has `outcome` null, as of the start of the run.",
        "Of tests no longer listed only the last success of a server is known.",
        "Site Recovery names servers, in jobs without an id: `resource` is the vault with that name.",
        "`duration_s` is that of the whole job, not of one server of a recovery plan.",
        "A test says that the server started; whether it worked somebody has to look: `validated` is null.",
        "Whether a server is replicated in good health, and a test was cleared up, is in azure.replicated_servers.",
        "Failovers in earnest and the clearing up after a test are skipped.",
    ),
)
OUTCOMES = {
    "succeeded": "completed", "failed": "failed", "cancelled": "aborted", "notstarted": "running",
    "inprogress": "running", "suspended": "running",
}
Item = dict[str, Any]


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one backup test per test failover and server, then one per server that these leave out; by vault."""
    for vault in list(run.client.read(RECOVERY)):
        tried: dict[str, set[str | None]] = defaultdict(set)
        place = where(vault)
        for job in run.client.population(JOBS, **place):
            if str((job.get("properties") or {}).get("scenarioName")).lower() != "testfailover":
                run.skip("not a test failover")
                continue
            for server in _servers(job):
                row = _test(vault, job, server)
                tried[server.lower()].add(row.outcome)
                yield Record(row, [{"operation": RECOVERY, "item": vault}, {"operation": JOBS, "item": job}])
        for item in run.client.population(ITEMS, **place):
            row, known = _last(run, vault, item), tried.get(_name(item).lower(), set())
            if "completed" in known or (known and row.outcome is None):
                run.skip("its tests are recorded")
            else:
                yield Record(row, [{"operation": RECOVERY, "item": vault}, {"operation": ITEMS, "item": item}])


def _servers(job: Item) -> list[str]:
    """Return the servers of a job: those of a recovery plan that it names, else what it was about."""
    said = job.get("properties") or {}
    found = (said.get("customDetails") or {}).get("protectedItemDetails") or ()
    named = {str(one.get("friendlyName") or one.get("name")) for one in found}
    return sorted(named) or [str(said.get("targetObjectName") or said.get("targetObjectId"))]


def _name(item: Item) -> str:
    return str((item.get("properties") or {}).get("friendlyName") or item["name"])


def _resource(vault: Item, server: str) -> str:
    return f"{vault['id']}#{server.lower()}"


def _test(vault: Item, job: Item, server: str) -> BackupTest:
    said = job.get("properties") or {}
    begun, over = moment(said.get("startTime")), moment(said.get("endTime"))
    state = str(said.get("state") or "")
    return BackupTest(
        f"{job['id']}#{server}",
        resource=_resource(vault, server),
        outcome=OUTCOMES.get(state.lower(), state.lower() or None),
        duration_s=(over - begun).total_seconds() if begun and over else None,
        occurred_at=over or begun,
    )


def _last(run: Run[Azure], vault: Item, item: Item) -> BackupTest:
    """Return the last test that succeeded, where its job is listed no more, or that there was none."""
    last = moment((item.get("properties") or {}).get("lastSuccessfulTestFailoverTime"))
    return BackupTest(
        f"{item['id']}#last_test",
        resource=_resource(vault, _name(item)),
        outcome="completed" if last else None,
        occurred_at=last or run.started,
    )
