"""Collectors that show the same state: each is judged, and which of them ran last changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.lake.alternatives import alternatives, together
from agent.lake.checks import run_checks
from agent.lake.judged import Population
from agent.lake.wire import pack_checks, unpack_checks
from agent.model import WORST, Conclusion
from agent.model.conclusions import Alternative, CheckResult
from tests.lake.made import Maker, check, day, requirement

OWNED = check("SELECT id, name FROM records WHERE owner IS NULL ORDER BY id")
RULE = requirement("asset", checks=(OWNED,))
RECORDS = st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=6, unique_by=lambda one: one[0])


def result(records: list[tuple[int, bool]]) -> CheckResult:
    """What a check would say of records (id, owned)."""
    rows = [{"id": f"r{number}"} for number, owned in records if not owned]
    if not records:
        return CheckResult(check="c", state=Conclusion.UNKNOWN, reason="there are no records to check")
    state = Conclusion.DEFICIENT if rows else Conclusion.NO_EXCEPTIONS
    return CheckResult(check="c", state=state, exceptions=tuple(rows), count=len(rows), records=len(records))


@given(st.dictionaries(st.sampled_from("abcd"), RECORDS, min_size=2), st.randoms())
def test_the_answer_is_the_worst_in_whatever_order(found: dict[str, list[tuple[int, bool]]], random: Any) -> None:
    apart = {name: (result(records),) for name, records in found.items()}
    mixed = list(apart)
    random.shuffle(mixed)
    (one,) = together([OWNED], apart)
    (other,) = together([OWNED], {name: apart[name] for name in mixed})
    assert (one.state, one.count, one.records) == (other.state, other.count, other.records)
    unowned = {f"r{number}" for records in found.values() for number, owned in records if not owned}
    assert {row["id"] for row in one.exceptions} == unowned
    assert one.count == len(unowned)
    assert (one.state is Conclusion.DEFICIENT) == bool(unowned)
    assert (one.state is Conclusion.UNKNOWN) == (not any(found.values()))


@given(st.dictionaries(st.sampled_from("ab"), RECORDS, min_size=2), RECORDS)
def test_one_more_collector_hides_no_exception(found: dict[str, list[tuple[int, bool]]], more: Any) -> None:
    (before,) = together([OWNED], {name: (result(records),) for name, records in found.items()})
    (after,) = together([OWNED], {name: (result(records),) for name, records in {**found, "z": more}.items()})
    assert after.count >= before.count
    if before.state is Conclusion.DEFICIENT:
        assert WORST[after.state] <= WORST[before.state]


def test_each_collector_is_judged_whichever_ran_last(maker: Maker) -> None:
    tagged = [{"id": "a", "owner": "x"}]
    every = [*tagged, {"id": "b", "name": "heap"}]
    first = maker.piece("asset", tagged, collector="x.tags", collected=day(1))
    second = maker.piece("asset", every, collector="x.all", collected=day(2))
    later = replace(first, collected_at=day(3))
    answers = [run_checks(RULE, Population("asset", pieces, day(4))) for pieces in ([first, second], [second, later])]
    assert answers[0] == answers[1]
    (found,) = answers[0]
    assert (found.state, found.count, found.records) == (Conclusion.DEFICIENT, 1, 2)
    assert found.exceptions == ({"id": "b", "name": "heap", "shown_by": ["x.all"]},)
    assert found.alternatives == (
        Alternative(collector="x.all", state=Conclusion.DEFICIENT, count=1, records=2),
        Alternative(collector="x.tags", state=Conclusion.NO_EXCEPTIONS, records=1),
    )
    assert unpack_checks(pack_checks(answers[0])) == answers[0]


def test_a_collector_that_sees_nothing_says_nothing(maker: Maker) -> None:
    empty = maker.piece("asset", [], collector="x.off")
    full = maker.piece("asset", [{"id": "a", "owner": "x"}], collector="x.all")
    (found,) = run_checks(RULE, Population("asset", [empty, full], day(1)))
    assert (found.state, found.reason) == (Conclusion.NO_EXCEPTIONS, "")
    (nothing,) = run_checks(RULE, Population("asset", [empty, replace(empty, collector="x.no")], day(1)))
    assert nothing.state is Conclusion.UNKNOWN
    assert nothing.reason == "x.no: there are no records to check; x.off: there are no records to check"


def test_what_one_cannot_tell_is_unknown_and_named(maker: Maker) -> None:
    rule = requirement("asset", checks=(check("SELECT id FROM records WHERE owner IS NULL", needs=("owner",)),))
    told = maker.piece("asset", [{"id": "a", "owner": "x"}], collector="x.all")
    mute = maker.piece("asset", [{"id": "a"}], collector="x.mute")
    (found,) = run_checks(rule, Population("asset", [told, mute], day(1)))
    assert found.state is Conclusion.UNKNOWN
    assert found.reason == "x.mute: owner is not told for 1 of 1 records"


def test_events_of_several_collectors_are_one_population(maker: Maker) -> None:
    pieces = [maker.piece("backup", [], collector=name) for name in ("x.a", "x.b")]
    population = Population("backup", pieces, day(1))
    assert alternatives(population) == {"": population}


def test_two_rows_of_one_id_stay_two(maker: Maker) -> None:
    keys = [{"id": "a", "name": "one"}, {"id": "a", "name": "two"}]
    pieces = [maker.piece("asset", keys, collector="x.a"), maker.piece("asset", keys[:1], collector="x.b")]
    (found,) = run_checks(RULE, Population("asset", pieces, day(1)))
    assert (found.count, [row["name"] for row in found.exceptions]) == (2, ["one", "two"])
