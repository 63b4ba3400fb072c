"""What the company's vaults in Azure hold: backups, restores, and machines that are replicated and sometimes tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.lab.directory import ident

if TYPE_CHECKING:
    from tests.lab.subscriptions import Subscriptions, Thing

VAULTS = {"Microsoft.Compute/virtualMachines": "recovery_vaults", "Microsoft.Compute/disks": "backup_vaults"}
"""Section of the vaults that keep a type."""


@dataclass(frozen=True, slots=True)
class Job:
    """A backup, a restore or a drill (a test fail-over) of a resource, in a vault."""

    vault: Thing
    resource: Thing
    kind: str
    id: str
    at: datetime
    ended: datetime
    succeeded: bool


@dataclass(frozen=True, slots=True)
class Replica:
    """A machine that is replicated; `tried`: when it was last started elsewhere with success; `state`: of that test."""

    vault: Thing
    machine: Thing
    tried: datetime | None
    health: str
    state: str


def vault_of(held: Subscriptions, thing: Thing) -> Thing:
    """Return the vault that keeps a resource: the first of its kind in the subscription."""
    return held.of(VAULTS[thing.type], thing.subscription.id)[0]


def jobs(held: Subscriptions) -> Iterator[Job]:
    """Yield the backups that are still listed, the restores of the whole history, and drills that are still listed."""
    for thing in (one for one in held.things if one.backed_up):
        yield from _backups(held, thing)
        yield from _restores(held, thing)
    for entry in held.file["drills"]:
        if not entry.get("succeeded", True):
            thing = _machine(held, entry["machine"])
            yield _job(held, "TestFailover", thing, held.estate.ago(entry["age"]), 1.0)


def _backups(held: Subscriptions, thing: Thing) -> Iterator[Job]:
    """Yield one a day; the newest succeeded, unless the file says for how many days none did."""
    failing = int(thing.traits.get("failing", 0))
    for age in range(int(held.file["kept"]), 0, -1):
        fails = 1.0 if age <= failing else float(held.file["fails"]) * (age > 1)
        yield _job(held, "Backup", thing, held.estate.now - timedelta(days=age), fails)


def _restores(held: Subscriptions, thing: Thing) -> Iterator[Job]:
    first = held.estate.now - timedelta(days=round(int(held.estate.file["history"]) * 365 / 12))
    step = held.estate.now - held.estate.ago(held.file["restore_every"])
    at = last = held.estate.ago(held.file["restore_last"])
    while at > first:
        fails = thing.name == held.file["restore_fails"] and at == last
        yield _job(held, "Restore", thing, at, float(fails))
        at -= step


def _job(held: Subscriptions, kind: str, thing: Thing, day: datetime, fails: float) -> Job:
    chance = held.estate.random("azure", kind, thing.id, day.date())
    at = day + timedelta(hours=3, seconds=chance.randrange(7200))
    ended = at + timedelta(seconds=chance.randint(120, 3600))
    return Job(vault_of(held, thing), thing, kind, ident(kind, thing.id, day.date()), at, ended, chance.random() >= fails)


def replicas(held: Subscriptions) -> Iterator[Replica]:
    """Yield the machines that the file says are replicated."""
    for entry in held.file["drills"]:
        machine = _machine(held, entry["machine"])
        tried = held.estate.ago(entry["age"]) if "age" in entry and entry.get("succeeded", True) else None
        health, state = entry.get("health", "Normal"), entry.get("state", "None")
        yield Replica(vault_of(held, machine), machine, tried, health, state)


def _machine(held: Subscriptions, name: str) -> Thing:
    return next(one for one in held.of("machines") if one.name == name)
