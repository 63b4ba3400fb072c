"""An estate file, read and expanded: the same file, `now` and scale make the same company.

Nothing here knows the agent. Tests compute what a true tool must say from these values.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.lab import activity, backups, infrastructure, people
from tests.lab.directory import Directory
from tests.lab.estate.documents import Paper, papers
from tests.lab.google import Google
from tests.lab.subscriptions import Subscriptions
from tests.lab.things import (
    Account,
    Assignment,
    BackupJob,
    Evaluation,
    Event,
    Finding,
    Person,
    Resource,
    RestoreJob,
    Role,
    User,
)

EXAMPLE = Path(__file__).with_name("example.yaml")
UNITS = {"d": 86400, "h": 3600, "m": 60}


def this_hour() -> datetime:
    """Return the machine's time, rounded down to the hour."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def later(value: Any, years: int) -> Any:
    """Return a value with every date in it that many years later."""
    if isinstance(value, dict):
        return {name: later(one, years) for name, one in value.items()}
    if isinstance(value, list):
        return [later(one, years) for one in value]
    if isinstance(value, date):
        leap = (value.month, value.day) == (2, 29)
        return value.replace(year=value.year + years, day=28 if leap else value.day)
    return value


@dataclass(frozen=True)
class Estate:
    """A company at an instant: `file` is the parsed YAML, `scale` multiplies its counts."""

    file: Mapping[str, Any]
    now: datetime
    scale: int = 1

    @classmethod
    def load(cls, path: Path = EXAMPLE, now: datetime | None = None, scale: int = 1) -> Estate:
        """Read an estate file."""
        return cls.of_file(yaml.safe_load(path.read_text(encoding="utf-8")), now, scale)

    @classmethod
    def of_file(cls, file: Mapping[str, Any], now: datetime | None = None, scale: int = 1) -> Estate:
        """Return the estate of a file that was read; one whose last audit is over moves on by whole years."""
        now = now or this_hour()
        last = max((audit["ends"] for audit in file["audits"]), default=now.date())
        years = now.year - last.year
        return cls(later(file, max(0, years + (now.date() > later(last, years)))), now, scale)

    def scaled(self, scale: int) -> Estate:
        """Return the same estate with that many times the records."""
        return replace(self, scale=scale)

    def random(self, *names: object) -> random.Random:
        """Return the chance of one corner of the estate."""
        return random.Random("/".join(str(name) for name in (self.file["seed"], *names)))

    def ago(self, age: str | date | datetime) -> datetime:
        """Return the instant of an age (`400d`, `3h`) or of a date."""
        if isinstance(age, datetime):
            return age if age.tzinfo else age.replace(tzinfo=UTC)
        if isinstance(age, date):
            return datetime.combine(age, time(), UTC)
        return self.now - timedelta(seconds=float(age[:-1]) * UNITS[age[-1]])

    def count(self, name: str, account: Account) -> int:
        """Return how many of a kind an account has."""
        return int(self.file["counts"][name][account.index]) * self.scale

    def account(self, name: str) -> Account:
        """Return an account by its name."""
        return next(account for account in self.accounts if account.name == name)

    def named(self, section: str, account: Account) -> list[dict[str, Any]]:
        """Return what the file says by name of one account."""
        return list((self.file.get(section) or {}).get(account.name, ()))

    def off(self, entries: list[dict[str, str]], account: str, region: str) -> bool:
        """Return whether (account id, region) is in a list of exceptions."""
        return any(self.account(e["account"]).id == account and e["region"] == region for e in entries)

    def off_everywhere(self, section: str, account: str) -> bool:
        """Return whether an account (its id) is among those that lack something altogether."""
        return any(self.account(name).id == account for name in self.file[section]["absent"])

    @functools.cached_property
    def regions(self) -> tuple[str, ...]:
        """The regions in use."""
        return tuple(self.file["regions"])

    @functools.cached_property
    def accounts(self) -> tuple[Account, ...]:
        """The accounts, in the file's order."""
        listed = enumerate(self.file["accounts"])
        return tuple(Account(a["id"], a["name"], a["environment"], a["email"], n) for n, a in listed)

    @functools.cached_property
    def users(self) -> tuple[User, ...]:
        """IAM users of all accounts."""
        return tuple(user for account in self.accounts for user in people.users(self, account))

    @functools.cached_property
    def roles(self) -> tuple[Role, ...]:
        """IAM roles of all accounts."""
        return tuple(role for account in self.accounts for role in people.roles(self, account))

    @functools.cached_property
    def people(self) -> tuple[Person, ...]:
        """Users of Identity Center."""
        return tuple(people.persons(self))

    @functools.cached_property
    def assignments(self) -> tuple[Assignment, ...]:
        """Assignments of Identity Center."""
        return tuple(people.assignments(self))

    @functools.cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Every resource of every account and region."""
        return tuple(r for account in self.accounts for r in infrastructure.resources(self, account))

    @functools.cached_property
    def backup_jobs(self) -> tuple[BackupJob, ...]:
        """Backup jobs over the whole history, oldest first."""
        return tuple(backups.backup_jobs(self))

    @functools.cached_property
    def restore_jobs(self) -> tuple[RestoreJob, ...]:
        """Restore jobs over the whole history, oldest first."""
        return tuple(backups.restore_jobs(self))

    @functools.cached_property
    def events(self) -> tuple[Event, ...]:
        """Management events, oldest first."""
        return tuple(activity.events(self))

    @functools.cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Findings of every detective service."""
        return tuple(activity.findings(self))

    @functools.cached_property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """Evaluations of Config rules."""
        return tuple(activity.evaluations(self))

    @functools.cached_property
    def papers(self) -> tuple[Paper, ...]:
        """Documents that were approved until now."""
        return tuple(paper for paper in papers(self) if paper.approved <= self.now)

    @functools.cached_property
    def google(self) -> Google:
        """What it has in Google Cloud."""
        return Google(self)

    @functools.cached_property
    def directory(self) -> Directory:
        """The tenant of Entra."""
        return Directory(self)

    @functools.cached_property
    def subscriptions(self) -> Subscriptions:
        """What it has in Azure."""
        return Subscriptions(self)

    def of(self, kind: str, account: str, region: str) -> list[Resource]:
        """Return the resources of a type in an account (its id) and region."""
        return [r for r in self.resources if (r.type, r.account, r.region) == (kind, account, region)]

    @property
    def planted(self) -> list[dict[str, Any]]:
        """The faults that a true tool must find."""
        return list(self.file["planted"])
