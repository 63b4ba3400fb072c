"""Assets as Cloud Asset Inventory tells them with their configuration, in a list or in an exported file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Run
from agent.model import Asset
from collectors.gcp._labels import classification, environment, owner
from collectors.gcp._names import last
from collectors.gcp._times import instant

BEFORE = timedelta(minutes=1)
"""How far the snapshot lies before the start: Google takes no instant in its own future."""
CREATED = ("creationTimestamp", "createTime", "timeCreated", "creationTime", "dateCreated")
STATES = ("state", "status", "lifecycleState")
LIMITS = (
    "Types of resource that Cloud Asset Inventory does not support are not among them.",
    "`name`, `created_at` and `state` are read where the configuration has them under a usual name.",
    "Values of environments and of machines' metadata, which may be secrets, are not kept.",
    "Policies, organization policies and the software on machines are read by other collectors.",
)


def snapshot(run: Run[Gcp]) -> datetime:
    """Return the instant of which the resources are asked for, and keep it in the provenance."""
    at = (run.started - BEFORE).replace(microsecond=0)
    run.note(f"the snapshot is of {at.isoformat()}")
    return at


def row(item: dict[str, Any]) -> Asset:
    """Return the row of an asset."""
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
