"""What changed between two dates: of states place by place, of events by id; against a model in plain Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.lake.diff import Known, Place, compare
from agent.lake.gone import Gone
from tests.lake.made import Maker, day, z


def changes(kind: str, before: list[Any], after: list[Any], room: Path) -> list[tuple[str, Place, str, dict[str, Any]]]:
    with compare(kind, Known(before), Known(after), room) as diff:
        return [(one.what, one.place, one.id, one.columns) for one in diff.changes()]


def test_a_state_is_compared_place_by_place(maker: Maker, tmp_path: Path) -> None:
    old = {"id": "ada", "principal": "ada", "mfa": False, "credentials": [{"type": "key", "active": True}]}
    new = old | {"mfa": True, "credentials": [{"type": "key", "active": False}]}
    place = {"boundary": "1", "region": "eu"}
    first = [maker.piece("account", [old, {"id": "gone", "mfa": True}, {"id": "same", "mfa": None}], collected=day(1), **place),
             maker.piece("account", [{"id": "ada", "mfa": True}], collected=day(1), boundary="2"),
             maker.piece("account", [{"id": "x"}], collected=day(1), boundary="3")]
    second = [*first, maker.piece("account", [new, {"id": "came"}, {"id": "same", "mfa": None}], collected=day(2), **place),
              maker.piece("account", [{"id": "first"}], collected=day(2), boundary="4")]
    with compare("account", Known(first), Known(second), tmp_path) as diff:
        found = list(diff.changes())
        here = Place("prod", "1", "eu", "x.y")
        assert [(one.what, one.place, one.id) for one in found] == [
            ("changed", here, "ada"), ("added", here, "came"), ("removed", here, "gone")]
        assert found[0].columns["mfa"] == (False, True)
        assert set(found[0].columns) == {"mfa", "credentials"}
        assert found[0].columns["credentials"][0][0]["active"] is True
        assert {what: diff.counts[here, what] for what in ("added", "removed", "changed")} == {
            "added": 1, "removed": 1, "changed": 1}
        assert [(one.place.boundary, one.before is not None, one.after is not None) for one in diff.places] == [
            ("1", True, True), ("2", True, True), ("3", True, True), ("4", False, True)]


def test_events_are_compared_by_id_across_artifacts(maker: Maker, tmp_path: Path) -> None:
    def job(name: str, outcome: str) -> dict[str, Any]:
        return {"id": name, "outcome": outcome, "occurred_at": z(day(0.5))}

    first = [maker.piece("backup_test", [job("1", "running"), job("2", "completed")], collected=day(1), region="eu")]
    second = [*first, maker.piece("backup_test", [job("1", "completed")], collected=day(2), region="us"),
              maker.piece("backup_test", [job("3", "failed")], collected=day(3), region="eu")]
    found = changes("backup_test", first, second, tmp_path)
    assert [(what, record) for what, _place, record, _columns in found] == [("changed", "1"), ("added", "3")]
    assert found[0][3] == {"outcome": ("running", "completed")}
    assert found[1][3]["occurred_at"] == (None, day(0.5))


def test_a_scope_that_is_new_is_named_and_not_compared(maker: Maker, tmp_path: Path) -> None:
    only = maker.piece("training", [{"id": "1", "occurred_at": z(day(1))}], collected=day(2))
    with compare("training", Known(), Known([only]), tmp_path) as diff:
        assert list(diff.changes()) == []
        (place,) = diff.places
        assert (place.before, place.after) == (None, only)
    assert changes("training", [], [], tmp_path) == []


def gone(at: float, records: int, **more: Any) -> Gone:
    facts: dict[str, Any] = {"scope": "prod", "collector": "x.y"} | more
    return Gone(artifact=f"sha256:gone{at}", collected_at=day(at), recorded_at=day(at), records=records, went="erased",
                at=day(9), by="Ada", reason="asked for", **facts)


def test_a_state_whose_records_were_erased_is_named_and_nothing_of_it_was_added_or_removed(
    maker: Maker, tmp_path: Path
) -> None:
    kept = maker.piece("account", [{"id": "ada"}], collected=day(1), boundary="2")
    lost, later = gone(2, 7, boundary="1"), gone(3, 8, boundary="1")
    older = maker.piece("account", [{"id": "ada"}, {"id": "bob"}], collected=day(1), boundary="1")
    new = maker.piece("account", [{"id": "ada"}, {"id": "eve"}], collected=day(10), boundary="1")
    for after, count, artifacts in ((Known([kept, older], [lost, later]), 15, [lost, later]),
                                    (Known([kept, older, new], [lost, later]), 7, [lost])):
        with compare("account", Known([kept, older], [lost]), after, tmp_path) as diff:
            assert list(diff.changes()) == []
            first, second = diff.places
            assert (first.place.boundary, first.compared, first.lost, list(first.gone)) == ("1", False, count, artifacts)
            assert (second.place.boundary, second.compared, second.gone) == ("2", True, ())
    replaced = Known([kept, new], [lost])
    with compare("account", Known([kept, older]), replaced, tmp_path) as diff:
        assert [(one.what, one.id) for one in diff.changes()] == [("removed", "bob"), ("added", "eve")]
        assert diff.places[0].compared
        assert diff.places[0].gone == ()


def test_events_whose_first_records_were_erased_are_not_called_added(maker: Maker, tmp_path: Path) -> None:
    def done(name: str, at: float) -> dict[str, Any]:
        return {"id": name, "outcome": "completed", "occurred_at": z(day(at))}

    lost = gone(1, 2)
    kept = maker.piece("training", [done("1", 1), done("2", 2)], collected=day(2))
    later = maker.piece("training", [done("3", 3)], collected=day(3))
    with compare("training", Known([kept], [lost]), Known([kept, later], [lost]), tmp_path) as diff:
        assert list(diff.changes()) == [], "the erased records may be any of these"
        (place,) = diff.places
        assert (place.compared, place.lost, place.gone) == (False, 2, (lost,))
    with compare("training", Known([kept]), Known([kept, later], [gone(2.5, 4)]), tmp_path) as diff:
        assert [(one.what, one.id) for one in diff.changes()] == [("added", "3")]
        (place,) = diff.places
        assert (place.compared, place.lost) == (True, 4)


records = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([None, True, False]), max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records, records)
def test_as_two_dictionaries_differ(maker: Maker, tmp_path: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    one, other = (maker.piece("account", [{"id": name, "mfa": mfa} for name, mfa in side.items()], collected=day(at))
                  for at, side in enumerate((old, new)))
    found = {(what, record) for what, _place, record, _columns in changes("account", [one], [one, other], tmp_path)}
    expected = {("added", name) for name in new.keys() - old.keys()} | {("removed", name) for name in old.keys() - new.keys()}
    expected |= {("changed", name) for name in old.keys() & new.keys() if old[name] != new[name]}
    assert found == expected
