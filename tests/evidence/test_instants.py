"""Thinning leaves every silence that a requirement can measure exactly as it was."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.evidence.instants import GRAIN, thin, thinned, wanted
from agent.lake.summary import Instants
from agent.model import Duration, Requirement, Subjects

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = Duration(exact=timedelta(days=1), text="P1D")
offsets = st.lists(st.integers(0, 40 * 3600), max_size=60).map(sorted)


def requirement(**given_: object) -> Requirement:
    return Requirement(**{  # type: ignore[arg-type]  # plain words in a test
        "id": "r", "title": "r", "primary": ("8.15",), "kind": "log_event", "cadence": DAY, "max_age": DAY, **given_,
    })


def silences(instants: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    return [(one, after) for one, after in pairwise(instants) if after - one > GRAIN]


@given(offsets)
def test_silences_longer_than_a_grain_stay_and_so_do_the_ends(seconds: list[int]) -> None:
    whole = tuple(START + timedelta(seconds=second) for second in seconds)
    thinner = thin(Instants(whole)).instants
    assert silences(thinner) == silences(whole)
    assert set(thinner) <= set(whole)
    assert (thinner[:1], thinner[-1:]) == (whole[:1], whole[-1:])


def test_a_busy_hour_keeps_two_instants() -> None:
    whole = tuple(START + timedelta(seconds=second) for second in range(3600))
    assert thin(Instants(whole)).instants == (whole[0], whole[-1])


def test_only_silence_is_thinned_and_only_a_long_one() -> None:
    long, short = timedelta(days=2), timedelta(minutes=90)
    assert thinned(requirement(basis="collected", max_silence=long))
    assert not thinned(requirement(basis="collected", max_silence=short))
    assert not thinned(requirement(basis="occurred", max_silence=long)), "the newest instant counts there"
    subjects = Subjects(kind="asset", where="", column="target")
    assert not thinned(requirement(basis="collected", max_silence=long, subjects=subjects))


def test_a_state_needs_no_instants() -> None:
    assert not wanted(requirement(basis="collected"))
    assert wanted(requirement(basis="occurred"))
    assert wanted(requirement(basis="collected", max_silence=timedelta(days=2)))
