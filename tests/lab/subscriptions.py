"""What the company has in Azure: subscriptions of its tenant, what runs there, and what happened."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.lab import governed, vaults
from tests.lab.directory import ident

if TYPE_CHECKING:
    from tests.lab.estate import Estate
    from tests.lab.governed import Given, Review
    from tests.lab.vaults import Job, Replica

# section of the file: Azure's type name, prefix of drawn names
KINDS: Mapping[str, tuple[str, str]] = {
    "machines": ("Microsoft.Compute/virtualMachines", "vm"),
    "storage": ("Microsoft.Storage/storageAccounts", "nwst"),
    "disks": ("Microsoft.Compute/disks", "disk"),
    "servers": ("Microsoft.Sql/servers", "sql"),
    "databases": ("Microsoft.Sql/servers/databases", "db"),
    "sql_machines": ("Microsoft.SqlVirtualMachine/sqlVirtualMachines", "sqlvm"),
    "recovery_vaults": ("Microsoft.RecoveryServices/vaults", "rsv"),
    "backup_vaults": ("Microsoft.DataProtection/backupVaults", "bv"),
    "networks": ("Microsoft.Network/virtualNetworks", "vnet"),
}
TENANT = "/providers/Microsoft.Authorization"
"""What an event is about that happens at the tenant."""
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
class Done:
    """One event of the activity log of a subscription, or of the tenant itself."""

    subscription: Subscription | None
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
        """Return how many of a kind a subscription has, 0 of one that is only named."""
        drawn = self.file["counts"].get(section)
        return int(drawn[subscription.index]) * self.estate.scale if drawn else 0

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
        saved = entry.get("backed_up", subscription.environment == "production") and section in ("machines", "disks")
        path = f"{subscription.path}/resourceGroups/rg-{subscription.environment}/providers/{place}"
        return Thing(subscription, kind, name, path, created, tags, bool(saved), entry)

    @functools.cached_property
    def jobs(self) -> tuple[Job, ...]:
        """Backups that are still listed, restores and drills, oldest first."""
        return tuple(sorted(vaults.jobs(self), key=lambda one: (one.at, one.id)))

    @functools.cached_property
    def replicas(self) -> tuple[Replica, ...]:
        """Machines that are replicated, to be started elsewhere."""
        return tuple(vaults.replicas(self))

    @functools.cached_property
    def given(self) -> tuple[Given, ...]:
        """The roles that are held on each subscription, those from above once in each."""
        return tuple(one for subscription in self.all for one in governed.given(self, subscription))

    @functools.cached_property
    def eligible(self) -> tuple[Given, ...]:
        """The roles that somebody may activate on each subscription."""
        return tuple(one for subscription in self.all for one in governed.eligible(self, subscription))

    @functools.cached_property
    def reviews(self) -> tuple[Review, ...]:
        """Every instance of every review of roles, in the file's order."""
        return tuple(governed.reviews(self))

    @functools.cached_property
    def events(self) -> tuple[Done, ...]:
        """The activity logs of all subscriptions and of the tenant, oldest first."""
        found = [one for subscription in self.all for one in self._drawn(subscription)]
        found += [self._said(entry) for entry in self.file["events"]]
        return tuple(sorted(found, key=lambda one: (one.at, one.id)))

    def _said(self, entry: Mapping[str, Any]) -> Done:
        at, caller = self.estate.ago(entry["age"]) + timedelta(hours=8), self.estate.directory.by_name[entry["user"]].upn
        tenant = entry["at"] == "tenant"
        target = next((one.id for one in self.things if one.name == entry.get("resource")), TENANT)
        return Done(None if tenant else self.named(entry["at"]), ident("done", entry["operation"], entry["at"]), at,
                    entry["operation"], target, caller, failed=False, address="203.0.113.77")

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
