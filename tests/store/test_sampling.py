"""Steps of sampling in the log: numbered, below 1 KiB, rebuilt, and found out where they were changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from agent.errors import StoreError
from agent.seal import SamplingEntry, read_entry
from agent.store import Store
from agent.store.tables import Leaf
from tests.fixtures.store import Place, keep, record

ROOT = "ab" * 32


def steps(store: Store) -> None:
    """Keep two populations, a draw, and a result that was changed once."""
    keep(store, ["a"])
    store.keep_step("population", {"root": ROOT, "size": 1}, {"root": ROOT, "of": 1})
    store.keep_step("population", {"root": ROOT, "size": 1}, {"root": ROOT, "of": 2})
    store.keep_step("draw", {"population": "P2", "seed": "x"}, {"population": "P2", "seed": "x"})
    for at, result in enumerate(("deviation", "pass")):
        store.keep_step("result", {"sample": "S1", "item": ROOT, "result": result}, {"result": result, "before": at})


def told(store: Store) -> list[dict[str, Any]]:
    return [row.model_dump() for row in store.sampled()]


def test_steps_are_numbered_leaves(either: Place) -> None:
    with either.open() as store:
        steps(store)
        rows = store.sampled()
        assert [(row.step, row.name) for row in rows] == [
            ("population", "P1"), ("population", "P2"), ("draw", "S1"), ("result", "S1"), ("result", "S1")]
        assert [json.loads(row.body).get("result") for row in store.sampled(name="S1", step="result")] == [
            "deviation", "pass"]
        with store.reading() as session:
            leaf = session.get(Leaf, rows[2].leaf)
        assert leaf is not None
        entry = read_entry(leaf.entry)
        assert isinstance(entry, SamplingEntry)
        assert entry.facts == {"population": "P2", "seed": "x"}
        assert entry.write() == leaf.entry
        assert store.check(deep=True) == []
        assert len(store.artifacts()) == 1
    with either.open(writer=False) as store:
        assert len(store.sampled(step="population")) == 2


def test_steps_alone_are_published_and_do_not_hide_runs(place: Place) -> None:
    with place.open() as store:
        store.keep_step("population", {"root": ROOT, "size": 1}, {"of": 1})
        assert place.file("log/checkpoint").read_text().splitlines()[1] == "1"
        keep(store, ["a"])
        assert len(record(store)) == 1


def test_the_largest_facts_fit(place: Place) -> None:
    with place.open() as store:
        room = 1023 - 320 - len('{"seed":""}')
        store.keep_step("population", {"seed": "x" * room}, {"of": 1})
        with store.reading() as session:
            leaf = session.get(Leaf, 0)
        assert leaf is not None
        assert len(leaf.entry) <= 1023
        with pytest.raises(StoreError, match="too long"):
            store.keep_step("population", {"seed": "x" * (room + 1)}, {"of": 2})
        assert len(store.sampled()) == 1


def test_rebuilt_from_the_log(place: Place) -> None:
    with place.open() as store:
        steps(store)
        before = told(store)
    for file in place.data.glob("annexa.db*"):
        file.unlink()
    made = Store.rebuild(place.database, str(place.data / "artifacts"), data=place.data, clock=lambda: place.now)
    assert (made.artifacts, made.sampled, made.problems) == (1, 5, [])
    with place.open() as store:
        assert told(store) == before
        assert store.keep_step("draw", {"population": "P1"}, {"population": "P1"}).name == "S2"
        assert store.check(deep=True) == []


def test_a_lost_document_is_named(place: Place) -> None:
    with place.open() as store:
        steps(store)
        lost = store.sampled()[0]
        store.objects.delete(f"samples/{lost.document[:2]}/{lost.document}.json")
        assert [one.subject for one in store.check(deep=False)] == ["population P1"]
    for file in place.data.glob("annexa.db*"):
        file.unlink()
    made = Store.rebuild(place.database, str(place.data / "artifacts"), data=place.data, clock=lambda: place.now)
    assert made.sampled == 4
    assert "population P1" in made.problems[0]


@pytest.mark.parametrize(("column", "value"), [
    ("name", "P9"), ("document", "0" * 64), ("body", b"{}"), ("step", "draw"), ("recorded_at", 1)])
def test_an_edited_row_is_found(place: Place, column: str, value: Any) -> None:
    with place.open() as store:
        steps(store)
        with store.transaction() as session:
            session.connection().execute(text(f"UPDATE sampling SET {column} = :v WHERE leaf = 1"), {"v": value})
        assert [one.kind for one in store.check(deep=False)] == ["row"]


def test_a_removed_row_is_found_and_its_name_is_not_given_again(either: Place) -> None:
    with either.open() as store:
        steps(store)
        with store.transaction() as session:
            session.connection().execute(text("DELETE FROM sampling WHERE step = 'draw'"))
        assert [(one.kind, one.subject) for one in store.check(deep=False)] == [("row", "draw S1")]
        assert store.keep_step("draw", {"population": "P1"}, {"population": "P1"}).name == "S2"
        assert store.keep_step("draw", {"population": "P2"}, {"population": "P2"}).name == "S3"


def test_an_added_row_is_found(place: Place) -> None:
    with place.open() as store:
        steps(store)
        with store.transaction() as session:
            session.connection().execute(text(
                "INSERT INTO sampling SELECT leaf + 90, step, 'S9', document, body, recorded_at FROM sampling "
                "WHERE step = 'draw'"))
        assert [(one.kind, one.subject) for one in store.check(deep=False)] == [("row", "draw S9")]
