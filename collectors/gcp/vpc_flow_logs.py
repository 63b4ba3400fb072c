"""Whether subnetworks record their flows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource

HEADER = Header(
    id="gcp.vpc_flow_logs",
    title="Flow logs of subnetworks",
    kind="log_source",
    population="Every subnetwork of the project, in all regions, with whether it records its flows.",
    provider="gcp",
    per="member",
    calls=(
        Api("compute.subnetworks.aggregatedList", ("compute.subnetworks.list",),
            answers={"SERVICE_DISABLED": "Compute Engine is switched off in the project: it has no networks"}),
    ),
    limits=(
        "Flow logs that are switched on for a whole network or organization are not seen here.",
        "`covers` tells the share of flows that are sampled.",
        "Subnetworks that only carry proxies or addresses of Google cannot record flows, and are skipped.",
    ),
)
SILENT = ("REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY", "INTERNAL_HTTPS_LOAD_BALANCER", "PRIVATE_SERVICE_CONNECT",
          "PRIVATE_NAT")


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one log source per subnetwork."""
    found = run.client.population(
        "compute.subnetworks.aggregatedList", key=_subnetworks, project=run.client.project, maxResults=500,
    )
    for item in found:
        if item.get("purpose") in SILENT:
            run.skip("a subnetwork that cannot record flows")
        else:
            yield Record(_row(item), item)


def _subnetworks(page: dict[str, Any]) -> list[Any]:
    return [one for place in (page.get("items") or {}).values() for one in place.get("subnetworks") or ()]


def _row(item: dict[str, Any]) -> LogSource:
    config = item.get("logConfig") or {}
    enabled = bool(config.get("enable", item.get("enableFlowLogs", False)))
    sampled = config.get("flowSampling")
    return LogSource(
        "//compute.googleapis.com/" + str(item["selfLink"]).partition("/compute/v1/")[2],
        name=item["name"],
        enabled=enabled,
        covers=[f"sampled:{sampled:g}"] if enabled and sampled is not None else None,
    )
