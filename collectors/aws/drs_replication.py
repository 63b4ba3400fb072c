"""Whether the servers that Elastic Disaster Recovery replicates are replicated: what stalls cannot be recovered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting
from collectors.aws._times import instant

SERVERS = "drs.describe_source_servers"
HEADER = Header(
    id="aws.drs_replication",
    title="Replication of Elastic Disaster Recovery",
    kind="configuration",
    population="Every server that Elastic Disaster Recovery knows in this region, with the state of its replication.",
    provider="aws",
    per="region",
    calls=(
        Api(SERVERS, ("drs:DescribeSourceServers",), answers={
            "UninitializedAccountException": "Elastic Disaster Recovery was never set up here: it replicates nothing",
        }),
    ),
    limits=(
        "`lag` is how far the replica is behind, as ISO 8601 writes it; what it may be, AWS does not know.",
        "Whether a replica starts is in aws.drs_drills.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per server and setting."""
    for server in run.client.population(SERVERS, key="items", maxResults=100):
        place = server.get("arn") or arn(run, "drs", f"source-server/{server['sourceServerID']}")
        for name, value in _settings(server).items():
            yield Record(setting(place, name, value), server)


def _settings(server: dict[str, Any]) -> dict[str, Any]:
    replication = server.get("dataReplicationInfo") or {}
    return {
        "replication_state": replication.get("dataReplicationState"),
        "replication_error": (replication.get("dataReplicationError") or {}).get("error"),
        "lag": replication.get("lagDuration"),
        "last_seen_at": instant((server.get("lifeCycle") or {}).get("lastSeenByServiceDateTime")),
    }
