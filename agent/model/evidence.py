"""What the rules need to know of an artifact, an audit and a schedule, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from agent.model.states import Coverage, Freshness, Outcome, PeriodState
from agent.model.work import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One artifact as one requirement sees it.

    `instants` are the sorted `occurred_at` of all qualifying records (of none for a state kind);
    `by_subject` the same per subject where the requirement names subjects. `valid_until` pairs
    each document's instant with its own end, where it has one.
    """

    artifact: str
    collector: str
    scope: str
    boundary: str = ""
    region: str = ""
    outcome: Outcome = Outcome.SUCCEEDED
    collected_at: datetime
    recorded_at: datetime
    window: Window | None = None
    voided_at: datetime | None = None
    source: str = "provider"
    instants: Sequence[datetime] = ()
    by_subject: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    valid_until: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A region of a collector that was in force from `since` until `until`; one never read is missing."""

    collector: str
    region: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """An enabled schedule; `performs`: it makes the event happen; `healthy`: its last due run was accepted."""

    every: timedelta
    performs: bool = False
    healthy: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """An audit: `starts` and `ends` bound its days, `end` is the end of its last day; `period` is its audit period."""

    name: str
    kind: str
    starts: datetime
    end: datetime
    period: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessAnswer:
    """Freshness at one instant, and the instant at which this answer next changes (None: never by time alone)."""

    state: Freshness
    evidence_time: datetime | None = None
    stale_at: datetime | None = None
    warn_at: datetime | None = None
    next_change: datetime | None = None
    artifact: str = ""
    collector: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """One period [start, end) of an audit period with its state."""

    start: datetime
    end: datetime
    state: PeriodState


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageAnswer:
    """Coverage of an audit period at one instant; `gaps` are the holes of a continuous requirement.

    `owed` counts the periods that were owed so far (of a continuous requirement: 1 once anything of the audit period
    was read or is lacking). Where it is 0 the state is `complete` for want of anything to miss (ADR 11).
    """

    state: Coverage
    owed: int = 0
    periods: tuple[Period, ...] = ()
    gaps: tuple[Window, ...] = ()
    last_chance: tuple[Period, ...] = ()
    next_change: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a person has to do: `by` begins the last local day for it, before `not_before` it would be too early.

    `by` is None where there is no last day.
    """

    kind: Literal["do", "repair", "explain"]
    """Do the thing; repair the collector, so that the thing need not be done; explain what cannot be repaired."""
    why: str
    by: datetime | None = None
    not_before: datetime | None = None
    period: Window | None = None
    """The period or hole that it is about; None: freshness on audit day."""
    periods: int = 1
    """How many periods in a row `period` holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastAnswer:
    """Freshness at the end of the audit's last day: if nothing more is collected, and if all goes as scheduled.

    `by`, `not_before`, `why` and `repair` are those of the first of the `actions`.
    """

    held: Freshness
    planned: Freshness
    by: datetime | None = None
    not_before: datetime | None = None
    why: str = ""
    repair: bool = False
    """The action is to repair a collector, not to do the thing."""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate: `kind` is initial or recertification; `decided` and `expires` are local dates, both included."""

    kind: Literal["initial", "recertification"]
    decided: date
    expires: date
