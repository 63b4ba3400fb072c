"""The conclusion of a requirement in a scope: what its checks found, or why nothing can be concluded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from agent.lake.desk import EndedError, OwnDesk
from agent.lake.judged import Population
from agent.model import Conclusion, Freshness, Outcome, Requirement, Window, worst
from agent.model.conclusions import CheckResult, ConclusionAnswer


def unasked(requirement: Requirement, outcomes: Iterable[str], freshness: Freshness) -> str:
    """Return why nothing can be concluded whatever the records say, or ''."""
    if not requirement.checks:
        return "the requirement has no check"
    if freshness in {Freshness.MISSING, Freshness.STALE}:
        return f"the evidence is {freshness}"
    if any(outcome != Outcome.SUCCEEDED for outcome in outcomes):
        return "the evidence is partial"
    return ""


def _reason(state: Conclusion, checks: Sequence[CheckResult]) -> str:
    if state is Conclusion.DEFICIENT:
        return "; ".join(f"{check.check}: {check.count} exceptions" for check in checks if check.count)
    return "; ".join(f"{check.check}: {check.reason}" for check in checks if check.reason)


_HERE = OwnDesk(None)
Checks = Callable[[Requirement, Population], Sequence[CheckResult]]
"""Runs every check of a requirement, as `agent.lake.checks.run_checks` does."""


def conclude(
    requirement: Requirement, population: Population, freshness: Freshness, checked: Checks = _HERE.checks,
) -> ConclusionAnswer:
    """Return the worst of the checks; unknown without checks, without fresh evidence or over a partial artifact."""
    artifacts = tuple(piece.artifact for piece in population.pieces)
    if reason := unasked(requirement, [piece.outcome for piece in population.pieces], freshness):
        return ConclusionAnswer(state=Conclusion.UNKNOWN, reason=reason, artifacts=artifacts)
    try:
        checks = tuple(checked(requirement, population))
    except EndedError as error:
        return ConclusionAnswer(state=Conclusion.UNKNOWN, reason=error.message, artifacts=artifacts)
    return of_checks(checks, artifacts)


def of_checks(checks: tuple[CheckResult, ...], artifacts: tuple[str, ...]) -> ConclusionAnswer:
    """Return the worst of what the checks found in some artifacts."""
    state = worst((check.state for check in checks), Conclusion.NO_EXCEPTIONS)
    return ConclusionAnswer(state=state, checks=checks, reason=_reason(state, checks), artifacts=artifacts)


def deficient_share(history: Sequence[tuple[datetime, Conclusion]], period: Window, as_of: datetime) -> Fraction:
    """Return how much of the period up to `as_of` was spent deficient.

    `history` is what each artifact of a state kind led to, at its `collected_at`, sorted; each holds
    until the next. Before the first, and in a period that has not begun, nothing is deficient.
    """
    end = min(as_of, period.end)
    if end <= period.start:
        return Fraction(0)
    spent = timedelta()
    for at, (since, state) in enumerate(history):
        until = history[at + 1][0] if at + 1 < len(history) else end
        if state is Conclusion.DEFICIENT:
            spent += max(min(until, end) - max(since, period.start), timedelta())
    return Fraction(spent // timedelta(microseconds=1), (end - period.start) // timedelta(microseconds=1))
