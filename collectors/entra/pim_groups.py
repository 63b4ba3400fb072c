"""Who is, or may become, a member or an owner of a group for a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment, quoted
from agent.collector import Api, Header, Record, Run
from agent.model import Grant
from collectors.entra._people import kind_of, somebody

GROUPS = "groups"
ASSIGNED = "identity_governance.privileged_access.group.assignment_schedule_instances"
ELIGIBLE = "identity_governance.privileged_access.group.eligibility_schedule_instances"
NONE = {"ResourceNotFound": "the group is not under privileged identity management"}

HEADER = Header(
    id="entra.pim_groups",
    title="Groups under privileged identity management",
    kind="grant",
    population="Every membership and ownership that privileged identity management keeps, held now or eligible, of "
    "every group that it can manage.",
    provider="entra",
    per="boundary",
    calls=(
        Api(GROUPS, ("Group.Read.All",)),
        Api(ASSIGNED, ("PrivilegedAssignmentSchedule.Read.AzureADGroup",), answers=NONE),
        Api(ELIGIBLE, ("PrivilegedEligibilitySchedule.Read.AzureADGroup",), answers=NONE),
    ),
    cadence="P7D",
    limits=(
        "The tenant needs Microsoft Entra ID P2 or Governance.",
        "Groups with a rule for membership, and those kept on premises, cannot be managed so and are left out.",
        "Members whom privileged identity management does not keep are in `entra.group_members`.",
    ),
)
SELECT = ["id", "displayName", "groupTypes", "isAssignableToRole", "onPremisesSyncEnabled"]


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one grant per membership that is held, then one per membership that is eligible."""
    for call in (ASSIGNED, ELIGIBLE):  # the groups are read for each: they may be too many to keep
        for group, held in run.client.lists(call, _managed(run), lambda _: (), _asked, population=True):
            for one in held:
                raw = [{"operation": GROUPS, "item": group}, {"operation": call, "item": one}]
                yield Record(_row(group, one, eligible=call == ELIGIBLE), raw)


def _managed(run: Run[Graph]) -> Iterator[dict[str, Any]]:
    """Yield the groups that privileged identity management can manage."""
    for group in run.client.read(GROUPS, select=SELECT, top=999):
        if not group.get("onPremisesSyncEnabled") and "DynamicMembership" not in (group.get("groupTypes") or []):
            yield group


def _asked(group: dict[str, Any]) -> dict[str, Any]:
    return {"filter": f"groupId eq {quoted(group['id'])}", "expand": ["principal"]}


def _row(group: dict[str, Any], held: dict[str, Any], *, eligible: bool) -> Grant:
    principal = held.get("principal") or {}
    how, member = "eligible" if eligible else held.get("assignmentType"), held.get("memberType")
    return Grant(
        held["id"],
        principal=somebody(principal) or held.get("principalId"),
        principal_type=kind_of(principal),
        role=held.get("accessId"),
        resource=group.get("displayName") or group["id"],
        effect="allow",
        via=", ".join(filter(None, (how, member if member != "direct" else None))) or None,
        privileged=group.get("isAssignableToRole"),
        expires_at=moment(held.get("endDateTime")),
        conditional=eligible,
    )
