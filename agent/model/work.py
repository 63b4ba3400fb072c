"""A task, its run and what the run says of itself (design sections 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent.model.states import Outcome


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open span of time [start, end)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Boundary:
    """What a scope expands to at plan time: one account, project, subscription or tenant.

    `id` is the provider's own (an AWS account number); `home` is the region for calls that have
    no region of their own; `regions` are the ones in force.
    """

    scope: str
    provider: str
    id: str
    name: str = ""
    home: str = ""
    regions: tuple[str, ...] = ()
    organization: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One execution that is due: a small serialisable value; `region` is '' where the collector has none.

    `lost` is the span before the window that the source no longer keeps.
    """

    collector: str
    scope: str
    boundary: str
    region: str = ""
    window: Window | None = None
    lost: Window | None = None

    @property
    def key(self) -> str:
        """Return what may not run twice at once."""
        return "/".join((self.collector, self.scope, self.boundary, self.region))


@dataclass(slots=True)
class Call:
    """One API operation as it was called: its parameters (no secrets), pages, items and request ids.

    `requests` keeps the first and the last `REQUEST_IDS` ids, so that memory stays flat; `pages`
    counts all. `answer` is the code of an error that is an answer ("no such policy").
    """

    service: str
    operation: str
    region: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    count: int = 0
    pages: int = 0
    items: int = 0
    retries: int = 0
    requests: list[str] = field(default_factory=list)
    answer: str = ""
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Lacking:
    """One thing that a run did not get, and why.

    `reason`: denied (no permission), unavailable (not offered, or not licensed, here),
    throttled, failed, unread (begun and not finished), unrecorded (read and not yielded),
    receipt (another count differs), expired, not_enabled (a region that is not switched on), interrupted.
    """

    what: str
    reason: str
    detail: str = ""
    permission: str = ""


@dataclass(frozen=True, slots=True)
class Skip:
    """Items that the collector left out on purpose, counted, with the reason."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Another way to count the population: what the provider says against what was read."""

    source: str
    expected: int
    counted: int
    exact: bool

    @property
    def agrees(self) -> bool:
        """Return whether both counts are the same."""
        return self.expected == self.counted


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything that a run says of itself; the predicate of the sealed statement."""

    collector: str
    collector_version: str
    kind: str
    scope: str
    boundary: str
    region: str
    window: Window | None
    identity: str
    source: str
    """`provider` (read from an API), `typed` or `uploaded` (by a person)."""
    started_at: datetime
    """The instant at which the run began to read; `collected_at` of its artifact."""
    finished_at: datetime
    outcome: Outcome
    records: int
    calls: tuple[Call, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    skips: tuple[Skip, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    notes: tuple[str, ...] = ()
    masked: dict[str, int] = field(default_factory=dict)
    error: str = ""
    lost: Window | None = None
    """The span between the watermark and the window that the source no longer keeps; the watermark may pass it."""
    agent_version: str = ""
    host: str = ""
    population: str = ""
    """Which source was read and what one record is, as the collector's header said it at the time."""
    limits: tuple[str, ...] = ()
    """What that source cannot see, each a sentence, as the header said it at the time."""
