"""Random requirements, artifacts, regions and audits for the laws of the rules.

Times are whole hours of one spring, so that they collide often.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from agent.calendar import parse_duration
from agent.model import Expected, Outcome, Requirement, Subjects, Summary, Window

MORE = int(os.environ.get("ANNEXA_LAWS", "1"))
"""How many times as many examples to try."""

EPOCH = datetime(2026, 2, 20, tzinfo=UTC)
HOURS = 24 * 100
LAST = EPOCH + timedelta(hours=HOURS)
REGIONS = ("eu", "us")
COLLECTORS = ("a.one", "b.two")
SUBJECTS = ("db-1", "db-2", "db-3")
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")]
MAX_AGES = st.sampled_from(["P2D", "P10D", "P1M", "P40D"])

instants = st.integers(0, HOURS).map(lambda hours: EPOCH + timedelta(hours=hours))


def laws(examples: int) -> settings:
    """Settings of a law: no deadline, because the machine may be busy."""
    return settings(max_examples=examples * MORE, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class World:
    requirement: Requirement
    summaries: tuple[Summary, ...]
    expected: tuple[Expected, ...]
    tz: ZoneInfo

    @property
    def population(self) -> tuple[str, ...]:
        return SUBJECTS if self.requirement.subjects else ()


@st.composite
def requirements(draw: st.DrawFn, coverage: str = "latest", max_ages: Any = None) -> Requirement:
    with_subjects = draw(st.booleans()) and coverage != "continuous"
    share = draw(st.sampled_from([Fraction(1), Fraction(2, 3), Fraction(1, 3)]))
    return Requirement(
        id="r",
        title="r",
        primary=("8.13",),
        kind="backup_test",
        collectors=draw(st.sampled_from([COLLECTORS[:1], COLLECTORS])),
        basis=draw(st.sampled_from(["collected", "occurred"])),
        cadence=parse_duration(draw(st.sampled_from(["P1D", "P1W", "P1M"]))),
        max_age=parse_duration(draw(MAX_AGES if max_ages is None else max_ages)),
        warn=draw(st.sampled_from([None, parse_duration("P3D")])),
        coverage=draw(st.just(coverage)),  # type: ignore[arg-type]  # a Literal cannot be drawn
        tolerance=draw(st.sampled_from([timedelta(), timedelta(hours=5)])),
        max_silence=draw(st.sampled_from([None, timedelta(days=3)])),
        partial_allowed=draw(st.booleans()),
        subjects=Subjects(kind="asset", where="true", column="resource", share=share) if with_subjects else None,
    )


@st.composite
def summaries(draw: st.DrawFn, number: int = 0, *, endings: bool = True) -> Summary:
    collected = draw(instants)
    recorded = collected + timedelta(hours=draw(st.sampled_from([0, 0, 1, 200])))
    occurred = sorted(draw(st.lists(instants, max_size=4)))
    by_subject = {
        subject: tuple(sorted(draw(st.lists(instants, min_size=1, max_size=2))))
        for subject in draw(st.sets(st.sampled_from(SUBJECTS)))
    }
    hours = draw(st.integers(1, 24 * 20))
    ends = [(when, when + timedelta(days=draw(st.integers(1, 30)))) for when in occurred]
    return Summary(
        artifact=f"{number}",
        collector=draw(st.sampled_from(COLLECTORS)),
        scope="s",
        region=draw(st.sampled_from(REGIONS)),
        outcome=draw(st.sampled_from([Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.PARTIAL, Outcome.FAILED])),
        collected_at=collected,
        recorded_at=recorded,
        window=Window(collected - timedelta(hours=hours), collected),
        voided_at=recorded + timedelta(hours=draw(st.integers(0, 500))) if draw(st.integers(0, 3)) == 0 else None,
        source=draw(st.sampled_from(["provider", "provider", "typed"])),
        instants=tuple(occurred),
        by_subject=by_subject,
        valid_until=tuple(ends) if endings and draw(st.booleans()) else (),
    )


@st.composite
def worlds(draw: st.DrawFn, coverage: str = "latest", *, endings: bool = True, max_ages: Any = None) -> World:
    count = draw(st.integers(0, 7))
    regions = []
    if draw(st.booleans()):
        for collector in COLLECTORS:
            for region in REGIONS:
                since = draw(st.sampled_from([EPOCH - timedelta(days=1), EPOCH + timedelta(days=30)]))
                until = draw(st.sampled_from([None, None, EPOCH + timedelta(days=60)]))
                regions.append(Expected(collector=collector, region=region, since=since, until=until))
    return World(
        draw(requirements(coverage, max_ages)),
        tuple(draw(summaries(number, endings=endings)) for number in range(count)),
        tuple(regions),
        draw(st.sampled_from(ZONES)),
    )
