"""The plug-in contract: a collector is a `HEADER` and one generator `collect(run)`.

What can be declared is declared in the header, and read from there by the planner, the policy
generator, the docs and the contract tests. The generator yields `Record`s and may ask the run
for its window, region and client. It reads no clock, opens no connection of its own and catches
no provider error: the client under it is the witness of what was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from agent.model import Boundary, Row, Window

C = TypeVar("C")
CONTAINERS = ("organizations/", "folders/", "tenants/", "managementGroups/")
"""How the ids of boundaries begin that hold others and nothing of their own."""


class Record(NamedTuple):
    """One item of an artifact: normalised to its kind, and as the SDK decoded it.

    `raw` of a joined record is a list of `{"operation": ..., "item": ...}`.
    """

    row: Row
    raw: Any


@dataclass(frozen=True, slots=True)
class Api:
    """One operation that a collector may call.

    `call` is `service.operation` as the SDK spells it, `permissions` what it needs. `answers` are
    error codes that are an answer ("no such policy") with what each says; `unavailable` are codes
    that say the service is not switched on, offered or licensed here. Any other error lowers the run.
    """

    call: str
    permissions: tuple[str, ...]
    answers: Mapping[str, str] = field(default_factory=dict)
    unavailable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Windows:
    """How an event source is read by windows that tile exactly.

    `settle`: how long after an event it may still arrive; `longest`: the most that one window
    spans; `reach`: how far back the source keeps events.
    """

    settle: timedelta
    longest: timedelta
    reach: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a collector says of itself; `id` is its path below `collectors/` with dots.

    `per`: once a region, once a boundary, once in the organization's own boundary, or once in each
    member: each boundary but a container of others (a Google organization or folder, an Azure tenant or
    management group).
    `population` is the sentence that an auditor reads: what one record is, and of which whole.
    `cadence` (ISO 8601) is the schedule's default; `keeps` says how long the source keeps the
    data, where a longer cadence would lose it. `exact`: a receipt that differs lowers the run.
    `performs`: the collector makes the event happen itself (a restore it runs). `opt_in`: it runs
    only for scopes that name it, because of what it costs or needs.
    """

    id: str
    title: str
    kind: str
    population: str
    provider: str
    per: Literal["region", "boundary", "organization", "member"]
    calls: tuple[Api, ...]
    cadence: str = "P1D"
    keeps: str = ""
    windows: Windows | None = None
    exact: bool = False
    performs: bool = False
    opt_in: bool = False
    version: str = "1"
    limits: tuple[str, ...] = ()
    """What it cannot see, each a sentence."""

    def api(self, call: str) -> Api | None:
        """Return the declared operation `service.operation`, or None where it is not declared."""
        return next((api for api in self.calls if api.call == call), None)

    def runs_in(self, boundary: str, *, organization: bool) -> bool:
        """Return whether it runs in a boundary; `organization`: it is the one that sees the organization."""
        if self.per == "organization":
            return organization
        return self.per not in ("member", "region") or not boundary.startswith(CONTAINERS)

    @property
    def permissions(self) -> tuple[str, ...]:
        """Return every permission that its calls need, sorted, once each."""
        return tuple(sorted({p for api in self.calls for p in api.permissions}))


class Ledger(Protocol):
    """Where a run writes down what it left out on purpose and what else it knows."""

    def skip(self, reason: str) -> None:
        """Settle the population item in hand: it is left out, and this is why."""

    def note(self, text: str) -> None:
        """Keep a sentence in the provenance."""

    def receipt(self, source: str, expected: int, counted: int | None) -> None:
        """Keep another count of the population; None counts the records yielded by the end."""


@dataclass(frozen=True, slots=True)
class Run(Generic[C]):
    """What a collector is given: its client, boundary, region, window, and the instant it began."""

    client: C
    boundary: Boundary
    region: str
    window: Window | None
    started: datetime
    ledger: Ledger

    @property
    def span(self) -> Window:
        """Return the window of an event collector; raises `ValueError` where the header has none."""
        if self.window is None:
            raise ValueError("this collector declares no windows")
        return self.window

    def skip(self, reason: str) -> None:
        """Leave the population item in hand out, with the reason."""
        self.ledger.skip(reason)

    def note(self, text: str) -> None:
        """Keep a sentence in the provenance."""
        self.ledger.note(text)

    def receipt(self, source: str, expected: int, counted: int | None = None) -> None:
        """Record another count of the population beside our own."""
        self.ledger.receipt(source, expected, counted)


class Collect(Protocol):
    """The generator of a collector."""

    def __call__(self, run: Run[Any], /) -> Iterator[Record]:
        """Yield the records of one population."""


@dataclass(frozen=True, slots=True)
class Collector:
    """A header with its generator, as the registry hands it out."""

    header: Header
    collect: Collect
