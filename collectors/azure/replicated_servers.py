"""Whether the servers that Azure Site Recovery replicates could take over now, and whether a test was cleared up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._answers import GONE
from collectors.azure._backups import RECOVERY, VAULTS, where
from collectors.azure._settings import setting
from collectors.azure.site_recovery_drills import ITEMS

HEADER = Header(
    id="azure.replicated_servers",
    title="Replicated servers of Site Recovery",
    kind="configuration",
    population="Every server that a Recovery Services vault of the subscription replicates.",
    provider="azure",
    per="member",
    calls=(
        VAULTS[0],
        Api(ITEMS, ("Microsoft.RecoveryServices/vaults/replicationProtectedItems/read",), answers=GONE),
    ),
    limits=(
        "A healthy replication does not show that the server starts: its tests are in azure.site_recovery_drills.",
        "While a test runs it is not cleared up yet.",
        "Which servers ought to be replicated is not known.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per server and setting; by vault."""
    for vault in list(run.client.read(RECOVERY)):
        for item in run.client.population(ITEMS, **where(vault)):
            raw = [{"operation": RECOVERY, "item": vault}, {"operation": ITEMS, "item": item}]
            for name, value in _settings(item.get("properties") or {}).items():
                yield Record(setting(item["id"], name, value), raw)


def _settings(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "server": said.get("friendlyName"),
        "protection": said.get("protectionState"),
        "replication_health": said.get("replicationHealth"),
        "replication_errors": sorted({str(one.get("errorCode")) for one in said.get("healthErrors") or ()}),
        "test_state": said.get("testFailoverState"),
    }
