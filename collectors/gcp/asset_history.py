"""What changed: the versions of resources that Cloud Asset Inventory keeps for five weeks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run, Windows
from agent.model import Change
from collectors.gcp._bare import bare
from collectors.gcp._times import instant

SEARCH, HISTORY = "cloudasset.search_all_resources", "cloudasset.batch_get_assets_history"
AT_ONCE = 100
"""The most names that one question takes."""
HEADER = Header(
    id="gcp.asset_history",
    title="Changes of resources",
    kind="change",
    population="Every version that began within the window, of every resource below the parent of the scope that still "
    "exists and that the search says was touched since.",
    provider="gcp",
    per="organization",
    calls=(
        Api(SEARCH, ("cloudasset.assets.searchAllResources",)),
        Api(HISTORY, ("cloudasset.assets.exportResource",)),
    ),
    windows=Windows(settle=timedelta(hours=1), longest=timedelta(days=1), reach=timedelta(days=34)),
    keeps="P34D",
    limits=(
        "What was deleted the search does not find: gcp.audit_logs has who deleted what.",
        "Who changed a resource is not told here.",
        "Resources of which the search does not know when they were touched are not among them.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one change per version; a hundred resources are asked about at once."""
    span, parent = run.span, run.client.parent
    touched = run.client.read(
        SEARCH, key="results", scope=parent, query=f"updateTime>={int(span.start.timestamp())}", page_size=500,
        order_by="name",
    )
    window = {"start_time": span.start, "end_time": span.end}
    for names in _chunks(one["name"] for one in touched):
        versions = run.client.population(
            HISTORY, key="assets", parent=parent, asset_names=names, content_type="RESOURCE", read_time_window=window,
        )
        for item in versions:
            at = instant((item.get("window") or {}).get("startTime"))
            if at is None or not span.start <= at < span.end:
                run.skip("a version that began before the window")
            else:
                yield Record(_row(item, at), bare(item))


def _chunks(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while chunk := list(islice(rest, AT_ONCE)):
        yield chunk


def _row(item: dict[str, Any], at: datetime) -> Change:
    name = item["asset"]["name"]
    return Change(
        f"{name}#{item['window']['startTime']}",
        reference=name,
        outcome="deleted" if item.get("deleted") else "completed",
        occurred_at=at,
    )
