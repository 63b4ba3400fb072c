"""Void, hold, release, delete under retention: what they do, what refuses them, and what a rebuild makes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest
from sqlalchemy import text

from agent.durations import duration
from agent.errors import StoreError
from agent.model import Duration
from agent.store import Access, Store
from agent.store.retention import Due, due
from tests.fixtures.store import START, Place, keep, record

YEARS: Callable[[str], Duration | None] = {"asset": duration("P1Y"), "log_event": duration("P3Y")}.get


def past(store: Store, days: int) -> Due:
    return due(store, YEARS, START + timedelta(days=days), UTC)


def test_a_hold_covers_until_it_is_released(either: Place) -> None:
    with either.open() as store:
        mine, other = keep(store, ["a"]), keep(store, ["b"], scope="test")
        record(store)
        first = store.hold(mine[:20], "the case of 2026", "Ada")
        second = store.hold(mine, "the case of 2027", "Grace")
        third = store.hold("scope:test", "a merger", "Grace")
        assert [one.name for one in (first, second, third) if one] == ["H1", "H2", "H3"]
        assert [(one.name, one.subject) for one in store.holds()] == [
            ("H1", mine), ("H2", mine), ("H3", "scope:test")]
        found = past(store, 366)
        assert (found.doomed, found.held) == ([], {mine: ("H1", "H2"), other: ("H3",)})
        with pytest.raises(StoreError, match=r"several holds on .*H1, H2"):
            store.release(mine, "", "over", "Ada")
        with pytest.raises(StoreError, match="no hold H3 on"):
            store.release(mine, "H3", "over", "Ada")
        store.release(mine, "h1", "over", "Ada")
        assert [one.name for one in store.holds(mine)] == ["H2"]
        store.release(mine, "", "over", "Grace")
        assert [one.artifacts for one in past(store, 366).doomed] == [(mine,)]
        with pytest.raises(StoreError, match="There is no hold on"):
            store.release(mine, "", "over", "Ada")
        assert store.check(deep=True) == []


@pytest.mark.parametrize("changes", [
    "voided_at = NULL", "voided_at = NULL, void_reason = '', voided_by = ''", "void_reason = 'a duplicate'",
    "voided_by = 'Grace'",
])
@pytest.mark.parametrize("deep", [False, True])
def test_a_void_that_the_catalog_undoes_is_found(place: Place, changes: str, deep: bool) -> None:
    with place.open() as store:
        mine, other = keep(store, ["a"]), keep(store, ["b"])
        record(store)
        store.void(mine, "the wrong role", "Ada")
        store.void(mine, "said twice", "Ada")
        assert store.check(deep=deep) == []
        with store._catalog.write("attack") as session:
            session.execute(text(f"UPDATE artifact SET {changes} WHERE voided_at IS NOT NULL"))
        assert [(one.kind, one.subject) for one in store.check(deep=deep)] == [("row", mine)]
        with store._catalog.write("attack") as session:
            session.execute(text("UPDATE artifact SET voided_at = recorded_at WHERE id = :id"), {"id": other})
        assert {one.subject for one in store.check(deep=deep)} == {mine, other}


def test_a_damaged_pending_row_is_a_problem_of_the_store(place: Place) -> None:
    with place.open() as store:
        keep(store, ["a"])
        for body in (b"{", b"[]", b'{"type": "artifact"}'):
            with store._catalog.write("damage") as session:
                session.execute(text("UPDATE pending SET body = :body"), {"body": body})
            assert "cannot be read" in next(one.detail for one in store.check(deep=True) if one.kind == "row")


@pytest.mark.parametrize(("reason", "by"), [("", "Ada"), ("why", " "), ("x" * 700, "Ada"), ("a\nb", "Ada")])
def test_without_a_reason_or_a_name_nothing_is_done(place: Place, reason: str, by: str) -> None:
    with place.open() as store:
        name = keep(store, ["a"])
        record(store)
        for act in (lambda: store.hold(name, reason, by), lambda: store.void(name, reason, by)):
            with pytest.raises(StoreError):
                act()
        assert store.acts() == []


def test_retention_ends_a_year_after_it_was_recorded_and_not_before(place: Place) -> None:
    with place.open() as store:
        name = keep(store, ["a"])
        kept = keep(store, ["b"], kind="document")
        record(store)
        assert past(store, 364).doomed == []
        (one,) = past(store, 365).doomed
        assert (one.artifacts, one.retention, one.since) == ((name,), "P1Y", START + timedelta(days=365))
        assert kept not in {artifact for doomed in past(store, 9999).doomed for artifact in doomed.artifacts}


def test_an_object_that_a_younger_artifact_names_stays(place: Place) -> None:
    with place.open() as store:
        keep(store, ["a"])
        record(store)
        place.now = START + timedelta(days=200)
        keep(store, ["a"], started_at=place.now)
        record(store)
        assert past(store, 366).doomed == []
        (one,) = past(store, 566).doomed
        assert len(one.artifacts) == 2


def test_a_deleted_object_is_told_and_its_leaf_stays(either: Place) -> None:
    with either.open() as store:
        gone, kept = keep(store, ["a"]), keep(store, ["b"])
        record(store)
        either.now = START + timedelta(days=400)
        row = store.artifact(gone)
        assert store.delete([(row.path, "P1Y")], "cron") == 1
        row = store.artifact(gone)
        assert (row.deleted_at, store.objects.size(row.path)) == (either.now, None)
        assert store.artifact(kept).deleted_at is None
        (act,) = store.acts("deletion")
        assert (act.subject, act.name, act.by, act.done, act.leaf) == (row.path, "P1Y", "cron", True, 2)
        assert store.check(deep=True) == []
        assert [one.id for one in store.artifacts(deleted=False)] == [kept]
        assert past(store, 400).doomed[0].artifacts == (kept,)
        # The same content again is another artifact, and its object is there.
        again = keep(store, ["a"], started_at=either.now)
        record(store)
        assert len(list(store.open_artifact(again).records())) == 1
        assert store.artifact(again).deleted_at is None
        assert store.check(deep=True) == []
        store.objects.delete(row.path)
        assert [one.subject for one in store.check(deep=False)] == [again]


def test_an_interrupted_deletion_is_finished_at_the_next_start(place: Place) -> None:
    with place.open() as store:
        name = keep(store, ["a"])
        record(store)
        path = store.artifact(name).path
        real = store.objects.delete
        store.objects.delete = lambda path: None  # type: ignore[method-assign]  # noqa: ARG005 - it refuses
        with pytest.raises(StoreError, match="cannot be deleted"):
            store.delete([(path, "P1Y")], "cron")
        store.objects.delete = real  # type: ignore[method-assign]
        assert store.objects.size(path) is not None
    with place.open() as store:
        assert store.objects.size(path) is None
        assert [one.done for one in store.acts("deletion")] == [True]


def test_a_rebuild_brings_back_what_was_done(either: Place) -> None:
    with either.open() as store:
        names = [keep(store, [one]) for one in "abcd"]
        record(store)
        store.void(names[0], "taken with the wrong role", "Ada")
        store.hold(names[1], "a case", "Ada")
        store.hold("scope:prod", "a merger", "Grace")
        store.release("scope:prod", "", "it is off", "Grace")
        store.note(access(names[1]), access(names[2], why="asked by the auditor\0"))
        either.now = START + timedelta(days=400)
        store.delete([(store.artifact(names[3]).path, "P1Y")], "cron")
        before = state(store)
    fresh = f"sqlite:///{either.data}/again.db"
    result = Store.rebuild(fresh, str(either.data / "artifacts"), data=either.data, clock=lambda: START)
    assert (result.artifacts, result.voided, result.acts, result.accesses, result.problems) == (4, 1, 4, 2, [])
    either.database = fresh
    with either.open() as store:
        assert state(store) == before
        assert store.check(deep=True) == []


def access(artifact: str, **given: str) -> Access:
    return Access(**{"at": START, "action": "view", "artifact": artifact, "who": "auditor", "host": "desk",
                     "client": "annexa evidence show", **given})  # type: ignore[arg-type]


def state(store: Store) -> list[object]:
    # How well an object was compressed is told by the object alone, and that of one is gone.
    return [[row.model_dump(exclude={"stored_size"}) for row in rows] for rows in (store.recorded(), store.acts(), store.accesses())]


def test_accesses_go_into_the_log_with_the_next_batch(either: Place) -> None:
    with either.open() as store:
        name = keep(store, ["a"])
        record(store)
    with either.open(writer=False) as reader:
        reader.note(access(name, why="sampling"))
        (row,) = reader.accesses(name)
        assert (row.leaf, row.who, row.why, row.at) == (None, "auditor", "sampling", START)
    with either.open() as store:
        store.drain()
        (row,) = store.accesses(name)
        assert row.leaf == 1
        store.drain()
        assert store.check(deep=True) == []
        with store.transaction() as session:
            row.who = "nobody"
            session.add(row)
        assert [one.subject for one in store.check(deep=True)] == ["accesses of leaf 1"]
