"""Timelines that test a mapping: artifacts, and the states expected at instants (design sections 4 and 9).

Data come in parsed. What `qualifies` is decided by the caller's `Qualifies`, because SQL is not for the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent import coverage, forecast, freshness
from agent.errors import ConfigurationError
from agent.model import CoverageAnswer, FreshnessAnswer
from agent.vector_cases import Case, Qualifies, read


@dataclass(frozen=True, slots=True)
class Report:
    """How many expectations held and how many did not, with one line for each that did not."""

    passed: int
    failed: int
    messages: tuple[str, ...]


def run(cases: Sequence[Mapping[str, Any]], qualifies: Qualifies) -> Report:
    """Return how many states are as expected; raises `ConfigurationError` where a case cannot be read."""
    passed, messages = 0, []
    for number, raw in enumerate(cases, 1):
        case = read(raw, qualifies, number)
        for as_of, expect in case.expect:
            wrong = _differences(case, expect, as_of)
            passed += not wrong
            messages += [f"{case.name}, as of {expect['as_of']}: {'; '.join(wrong)}"] if wrong else []
    return Report(passed, len(messages), tuple(messages))


def _differences(case: Case, expect: Mapping[str, Any], as_of: datetime) -> list[str]:
    try:
        found = _found(case, expect, as_of)
    except ValueError as wrong:
        raise ConfigurationError(f"case {case.name!r}: {wrong}") from None
    unknown = sorted(set(expect) - set(found) - {"as_of"})
    if unknown:
        raise ConfigurationError(
            f"case {case.name!r}: {unknown[0]!r} cannot be expected here", advice=f"Known are {', '.join(found)}"
        )
    return [
        f"{key} is {found[key]!r}, expected {wanted!r}"
        for key, value in expect.items()
        if key != "as_of" and found[key] != (wanted := _plain(value))
    ]


def _found(case: Case, expect: Mapping[str, Any], as_of: datetime) -> dict[str, Any]:
    """Return all that can be expected at the instant; the forecast only where it is asked for."""
    given = (case.requirement, case.summaries, as_of, case.tz)
    fresh = freshness.assess(*given, case.expected, case.population)
    covered = coverage.assess(
        *given, case.audit.period, case.observed_from, case.expected, case.population, case.enabled
    )
    found = _states(fresh, covered)
    if {"held", "planned"} & set(expect):
        ahead = forecast.assess(*given, case.audit, case.schedules, case.expected, case.population, covered)
        found |= {"held": ahead.held.value, "planned": ahead.planned.value, "repair": ahead.repair}
    return found


def _states(fresh: FreshnessAnswer, covered: CoverageAnswer) -> dict[str, Any]:
    periods = [{"from": p.start, "to": p.end, "state": p.state.value} for p in covered.periods]
    found = {
        "freshness": fresh.state.value,
        "evidence_time": fresh.evidence_time,
        "stale_at": fresh.stale_at,
        "warn_at": fresh.warn_at,
        "next_change": fresh.next_change,
        "reason": fresh.reason,
        "artifact": fresh.artifact,
        "coverage": covered.state.value,
        "periods": periods,
        "gaps": [{"from": gap.start, "to": gap.end} for gap in covered.gaps],
        "coverage_next_change": covered.next_change,
    }
    return {key: _plain(value) for key, value in found.items()}


def _plain(value: Any) -> Any:
    """Return a value with every instant as RFC 3339 text in UTC, so that both sides compare."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
