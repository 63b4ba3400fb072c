"""Groups of the tenant: what access hangs on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.entra._people import somebody
from collectors.entra._settings import word

HEADER = Header(
    id="entra.groups",
    title="Groups",
    kind="asset",
    population="Every group of the tenant, security groups and Microsoft 365 groups, with an owner of it.",
    provider="entra",
    per="boundary",
    calls=(Api("groups", ("Group.Read.All",)),),
    limits=("Graph tells up to twenty owners of a group with the list; the first is kept in the row.",),
)

SELECT = ["id", "displayName", "createdDateTime", "securityEnabled", "mailEnabled", "groupTypes", "visibility",
          "isAssignableToRole", "membershipRule", "onPremisesSyncEnabled", "classification"]


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one asset per group."""
    for group in run.client.population("groups", select=SELECT, expand=["owners($select=id,displayName)"]):
        yield Record(_row(group), group)


def _row(group: dict[str, Any]) -> Asset:
    owners = [somebody(one) for one in group.get("owners") or ()]
    marks = {
        "types": ",".join(sorted(group.get("groupTypes") or ())),
        "visibility": group.get("visibility"),
        "security": word(group.get("securityEnabled")),
        "role_assignable": word(group.get("isAssignableToRole")),
        "dynamic": word(bool(group.get("membershipRule"))),
    }
    return Asset(
        group["id"],
        name=group.get("displayName"),
        type="microsoft.graph.group",
        provider="entra",
        owner=next(filter(None, owners), None),
        classification=group.get("classification"),
        created_at=moment(group.get("createdDateTime")),
        tags={name: value for name, value in marks.items() if value},
    )
