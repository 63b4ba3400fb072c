"""The shapes that records are normalised to, one dataclass a kind (design section 3a).

A column that the provider does not tell is None, never guessed. `id` is the provider's own (ARN,
full resource name, object id) and unique in its population. Times are aware datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Row:
    """What every record has: the provider's own id."""

    kind: ClassVar[str] = ""
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset(Row):
    """Something the organization has; `type` is the provider's own type name."""

    kind: ClassVar[str] = "asset"
    name: str | None = None
    type: str | None = None
    provider: str | None = None
    region: str | None = None
    owner: str | None = None
    classification: str | None = None
    environment: str | None = None
    created_at: datetime | None = None
    state: str | None = None
    tags: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Row):
    """That a principal may do something; `via` is the group or role chain it comes through."""

    kind: ClassVar[str] = "grant"
    principal: str | None = None
    principal_type: str | None = None
    role: str | None = None
    resource: str | None = None
    effect: str | None = None
    via: str | None = None
    privileged: bool | None = None
    expires_at: datetime | None = None
    conditional: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Row):
    """A login; `type` is human, service, root, guest or role; `principal` is the login name.

    `credentials` is a list of `{type, created_at, last_used_at, active}`.
    """

    kind: ClassVar[str] = "account"
    principal: str | None = None
    type: str | None = None
    privileged: bool | None = None
    mfa: bool | None = None
    enabled: bool | None = None
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    credentials: list[dict[str, Any]] | None = None
    entitlements: list[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReview(Row):
    """One decision of an access review; decision: approved, denied, unknown, not_reviewed;
    outcome of its instance: completed, in_progress, not_started.
    """

    kind: ClassVar[str] = "access_review"
    reviewed: str | None = None
    reviewer: str | None = None
    principal: str | None = None
    decision: str | None = None
    applied: bool | None = None
    outcome: str | None = None
    due_at: datetime | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup(Row):
    """A backup that ran, or a copy that exists; outcome: completed, failed, aborted, running, partial, expired."""

    kind: ClassVar[str] = "backup"
    resource: str | None = None
    outcome: str | None = None
    retained_until: datetime | None = None
    encrypted: bool | None = None
    immutable: bool | None = None
    copied_to: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupTest(Row):
    """A restore that was tried; outcome: completed, failed, aborted, running, partial (some of it, or with warnings);
    `validated` None: nobody validated it.
    """

    kind: ClassVar[str] = "backup_test"
    resource: str | None = None
    backup: str | None = None
    outcome: str | None = None
    validated: bool | None = None
    duration_s: float | None = None
    size_bytes: int | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource(Row):
    """Where logs come from and where they go; `covers` says what of (accounts, regions, event types)."""

    kind: ClassVar[str] = "log_source"
    name: str | None = None
    enabled: bool | None = None
    covers: list[str] | None = None
    integrity_validated: bool | None = None
    encrypted: bool | None = None
    destination: str | None = None
    retention_days: int | None = None
    last_delivery_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent(Row):
    """One event of a log."""

    kind: ClassVar[str] = "log_event"
    actor: str | None = None
    action: str | None = None
    target: str | None = None
    outcome: str | None = None
    source_ip: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration(Row):
    """One setting of one resource; `value` is JSON text, or plain text for a scalar, None where it is not set."""

    kind: ClassVar[str] = "configuration"
    resource: str | None = None
    setting: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Row):
    """What a provider's scanner found.

    severity: critical, high, medium, low, informational; state: open, resolved, suppressed.
    """

    kind: ClassVar[str] = "finding"
    resource: str | None = None
    title: str | None = None
    severity: str | None = None
    state: str | None = None
    source: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Row):
    """A change to a system."""

    kind: ClassVar[str] = "change"
    reference: str | None = None
    author: str | None = None
    approver: str | None = None
    reviewed: bool | None = None
    outcome: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(Row):
    """A person and a course."""

    kind: ClassVar[str] = "training"
    person: str | None = None
    course: str | None = None
    outcome: str | None = None
    due_at: datetime | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Row):
    """A document and its approval; `occurred_at` is the approval."""

    kind: ClassVar[str] = "document"
    title: str | None = None
    version: str | None = None
    owner: str | None = None
    approved_by: str | None = None
    occurred_at: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KindSpec:
    """An evidence kind: its row class, its columns with DuckDB types in order, and whether its records are events."""

    name: str
    row: type[Row]
    columns: dict[str, str]
    event: bool


_SQL = {
    "str": "VARCHAR", "str | None": "VARCHAR", "bool | None": "BOOLEAN", "int | None": "BIGINT",
    "float | None": "DOUBLE", "datetime | None": "TIMESTAMPTZ", "list[str] | None": "VARCHAR[]",
    "dict[str, str] | None": "MAP(VARCHAR, VARCHAR)",
    "list[dict[str, Any]] | None":
        "STRUCT(type VARCHAR, created_at TIMESTAMPTZ, last_used_at TIMESTAMPTZ, active BOOLEAN)[]",
}


def _spec(row: type[Row]) -> KindSpec:
    columns = {f.name: _SQL[str(f.type)] for f in fields(row)}
    return KindSpec(row.kind, row, columns, "occurred_at" in columns)


KINDS: dict[str, KindSpec] = {
    row.kind: _spec(row)
    for row in (Asset, Grant, Account, AccessReview, Backup, BackupTest, LogSource, LogEvent,
                Configuration, Finding, Change, Training, Document)
}
"""Every evidence kind by name."""
