"""What the company has in Azure: subscriptions of its tenant, what runs there, who may do what, what happened."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.lab.directory import ident

if TYPE_CHECKING:
    from tests.lab.estate import Estate

# section of the file: Azure's type name, prefix of drawn names
KINDS: Mapping[str, tuple[str, str]] = {
    "machines": ("Microsoft.Compute/virtualMachines", "vm"),
    "storage": ("Microsoft.Storage/storageAccounts", "nwst"),
    "databases": ("Microsoft.Sql/servers/databases", "db"),
    "networks": ("Microsoft.Network/virtualNetworks", "vnet"),
}
ROLES: Mapping[str, tuple[str, list[str]]] = {
    "Owner": ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", ["*"]),
    "Contributor": ("b24988ac-6180-42a0-ab88-20f7382dd24c", ["*"]),
    "Reader": ("acdd72a7-3385-48ef-bd42-f606fba81ae7", ["*/read"]),
    "Storage Blob Data Reader": ("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
                                 ["Microsoft.Storage/storageAccounts/blobServices/containers/read"]),
}
"""Built-in roles with the ids that Microsoft publishes, and what each allows."""
OPERATIONS = (
    "Microsoft.Compute/virtualMachines/write", "Microsoft.Storage/storageAccounts/write",
    "Microsoft.Sql/servers/databases/write", "Microsoft.Network/virtualNetworks/write",
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; `index` is its column in the file's counts."""

    id: str
    name: str
    environment: str
    owner: str
    index: int

    @property
    def path(self) -> str:
        """Return its resource id."""
        return f"/subscriptions/{self.id}"


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource: `id` is its resource id; `traits` are what the file says of it."""

    subscription: Subscription
    type: str
    name: str
    id: str
    created: datetime
    tags: Mapping[str, str]
    backed_up: bool
    traits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A backup of a machine, a restore, or a drill (a test fail-over)."""

    resource: Thing
    kind: str
    id: str
    at: datetime
    ended: datetime
    succeeded: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A role that somebody (an object id of the directory) holds on a subscription."""

    subscription: Subscription
    id: str
    role: str
    principal: str
    kind: str


@dataclass(frozen=True, slots=True)
class Done:
    """One event of the activity log."""

    subscription: Subscription
    id: str
    at: datetime
    operation: str
    resource: str
    caller: str
    failed: bool
    address: str


@dataclass(frozen=True)
class Subscriptions:
    """The part of an estate that is in Azure."""

    estate: Estate

    @property
    def file(self) -> Mapping[str, Any]:
        """Return the section of the file."""
        found: Mapping[str, Any] = self.estate.file["azure"]
        return found

    @functools.cached_property
    def all(self) -> tuple[Subscription, ...]:
        """The subscriptions, in the file's order."""
        return tuple(
            Subscription(one["id"], one["name"], one["environment"], one["owner"], number)
            for number, one in enumerate(self.file["subscriptions"])
        )

    def named(self, name: str) -> Subscription:
        """Return a subscription by its name."""
        return next(one for one in self.all if one.name == name)

    def count(self, section: str, subscription: Subscription) -> int:
        """Return how many of a kind a subscription has."""
        return int(self.file["counts"][section][subscription.index]) * self.estate.scale

    @functools.cached_property
    def things(self) -> tuple[Thing, ...]:
        """Every resource, by its id as Resource Graph orders them."""
        found = [one for each in self.all for section in KINDS for one in self._things(each, section)]
        return tuple(sorted(found, key=lambda one: one.id.lower()))

    def of(self, section: str, subscription: str = "") -> list[Thing]:
        """Return the resources of a section, of one subscription (its GUID) or of all."""
        return [one for one in self.things if one.type == KINDS[section][0]
                and subscription in ("", one.subscription.id)]

    def _things(self, subscription: Subscription, section: str) -> Iterator[Thing]:
        said = (self.file.get(section) or {}).get(subscription.name, ())
        for entry in said:
            yield self._thing(subscription, section, entry["name"], entry)
        for number in range(len(said), self.count(section, subscription)):
            short = subscription.environment[:4]
            yield self._thing(subscription, section, f"{KINDS[section][1]}{short}{number:04d}", {})

    def _thing(self, subscription: Subscription, section: str, name: str, entry: Mapping[str, Any]) -> Thing:
        kind = KINDS[section][0]
        provider, *rest = kind.split("/")
        place = "/".join([provider, *(f"{part}/{'sql-main' if one < len(rest) - 1 else name}"
                                      for one, part in enumerate(rest))])
        chance = self.estate.random("azure", section, subscription.id, name)
        created = self.estate.now - timedelta(days=chance.randint(60, 900), seconds=chance.randrange(86400))
        owner = entry.get("owner", subscription.owner)
        tags = {"environment": subscription.environment} | ({"owner": owner} if owner else {})
        saved = entry.get("backed_up", subscription.environment == "production") and section == "machines"
        path = f"{subscription.path}/resourceGroups/rg-{subscription.environment}/providers/{place}"
        return Thing(subscription, kind, name, path, created, tags, bool(saved), entry)

    @functools.cached_property
    def jobs(self) -> tuple[Job, ...]:
        """Backups that are still listed, restores and drills, oldest first."""
        guarded = [one for one in self.things if one.backed_up]
        found = [
            self._job("Backup", one, self.estate.now - timedelta(days=age), float(self.file["fails"]) * (age > 1))
            for age in range(int(self.file["kept"]), 0, -1) for one in guarded
        ]
        first = self.estate.now - timedelta(days=round(int(self.estate.file["history"]) * 365 / 12))
        step = self.estate.now - self.estate.ago(self.file["restore_every"])
        for one in guarded:
            at = self.estate.ago(self.file["restore_last"])
            while at > first:
                found.append(self._job("Restore", one, at, 0.0))
                at -= step
        found += [self._job("TestFailover", one, self.estate.ago(self.file["drill_last"]), 0.0) for one in guarded[:2]]
        return tuple(sorted(found, key=lambda one: (one.at, one.id)))

    def _job(self, kind: str, thing: Thing, day: datetime, fails: float) -> Job:
        chance = self.estate.random("azure", kind, thing.id, day.date())
        at = day + timedelta(hours=1, seconds=chance.randrange(7200))
        ended = at + timedelta(seconds=chance.randint(120, 3600))
        return Job(thing, kind, ident(kind, thing.id, day.date()), at, ended, chance.random() >= fails)

    @functools.cached_property
    def given(self) -> tuple[Given, ...]:
        """The role assignments of all subscriptions."""
        return tuple(one for subscription in self.all for one in self._given(subscription))

    def _given(self, subscription: Subscription) -> Iterator[Given]:
        tenant = self.estate.directory
        for entry in self.file["roles"]:
            if subscription.name in entry["at"]:
                name = entry.get("group") or entry["user"]
                principal = tenant.groups[name] if "group" in entry else tenant.by_name[name].id
                key = ident("given", subscription.id, entry["role"], name)
                yield Given(subscription, key, entry["role"], principal, "Group" if "group" in entry else "User")
        for number in range(self.count("robots", subscription)):
            key = ident("given", subscription.id, "robot", number)
            yield Given(subscription, key, "Storage Blob Data Reader", ident("robot", number), "ServicePrincipal")

    @functools.cached_property
    def events(self) -> tuple[Done, ...]:
        """The activity logs of all subscriptions, oldest first."""
        found = [one for subscription in self.all for one in self._drawn(subscription)]
        for entry in self.file["events"]:
            at = self.estate.ago(entry["age"]) + timedelta(hours=8)
            target = next(one.id for one in self.things if one.name == entry["resource"])
            caller = self.estate.directory.by_name[entry["user"]].upn
            found.append(Done(self.named(entry["at"]), ident("done", entry["operation"], entry["at"]), at,
                              entry["operation"], target, caller, failed=False, address="203.0.113.77"))
        return tuple(sorted(found, key=lambda one: (one.at, one.id)))

    def _drawn(self, subscription: Subscription) -> Iterator[Done]:
        things = [one for one in self.things if one.subscription == subscription]
        people = [one for one in self.estate.directory.members if not one.guest]
        for age in range(int(self.file["event_days"]), 0, -1):
            chance = self.estate.random("azure", "event", subscription.id, age)
            day = self.estate.now - timedelta(days=age)
            for number in range(self.count("events_a_day", subscription)):
                at = day + timedelta(seconds=chance.randrange(86400))
                yield Done(
                    subscription, ident("event", subscription.id, f"{day:%Y-%m-%d}", number), at,
                    chance.choice(OPERATIONS), chance.choice(things).id, chance.choice(people).upn,
                    chance.random() < 0.04, f"198.51.100.{chance.randint(1, 254)}",
                )
