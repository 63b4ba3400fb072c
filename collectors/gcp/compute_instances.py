"""The virtual machines of Compute Engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.gcp._aggregated import inner
from collectors.gcp._bare import bare
from collectors.gcp._labels import classification, environment, owner
from collectors.gcp._names import compute, last
from collectors.gcp._times import instant

INSTANCES = "compute.instances.aggregatedList"
OFF = {"SERVICE_DISABLED": "Compute Engine is switched off in the project: it has no machines"}
HEADER = Header(
    id="gcp.compute_instances",
    title="Virtual machines",
    kind="asset",
    population="Every virtual machine of the project, in all zones, whatever its state.",
    provider="gcp",
    per="member",
    calls=(Api(INSTANCES, ("compute.instances.list",), answers=OFF),),
    limits=(
        "Machines that Google runs for its own services (Cloud SQL, nodes of Autopilot clusters) are not among them.",
        "Values of metadata, such as scripts, which may be secrets, are not kept.",
        "The image that a machine was made from is not told; its disks and addresses are in the record.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one asset per machine."""
    found = run.client.population(
        INSTANCES, key=inner("instances"), project=run.client.project, maxResults=500,
    )
    for item in found:
        yield Record(_row(item), bare(item))


def _row(item: dict[str, Any]) -> Asset:
    labels = item.get("labels") or {}
    return Asset(
        compute(item["selfLink"]) or "",
        name=item["name"],
        type="compute.googleapis.com/Instance",
        provider="gcp",
        region=last(item.get("zone")),
        owner=owner(labels),
        classification=classification(labels),
        environment=environment(labels),
        created_at=instant(item.get("creationTimestamp")),
        state=item.get("status"),
        tags=labels or None,
    )
