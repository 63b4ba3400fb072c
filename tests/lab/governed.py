"""Who holds which role in the company's subscriptions, who may activate one, and the reviews of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.lab.directory import REVIEW_DAYS, Decision, ident

if TYPE_CHECKING:
    from tests.lab.directory import Directory, Member
    from tests.lab.subscriptions import Subscription, Subscriptions

ROLES: Mapping[str, tuple[str, list[str]]] = {
    "Owner": ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", ["*"]),
    "Contributor": ("b24988ac-6180-42a0-ab88-20f7382dd24c", ["*"]),
    "Reader": ("acdd72a7-3385-48ef-bd42-f606fba81ae7", ["*/read"]),
    "Storage Blob Data Reader": ("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
                                 ["Microsoft.Storage/storageAccounts/blobServices/containers/read"]),
}
"""Built-in roles with the ids that Microsoft publishes, and what each allows."""


@dataclass(frozen=True, slots=True)
class Given:
    """A role that somebody (an object id of the directory) holds or may activate, as a subscription tells it.

    `scope` is the path where it was given: the subscription's, or the management group's above it. `how` is
    Assigned, Activated or Eligible; without `ends` it is for good.
    """

    subscription: Subscription
    id: str
    role: str
    principal: str
    kind: str
    scope: str
    how: str
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Review:
    """One instance of a review of the roles on a subscription."""

    subscription: Subscription
    id: str
    name: str
    definition: str
    starts: datetime
    ends: datetime
    status: str
    decisions: tuple[Decision, ...]


def group_path(held: Subscriptions) -> str:
    """Return the resource id of the management group that all subscriptions lie below."""
    return f"/providers/Microsoft.Management/managementGroups/{held.file['management_group']}"


def given(held: Subscriptions, subscription: Subscription) -> Iterator[Given]:
    """Yield the roles that the file says are held there, then those of applications."""
    yield from _said(held, subscription, "roles", "Assigned")
    for number in range(held.count("robots", subscription)):
        key = ident("given", subscription.id, "robot", number)
        yield Given(subscription, key, "Storage Blob Data Reader", ident("robot", number), "ServicePrincipal",
                    subscription.path, "Assigned", None)


def eligible(held: Subscriptions, subscription: Subscription) -> Iterator[Given]:
    """Yield the roles that may be activated there."""
    yield from _said(held, subscription, "eligible", "Eligible")


def _said(held: Subscriptions, subscription: Subscription, section: str, how: str) -> Iterator[Given]:
    tenant, above = held.estate.directory, group_path(held)
    for entry in held.file[section]:
        for place, path in ((subscription.name, subscription.path), (held.file["management_group"], above)):
            if place in entry["at"]:
                kind, name, principal = _principal(tenant, entry)
                key = ident(section, path, entry["role"], name, entry.get("how", how))
                ends = held.estate.ago(entry["ends"]) if "ends" in entry else None
                yield Given(subscription, key, entry["role"], principal, kind, path, entry.get("how", how), ends)


def _principal(tenant: Directory, entry: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return kind, name and object id of who is named; one that is gone is in no directory any more."""
    if "gone" in entry:
        return "Unknown", entry["gone"], ident("gone", entry["gone"])
    if "group" in entry:
        return "Group", entry["group"], tenant.groups[entry["group"]]
    return "User", entry["user"], tenant.by_name[entry["user"]].id


def person(held: Subscriptions, principal: str) -> Member:
    """Return the person of an object id."""
    return next(one for one in held.estate.directory.members if one.id == principal)


def reviews(held: Subscriptions) -> Iterator[Review]:
    """Yield the instances: those that ended are decided, and applied unless something refused was not taken away."""
    for entry in held.file["reviews"]:
        where, now = held.named(entry["at"]), held.estate.now
        for day in entry["ended"]:
            ends = held.estate.ago(day)
            starts = ends - timedelta(days=REVIEW_DAYS)
            found = tuple(_decisions(held, entry, day, ends)) if ends <= now else ()
            applied = all(one.applied is not False for one in found)
            status = "NotStarted" if starts > now else "InProgress" if ends > now else "Applied" if applied else "Completed"
            yield Review(where, ident("roles", entry["name"], day), entry["name"], ident("roles", entry["name"]),
                         starts, ends, status, found)


def _decisions(held: Subscriptions, entry: Mapping[str, Any], day: date, ends: datetime) -> Iterator[Decision]:
    """Yield what was decided of each person who holds a role there by themselves."""
    tenant, refused = held.estate.directory, held.file["refused"]
    reviewer, here = tenant.by_name[entry["reviewer"]], (refused["review"], refused["ended"]) == (entry["name"], day)
    holders = [one for one in held.given if one.subscription.name == entry["at"] and one.kind == "User"]
    for number, one in enumerate(one for one in holders if one.how == "Assigned"):
        member = person(held, one.principal)
        at = ends - timedelta(days=1 + number % (REVIEW_DAYS - 1), minutes=7 * number)
        key, no = ident("decision", entry["name"], day, one.id), here and member.name == refused["person"]
        if day in entry.get("undecided", ()) and number % 2:
            yield Decision(key, member, "NotReviewed", None, None, None)
        else:
            yield Decision(key, member, "Deny" if no else "Approve", reviewer, at,
                           bool(refused["applied"]) if no else None)
