"""The three axes and their order from worst to best (design sections 2, 5 and 6)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

S = TypeVar("S", bound=StrEnum)


class Outcome(StrEnum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"


class Freshness(StrEnum):
    """How old the evidence is, worst first."""

    MISSING = "missing"
    STALE = "stale"
    EXPIRING = "expiring"
    FRESH = "fresh"


class Coverage(StrEnum):
    """Whether each period of the audit period has its evidence, worst first."""

    GAP = "gap"
    LATE = "late"
    DUE = "due"
    COMPLETE = "complete"


class Conclusion(StrEnum):
    """What the checks found, worst first."""

    DEFICIENT = "deficient"
    UNKNOWN = "unknown"
    NO_EXCEPTIONS = "no_exceptions"


class PeriodState(StrEnum):
    """The state of one period of an audit period (design section 5, coverage)."""

    COVERED = "covered"
    COVERED_LATE = "covered_late"
    GAP = "gap"
    UNOBSERVED = "unobserved"
    DUE = "due"
    UPCOMING = "upcoming"
    OPTIONAL = "optional"


class Axis(StrEnum):
    """What a flip is a flip of."""

    FRESHNESS = "freshness"
    COVERAGE = "coverage"
    CONCLUSION = "conclusion"


WORST: dict[StrEnum, int] = {
    state: rank for axis in (Freshness, Coverage, Conclusion) for rank, state in enumerate(axis)
}
"""The rank of each state on its axis; 0 is the worst."""


def worst(states: Iterable[S], best: S) -> S:
    """Return the worst of the states of one axis, or `best` where there is none."""
    return min(states, key=WORST.__getitem__, default=best)
