"""What a company has, told without any provider's words: the types that an estate expands to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the organization; `index` is its column in the file's counts."""

    id: str
    name: str
    environment: str
    email: str
    index: int


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key of a user."""

    id: str
    created: datetime
    last_used: datetime | None
    active: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """A person or program with credentials of its own; `last_used` is of the password."""

    account: str
    name: str
    created: datetime
    console: bool
    mfa: bool
    last_used: datetime | None
    keys: tuple[AccessKey, ...] = ()
    groups: tuple[str, ...] = ()
    tags: Tags = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Return the user's ARN."""
        return f"arn:aws:iam::{self.account}:user/{self.name}"


@dataclass(frozen=True, slots=True)
class Role:
    """A role, who may assume it, and its managed policy."""

    account: str
    name: str
    created: datetime
    trusted: str
    policy: str
    last_used: datetime | None
    tags: Tags = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Return the role's ARN."""
        return f"arn:aws:iam::{self.account}:role/{self.name}"


@dataclass(frozen=True, slots=True)
class Resource:
    """A thing in a region: instance, database, table, bucket, function, key, certificate, secret, log group.

    `type` is AWS's own type name; `id` is what AWS calls it. `traits` are the facts of its type.
    """

    account: str
    region: str
    type: str
    name: str
    id: str
    arn: str
    created: datetime
    tags: Tags = field(default_factory=dict)
    protected: bool = False
    traits: Mapping[str, object] = field(default_factory=dict)

    @property
    def tagged(self) -> bool:
        """Return whether it ever had a tag."""
        return bool(self.tags)


@dataclass(frozen=True, slots=True)
class BackupJob:
    """One backup of a resource."""

    id: str
    account: str
    region: str
    resource: str
    type: str
    vault: str
    plan: str
    at: datetime
    state: str
    size: int
    retained_until: datetime

    @property
    def recovery_point(self) -> str:
        """Return the ARN of what the job made."""
        return f"arn:aws:backup:{self.region}:{self.account}:recovery-point:{self.id}"


@dataclass(frozen=True, slots=True)
class RestoreJob:
    """One restore; `validated` is AWS's word, empty where nobody validated."""

    id: str
    account: str
    region: str
    plan: str
    resource: str
    type: str
    at: datetime
    ended: datetime
    state: str
    validated: str
    size: int


@dataclass(frozen=True, slots=True)
class Event:
    """One management event."""

    id: str
    account: str
    region: str
    at: datetime
    name: str
    source: str
    user: str
    address: str
    read_only: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detective service says: `source` is guardduty, inspector, securityhub or access-analyzer."""

    id: str
    account: str
    region: str
    source: str
    type: str
    title: str
    resource: str
    resource_type: str
    severity: str
    state: str
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a Config rule says of a resource."""

    account: str
    region: str
    rule: str
    resource: str
    resource_type: str
    compliant: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A user of Identity Center."""

    id: str
    name: str
    display: str
    enabled: bool
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A permission set given to a group or a person in an account."""

    account: str
    permission_set: str
    principal: str
    principal_type: str
