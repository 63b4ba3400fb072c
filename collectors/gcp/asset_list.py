"""Every resource as it was at one instant, with its whole configuration, out of Cloud Asset Inventory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.gcp._bare import bare
from collectors.gcp._labels import classification, environment, owner
from collectors.gcp._names import last
from collectors.gcp._times import instant

HEADER = Header(
    id="gcp.asset_list",
    title="Snapshot of resources by Cloud Asset Inventory",
    kind="asset",
    population="Every resource below the parent of the scope as it was at one instant, a minute before the run began, "
    "with its configuration, as Cloud Asset Inventory keeps it.",
    provider="gcp",
    per="organization",
    calls=(Api("cloudasset.list_assets", ("cloudasset.assets.listResource",)),),
    limits=(
        "Types of resource that Cloud Asset Inventory does not support are not among them.",
        "`name`, `created_at` and `state` are read where the configuration has them under a usual name.",
        "Values of environments and of machines' metadata, which may be secrets, are not kept.",
        "Policies, organization policies and the software on machines are read by other collectors.",
        "An export to a bucket, which would need a right to write, is not used: lists come in pages of a thousand.",
    ),
)
BEFORE = timedelta(minutes=1)
"""How far the snapshot lies before the start: Google takes no instant in its own future."""
CREATED = ("creationTimestamp", "createTime", "timeCreated", "creationTime", "dateCreated")
STATES = ("state", "status", "lifecycleState")


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one asset per resource; all pages are of the same instant."""
    at = (run.started - BEFORE).replace(microsecond=0)
    run.note(f"the snapshot is of {at.isoformat()}")
    found = run.client.population(
        "cloudasset.list_assets", key="assets", parent=run.client.parent, content_type="RESOURCE", read_time=at,
        page_size=1000,
    )
    for item in found:
        yield Record(_row(item), bare(item))


def _row(item: dict[str, Any]) -> Asset:
    resource = item.get("resource") or {}
    data = resource.get("data") or {}
    labels = _texts(data.get("labels") or data.get("userLabels"))
    return Asset(
        item["name"],
        name=_text(data, ("displayName", "name"), last(item["name"])),
        type=item.get("assetType"),
        provider="gcp",
        region=resource.get("location"),
        owner=owner(labels),
        classification=classification(labels),
        environment=environment(labels),
        created_at=instant(_text(data, CREATED)),
        state=_text(data, STATES),
        tags=labels or None,
    )


def _text(data: dict[str, Any], names: tuple[str, ...], otherwise: str | None = None) -> str | None:
    """Return the first of these members that is a text; of a path its last part."""
    found = next((data[name] for name in names if isinstance(data.get(name), str) and data[name]), None)
    return otherwise if found is None else last(found)


def _texts(labels: Any) -> dict[str, str]:
    """Return labels whose values are texts: what carries that name is not labels in every type of resource."""
    if not isinstance(labels, dict):
        return {}
    return {str(name): value for name, value in labels.items() if isinstance(value, str)}
