"""Controls from requirements: the worst of the primary ones, the counts, and the flips between two answers.

The three axes are never merged into one (design section 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from agent.model import Axis, Conclusion, Coverage, Freshness, worst

NOT_OWED = "not_owed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A requirement in one boundary on the three axes; `held` and `planned` where an audit lies ahead.

    `owed`: how many periods were owed so far. `excepted`: a dated, approved exception accepts what is wrong in it.
    """

    freshness: Freshness
    coverage: Coverage
    conclusion: Conclusion
    owed: int
    held: Freshness | None = None
    planned: Freshness | None = None
    excepted: bool = False

    @property
    def wrong(self) -> bool:
        """Return whether something is missing, stale, a gap or deficient in it."""
        return (
            self.freshness in {Freshness.MISSING, Freshness.STALE}
            or self.coverage is Coverage.GAP
            or self.conclusion is Conclusion.DEFICIENT
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlStanding:
    """A control on the three axes; they are None where it is `unassigned` or `not_applicable`."""

    freshness: Freshness | None = None
    coverage: Coverage | None = None
    conclusion: Conclusion | None = None
    owed: int = 0
    held: Freshness | None = None
    planned: Freshness | None = None
    unassigned: bool = False
    not_applicable: bool = False
    excepted: bool = False


def control(primary: Sequence[Standing], *, applicable: bool = True) -> ControlStanding:
    """Return the worst of a control's primary requirements over the boundaries that owe them.

    It is `excepted` where something is wrong in it and all of that is excepted; its states still show.
    """
    if not applicable:
        return ControlStanding(not_applicable=True)
    if not primary:
        return ControlStanding(unassigned=True)
    wrong = [one for one in primary if one.wrong]
    held = [one.held for one in primary if one.held is not None]
    planned = [one.planned for one in primary if one.planned is not None]
    return ControlStanding(
        freshness=worst((one.freshness for one in primary), Freshness.FRESH),
        coverage=worst((one.coverage for one in primary), Coverage.COMPLETE),
        conclusion=worst((one.conclusion for one in primary), Conclusion.NO_EXCEPTIONS),
        owed=sum(one.owed for one in primary),
        held=worst(held, Freshness.FRESH) if held else None,
        planned=worst(planned, Freshness.FRESH) if planned else None,
        excepted=bool(wrong) and all(one.excepted for one in wrong),
    )


class Counted(Protocol):
    """What `summary` counts: a `ControlStanding`, or an answer that has the same fields."""

    @property
    def freshness(self) -> Freshness | None:
        """The worst freshness."""
    @property
    def coverage(self) -> Coverage | None:
        """The worst coverage."""
    @property
    def conclusion(self) -> Conclusion | None:
        """The worst conclusion."""
    @property
    def owed(self) -> int:
        """How many periods were owed so far; 0: its coverage says nothing."""
    @property
    def unassigned(self) -> bool:
        """Whether nobody owes anything for it."""
    @property
    def not_applicable(self) -> bool:
        """Whether the SoA excludes it."""
    @property
    def excepted(self) -> bool:
        """Whether all that is wrong is excepted."""


def summary(controls: Iterable[Counted]) -> dict[str, Any]:
    """Return the counts of design section 9; a control with no axis counts only as what it is instead.

    One of which no period was owed counts under coverage as `not_owed`, and not as complete.
    """
    counts: dict[str, Any] = {
        Axis.FRESHNESS.value: {state.value: 0 for state in reversed(Freshness)},
        Axis.COVERAGE.value: {**{state.value: 0 for state in reversed(Coverage)}, NOT_OWED: 0},
        Axis.CONCLUSION.value: {state.value: 0 for state in reversed(Conclusion)},
        "unassigned": 0,
        "not_applicable": 0,
        "excepted": 0,
    }
    for one in controls:
        for axis, state in _states(one):
            if state is not None:
                empty = state is Coverage.COMPLETE and not one.owed
                counts[axis.value][NOT_OWED if empty else state.value] += 1
        for mark in ("unassigned", "not_applicable", "excepted"):
            counts[mark] += bool(getattr(one, mark))
    return counts


def _states(one: Counted | Standing) -> tuple[tuple[Axis, Freshness | Coverage | Conclusion | None], ...]:
    return (
        (Axis.FRESHNESS, one.freshness),
        (Axis.COVERAGE, one.coverage),
        (Axis.CONCLUSION, one.conclusion),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A flip without its place: which axis, from what (None: never answered before) to what, and when it changed."""

    axis: Axis
    before: str | None
    after: str
    at: datetime


def changes(before: Standing | None, after: Standing, at: datetime) -> tuple[Change, ...]:
    """Return a change for each axis on which the two answers differ; all three where there was no answer."""
    known = {} if before is None else dict(_states(before))
    return tuple(
        Change(axis=axis, before=None if known.get(axis) is None else str(known[axis]), after=str(state), at=at)
        for axis, state in _states(after)
        if state is not None and state != known.get(axis)
    )


class Answer(Protocol):
    """An answer that knows until when it holds."""

    @property
    def state(self) -> Freshness | Coverage | Conclusion:
        """What it says."""
    @property
    def next_change(self) -> datetime | None:
        """Until when; None: for ever."""


A = TypeVar("A", bound=Answer)


def history(answer_at: Callable[[datetime], A], since: datetime, until: datetime) -> Iterator[tuple[datetime, A]]:
    """Yield each answer in [since, until] with the instant from which it holds, `since` for the first."""
    instant: datetime | None = since
    while instant is not None and instant <= until:
        answer = answer_at(instant)
        yield instant, answer
        instant = answer.next_change


def flips(
    axis: Axis, before: str | None, answer_at: Callable[[datetime], Answer], since: datetime, until: datetime
) -> tuple[Change, ...]:
    """Return every change of one axis in [since, until] at its own instant, also if nobody looked then.

    `before` is the state that was last stored; None where there is none.
    """
    found = []
    for instant, answer in history(answer_at, since, until):
        if answer.state != before:
            found.append(Change(axis=axis, before=before, after=str(answer.state), at=instant))
            before = str(answer.state)
    return tuple(found)
