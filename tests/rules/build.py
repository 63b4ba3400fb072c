"""Short ways to write requirements, summaries and instants in tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from agent.calendar import parse_duration
from agent.model import Audit, Expected, Requirement, Summary, Window

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICK = timedelta(microseconds=1)
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """`2026-06-01` or `2026-06-01 12:30[:15]`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def requirement(max_age: str = "P10D", cadence: str = "P1D", warn: str = "", **given: Any) -> Requirement:
    return Requirement(
        id="r",
        title="A requirement",
        primary=("8.13",),
        kind=given.pop("kind", "configuration"),
        collectors=given.pop("collectors", ("a.one",)),
        cadence=parse_duration(cadence),
        max_age=parse_duration(max_age),
        warn=parse_duration(warn) if warn else None,
        **given,
    )


def summary(collected: str, artifact: str = "", **given: Any) -> Summary:
    collected_at = at(collected)
    return Summary(
        artifact=artifact or collected,
        collector=given.pop("collector", "a.one"),
        scope="s",
        collected_at=collected_at,
        recorded_at=at(given.pop("recorded", collected)),
        voided_at=at(given.pop("voided")) if "voided" in given else None,
        instants=tuple(at(text) for text in given.pop("instants", ())),
        by_subject={key: tuple(map(at, times)) for key, times in given.pop("by_subject", {}).items()},
        valid_until=tuple((at(a), at(b)) for a, b in given.pop("valid_until", ())),
        window=window(*given.pop("window")) if "window" in given else None,
        **given,
    )


def window(start: str, end: str) -> Window:
    return Window(at(start), at(end))


def expected(region: str, since: str = "2020-01-01", until: str = "", collector: str = "a.one") -> Expected:
    return Expected(collector=collector, region=region, since=at(since), until=at(until) if until else None)


def audit(starts: str = "2026-12-07", end: str = "2026-12-10", start: str = "2025-12-01") -> Audit:
    return Audit(name="a", kind="surveillance", starts=at(starts), end=at(end), period=window(start, starts))
