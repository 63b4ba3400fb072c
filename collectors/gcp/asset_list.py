"""Every resource as it was at one instant, with its whole configuration, out of Cloud Asset Inventory."""

from __future__ import annotations

from collections.abc import Iterator

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._assets import LIMITS, row, snapshot
from collectors.gcp._bare import bare

HEADER = Header(
    id="gcp.asset_list",
    title="Snapshot of resources by Cloud Asset Inventory",
    kind="asset",
    population="Every resource below the parent of the scope as it was at one instant, a minute before the run began, "
    "with its configuration, as Cloud Asset Inventory keeps it.",
    provider="gcp",
    per="organization",
    calls=(Api("cloudasset.list_assets", ("cloudasset.assets.listResource",)),),
    limits=(*LIMITS, "Pages hold a thousand: beyond a hundred thousand resources gcp.asset_export is quicker."),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one asset per resource; all pages are of the same instant."""
    found = run.client.population(
        "cloudasset.list_assets", key="assets", parent=run.client.parent, content_type="RESOURCE",
        read_time=snapshot(run), page_size=1000,
    )
    for item in found:
        yield Record(row(item), bare(item))
