"""A mapping-test case, already parsed from its file, as values of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.calendar import end_of_day, midnight, parse_duration
from agent.errors import ConfigurationError
from agent.model import Audit, Expected, Outcome, Requirement, Schedule, Subjects, Summary, Window

Records = Sequence[Mapping[str, Any]]
Qualifies = Callable[[str, str, Records], Sequence[bool]]
"""Evidence kind, the SQL of `qualifies`, records -> whether each record qualifies."""

_ADVICE = "A case has name, timezone, requirement, scope, audit, artifacts and expect, each instant with its zone"


@dataclass(frozen=True, slots=True)
class Case:
    """A timeline as values of the model."""

    name: str
    tz: ZoneInfo
    requirement: Requirement
    summaries: tuple[Summary, ...]
    audit: Audit
    schedules: tuple[Schedule, ...]
    observed_from: datetime | None
    expected: tuple[Expected, ...]
    population: frozenset[str]
    enabled: tuple[Window, ...] | None
    expect: tuple[tuple[datetime, Mapping[str, Any]], ...]


def read(raw: Mapping[str, Any], qualifies: Qualifies, number: int) -> Case:
    """Return the case as values; raises `ConfigurationError` where it cannot be read."""
    name = f"number {number}"
    try:
        name = raw.get("name", name)
        tz = ZoneInfo(raw["timezone"])
        requirement = _requirement(raw["requirement"])
        return Case(
            name=name,
            tz=tz,
            requirement=requirement,
            summaries=tuple(_summary(requirement, raw["scope"], one, qualifies) for one in raw["artifacts"]),
            audit=_audit(raw["audit"], tz),
            schedules=_schedules(raw["requirement"].get("schedule")),
            observed_from=_maybe(raw.get("observed_from")),
            expected=tuple(_expected(one, requirement) for one in raw.get("expected", ())),
            population=frozenset(raw.get("population", ())),
            enabled=None if "enabled" not in raw else tuple(_window(one) for one in raw["enabled"]),
            expect=tuple((instant(one["as_of"]), one) for one in raw["expect"]),
        )
    except KeyError as lacking:
        raise ConfigurationError(f"case {name!r}: {lacking} is missing", advice=_ADVICE) from None
    except (ValueError, TypeError, AttributeError, ZoneInfoNotFoundError) as wrong:
        raise ConfigurationError(f"case {name!r}: {wrong}", advice=_ADVICE) from None


def _requirement(raw: Mapping[str, Any]) -> Requirement:
    cadence = parse_duration(raw["cadence"])
    return Requirement(
        id=raw["id"],
        title=raw["title"],
        primary=tuple(raw["controls"]["primary"]),
        kind=raw["kind"],
        collectors=tuple(raw["collectors"]),
        basis=raw["basis"],
        qualifies=raw.get("qualifies", ""),
        cadence=cadence,
        max_age=parse_duration(raw["max_age"]),
        warn=parse_duration(raw["warn"]) if "warn" in raw else None,
        coverage=raw["coverage"],
        tolerance=parse_duration(raw["tolerance"]).exact if "tolerance" in raw else timedelta(),
        max_silence=parse_duration(raw["max_silence"]).exact if "max_silence" in raw else None,
        partial_allowed=raw.get("accept_partial", False),
        subjects=_subjects(raw.get("subjects")),
    )


def _subjects(raw: Mapping[str, Any] | None) -> Subjects | None:
    if raw is None:
        return None
    share = Fraction(str(raw.get("share", 1)))
    return Subjects(kind=raw["kind"], where=raw["where"], column=raw["column"], share=share)


def _summary(requirement: Requirement, scope: str, raw: Mapping[str, Any], qualifies: Qualifies) -> Summary:
    records = raw.get("records", [])
    kept = zip(records, qualifies(requirement.kind, requirement.qualifies, records), strict=True) if records else ()
    events = [record for record, good in kept if good and record.get("occurred_at")]
    column = requirement.subjects.column if requirement.subjects else ""
    subjects: dict[str, list[datetime]] = {}
    for event in events:
        if event.get(column) is not None:
            subjects.setdefault(event[column], []).append(instant(event["occurred_at"]))
    ends = [(instant(e["occurred_at"]), instant(e["valid_until"])) for e in events if e.get("valid_until")]
    return Summary(
        artifact=raw["id"],
        collector=raw.get("collector", requirement.collectors[0]),
        scope=scope,
        region=raw.get("region", ""),
        outcome=Outcome(raw["outcome"]),
        collected_at=instant(raw["collected_at"]),
        recorded_at=instant(raw.get("recorded_at", raw["collected_at"])),
        window=_window(raw["window"]) if raw.get("window") else None,
        voided_at=_maybe(raw.get("voided_at")),
        source=raw.get("source", "provider"),
        instants=tuple(sorted(instant(event["occurred_at"]) for event in events)),
        by_subject={subject: tuple(sorted(times)) for subject, times in subjects.items()},
        valid_until=tuple(sorted(ends)),
    )


def _audit(raw: Mapping[str, Any], tz: ZoneInfo) -> Audit:
    period = Window(midnight(_day(raw["period"]["from"]), tz), midnight(_day(raw["period"]["to"]), tz))
    return Audit(
        name="audit",
        kind=raw.get("kind", "surveillance"),
        starts=midnight(_day(raw["starts"]), tz),
        end=end_of_day(_day(raw["ends"]), tz),
        period=period,
    )


def _schedules(raw: Mapping[str, Any] | None) -> tuple[Schedule, ...]:
    if raw is None:
        return ()
    every = parse_duration(raw["every"])
    if every.months:
        raise ValueError(f"a schedule of {every.text} has no fixed interval: write it in days")
    return (Schedule(every=every.exact, performs=raw.get("performs", False), healthy=raw.get("healthy", True)),)


def _expected(raw: Mapping[str, Any], requirement: Requirement) -> Expected:
    return Expected(
        collector=raw.get("collector", requirement.collectors[0]),
        region=raw["region"],
        since=instant(raw["since"]),
        until=_maybe(raw.get("until")),
    )


def _window(raw: Mapping[str, Any]) -> Window:
    return Window(instant(raw["from"]), instant(raw["to"]))


def _day(value: str | date) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _maybe(value: str | datetime | None) -> datetime | None:
    return None if value is None else instant(value)


def instant(value: str | datetime) -> datetime:
    """Return the instant; raises `ValueError` where it does not say its zone."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    if found.tzinfo is None:
        raise ValueError(f"{value} has no time zone: write 2026-12-07T00:00:00Z")
    return found.astimezone(UTC)
