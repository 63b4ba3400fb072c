"""The catalog: what is found without opening an object; all of it but the derived answers can be rebuilt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary
from sqlmodel import Field, SQLModel

from agent.store.types import Instant

AUTO = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite counts up only a column of its own INTEGER type."""


def _at(**options: Any) -> Any:
    return Field(sa_type=Instant, **options)


def _count(**options: Any) -> Any:
    return Field(sa_type=BigInteger, **options)


class ArtifactRow(SQLModel, table=True):
    """One recorded artifact; `id` is `sha256:` and the SHA-256 of its DSSE payload, `object` the digest it names."""

    __tablename__ = "artifact"
    __table_args__ = (
        Index("ix_artifact_newest", "collector", "boundary", "region", "outcome", "collected_at"),
        Index("ix_artifact_scope", "scope", "collected_at"),
        Index("ix_artifact_kind", "kind", "collected_at"),
        Index("ix_artifact_object", "object"),
        Index("ix_artifact_recorded", "recorded_at"),
        Index("ix_artifact_path", "path"),
    )
    id: str = Field(primary_key=True)
    leaf: int = _count(unique=True)
    object: str
    path: str
    size: int = _count()
    stored_size: int = _count()
    envelope: str
    collector: str
    collector_version: str
    kind: str
    scope: str
    boundary: str
    region: str
    source: str
    outcome: str
    records: int = _count()
    window_start: datetime | None = _at(default=None)
    window_end: datetime | None = _at(default=None)
    collected_at: datetime = _at()
    finished_at: datetime = _at()
    recorded_at: datetime = _at()
    lacking: int = 0
    masked: int = 0
    error: str = ""
    voided_at: datetime | None = _at(default=None)
    void_reason: str = ""
    voided_by: str = ""
    deleted_at: datetime | None = _at(default=None)
    """When its records went, deleted under retention or erased with its scope; the row and the leaf stay."""


class Pending(SQLModel, table=True):
    """What waits for its leaf, in order; `body` is the JSON that the sequencer needs."""

    __tablename__ = "pending"
    seq: int | None = Field(default=None, primary_key=True, sa_type=AUTO)
    key: str = Field(unique=True)
    body: bytes = Field(sa_type=LargeBinary)


class Leaf(SQLModel, table=True):
    """One leaf of the log: its data and its hash."""

    __tablename__ = "leaf"
    index: int = _count(primary_key=True, sa_column_kwargs={"autoincrement": False})
    entry: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)


class Node(SQLModel, table=True):
    """The root of a whole tile: `index` counts at its level (1 is over 256 leaves, 2 over 65,536)."""

    __tablename__ = "node"
    level: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    index: int = _count(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hash: bytes = Field(sa_type=LargeBinary)


class Tree(SQLModel, table=True):
    """The one row of the sequencer: the log's head, its fence, and what of it is published."""

    __tablename__ = "tree"
    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    store: str
    origin: str
    epoch: int = _count(default=0)
    size: int = _count(default=0)
    hashes: bytes = Field(default=b"", sa_type=LargeBinary)
    recorded_at: datetime | None = _at(default=None)
    published_size: int = _count(default=0)
    published_hashes: bytes = Field(default=b"", sa_type=LargeBinary)


class Watermark(SQLModel, table=True):
    """How far a (collector, boundary, region) has been collected."""

    __tablename__ = "watermark"
    collector: str = Field(primary_key=True)
    boundary: str = Field(primary_key=True)
    region: str = Field(primary_key=True)
    at: datetime = _at()


class Attempt(SQLModel, table=True):
    """The newest run of a task key; `failures` counts the runs since the last that succeeded."""

    __tablename__ = "attempt"
    collector: str = Field(primary_key=True)
    scope: str = Field(primary_key=True)
    boundary: str = Field(primary_key=True)
    region: str = Field(primary_key=True)
    at: datetime = _at()
    outcome: str
    failures: int = 0
    artifact: str


class SummaryRow(SQLModel, table=True):
    """What a requirement keeps of an artifact, per hash of its `qualifies`; derived, made again when lost."""

    __tablename__ = "summary"
    artifact: str = Field(primary_key=True)
    qualifies: str = Field(primary_key=True)
    body: bytes = Field(sa_type=LargeBinary)


class Expectation(SQLModel, table=True):
    """A boundary and region of a scope that was in force from `since` until `until`; region '' is the boundary."""

    __tablename__ = "expectation"
    __table_args__ = (Index("ix_expectation_scope", "scope", "until"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=AUTO)
    scope: str
    boundary: str
    region: str
    name: str = ""
    organization: bool = False
    since: datetime = _at()
    until: datetime | None = _at(default=None)


class Version(SQLModel, table=True):
    """A mapping, SoA or configuration as it held from an instant on; kind is mapping, soa, exception or config."""

    __tablename__ = "version"
    __table_args__ = (Index("ix_version_kind", "kind", "name", "holds_from"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=AUTO)
    kind: str
    name: str
    digest: str
    body: bytes = Field(sa_type=LargeBinary)
    holds_from: datetime = _at()


class SamplingRow(SQLModel, table=True):
    """A step of sampling as the log has it: `step` is population, draw, selection or result, `body` its whole document.

    `name` is P1, P2, … of a population, S1, S2, … of a draw, and of a selection or a result that of its sample.
    """

    __tablename__ = "sampling"
    __table_args__ = (Index("ix_sampling_name", "name", "leaf"),)
    leaf: int = _count(primary_key=True, sa_column_kwargs={"autoincrement": False})
    step: str
    name: str
    document: str
    body: bytes = Field(sa_type=LargeBinary)
    recorded_at: datetime = _at()


class ActRow(SQLModel, table=True):
    """What was done with evidence, as the log has it: `kind` is hold, release, deletion, erasure or key.

    `subject` is an artifact's id, `scope:` and a scope, an object's path, or a key's id; `name` is H1, H2, …
    of a hold, the retention of a deletion, the data key of an erasure. `done` is False while what was deleted
    or erased may still lie there.
    """

    __tablename__ = "act"
    __table_args__ = (Index("ix_act_kind", "kind", "leaf"), Index("ix_act_subject", "subject", "leaf"))
    leaf: int = _count(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    subject: str
    name: str = ""
    by: str = ""
    reason: str = ""
    recorded_at: datetime = _at()
    done: bool = True


class AccessRow(SQLModel, table=True):
    """One access: `batch` is the SHA-256 of the document that holds it, '' while none does; `leaf` is of the batch."""

    __tablename__ = "access"
    __table_args__ = (Index("ix_access_artifact", "artifact", "id"), Index("ix_access_batch", "batch", "id"))
    id: int | None = Field(default=None, primary_key=True, sa_type=AUTO)
    at: datetime = _at()
    action: str
    artifact: str = ""
    who: str
    host: str
    client: str
    why: str = ""
    detail: str = ""
    batch: str = ""
    leaf: int | None = _count(default=None)


class Assessment(SQLModel, table=True):
    """The current answer of one axis of a requirement on a boundary, and when it next changes."""

    __tablename__ = "assessment"
    __table_args__ = (Index("ix_assessment_next", "next_change"),)
    requirement: str = Field(primary_key=True)
    scope: str = Field(primary_key=True)
    boundary: str = Field(primary_key=True)
    axis: str = Field(primary_key=True)
    state: str
    since: datetime = _at()
    next_change: datetime | None = _at(default=None)
    artifact: str = ""
    body: bytes = Field(default=b"", sa_type=LargeBinary)


class Flip(SQLModel, table=True):
    """A stored change of an answer: `at` is computed, `noticed_at` is when somebody was running."""

    __tablename__ = "flip"
    __table_args__ = (Index("ix_flip_noticed", "noticed_at"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=AUTO)
    requirement: str
    scope: str
    boundary: str
    axis: str
    before: str
    after: str
    at: datetime = _at()
    noticed_at: datetime = _at()
    artifact: str = ""
    reason: str = ""


class Outbox(SQLModel, table=True):
    """A message that must leave; `key` keeps the same message from being written twice."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "delivered_at", "next_attempt"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=AUTO)
    key: str = Field(unique=True)
    route: str
    body: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = _at()
    attempts: int = 0
    next_attempt: datetime | None = _at(default=None)
    delivered_at: datetime | None = _at(default=None)
    error: str = ""
