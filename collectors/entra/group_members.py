"""Who is in which group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from agent.model import Grant
from collectors.entra._people import kind_of, somebody

MEMBERS = "groups.item.members"

HEADER = Header(
    id="entra.group_members",
    title="Members of groups",
    kind="grant",
    population="Every direct member of every group of the tenant: users, groups, devices and applications.",
    provider="entra",
    per="boundary",
    calls=(
        Api("groups", ("Group.Read.All",)),
        Api(MEMBERS, ("GroupMember.Read.All",), answers={"Request_ResourceNotFound": "the group is gone meanwhile"}),
    ),
    limits=(
        "Members of a group inside a group are told of the inner group.",
        "The members of a group that hides them are told to readers of hidden membership alone.",
    ),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one grant per member of each group."""
    groups = run.client.read("groups", select=["id", "displayName", "isAssignableToRole"], top=999)
    asked = {"select": ["id", "displayName", "userPrincipalName"], "top": 999}
    for group, members in run.client.lists(MEMBERS, groups, lambda one: (one["id"],), lambda _: asked, population=True):
        for member in members:
            yield Record(_row(group, member), [{"operation": "groups", "item": group},
                                               {"operation": MEMBERS, "item": member}])


def _row(group: dict[str, Any], member: dict[str, Any]) -> Grant:
    return Grant(
        f"{group['id']}/{member['id']}",
        principal=somebody(member),
        principal_type=kind_of(member),
        role="member",
        resource=group.get("displayName") or group["id"],
        effect="allow",
        privileged=group.get("isAssignableToRole"),
    )
