"""The projects of Google Cloud with their owners and states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.gcp._labels import classification, environment, owner
from collectors.gcp._times import instant

HEADER = Header(
    id="gcp.projects",
    title="Projects",
    kind="asset",
    population="Every project that the identity of the agent may see, those that are being deleted included.",
    provider="gcp",
    per="organization",
    calls=(Api("cloudresourcemanager.projects.search", ("resourcemanager.projects.get",)),),
    limits=(
        "A project that the identity may not see is not among them, and nothing tells that there is one.",
        "The search is brought up to date with a delay: a project made just before may be missing.",
        "A project without an owner label has no owner here, whoever holds the role of that name.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one asset per project."""
    for item in run.client.population("cloudresourcemanager.projects.search", key="projects", pageSize=500):
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Asset:
    labels = item.get("labels") or {}
    return Asset(
        f"//cloudresourcemanager.googleapis.com/{item['name']}",
        name=item["projectId"],
        type="cloudresourcemanager.googleapis.com/Project",
        provider="gcp",
        owner=owner(labels),
        classification=classification(labels),
        environment=environment(labels),
        created_at=instant(item.get("createTime")),
        state=item.get("state"),
        tags=labels or None,
    )
