# ruff: noqa: S608 - it makes SQL of our own: names are quoted, values are literals
"""What changed between two dates: records added, removed, changed, with the columns before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from agent.lake.checks import once
from agent.lake.connection import connect, limited, literal, name, told
from agent.lake.gone import Gone
from agent.lake.pieces import Piece, beside
from agent.lake.stage import create, scratch, stage
from agent.lake.values import fetchable, rows, shape
from agent.model import KINDS

_BATCH = 2_000


class Place(NamedTuple):
    """Where a state is read; of events, which are one population of a scope, the scope alone."""

    scope: str
    boundary: str = ""
    region: str = ""
    collector: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A place with its newest artifact at each date; without one of them nothing there is compared.

    `gone` are the artifacts of either date whose records went: of a state the newest, of events all. Where one was
    known by the first date nothing is compared: what is left of that date would show its records as added.
    """

    place: Place
    before: Piece | None
    after: Piece | None
    gone: tuple[Gone, ...] = ()
    compared: bool = False

    @property
    def lost(self) -> int:
        """Return how many records went, as the seals count them."""
        return sum(one.records for one in self.gone)


@dataclass(frozen=True, slots=True)
class Known:
    """The accepted artifacts of a date: those with records, and those whose records went."""

    pieces: Sequence[Piece] = ()
    gone: Sequence[Gone] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One record that is `added`, `removed` or `changed`; `columns` name what differs, before and after."""

    what: str
    place: Place
    id: str
    columns: dict[str, tuple[Any, Any]]


class Diff:
    """The changes of one kind between two sets of accepted artifacts; it lives as long as `compare` is open."""

    def __init__(self, kind: str, places: Sequence[Compared], connection: duckdb.DuckDBPyConnection, sql: str) -> None:
        self.kind = kind
        self.places = tuple(places)
        self._connection = connection
        self._sql = sql
        self.counts: Counter[tuple[Place, str]] = Counter()
        """Changes by place and what they are, complete once `changes` was read."""

    def changes(self) -> Iterator[Change]:
        """Yield the changes in the order of places and ids; to be read once."""
        own = list(KINDS[self.kind].columns)
        with told("", "evidence"):
            answer = shape(self._connection, self._sql)
            found = self._connection.execute(fetchable(self._sql, answer))
            for batch in rows(found, answer, _BATCH):
                for row in batch:
                    change = _change(row, own)
                    self.counts[change.place, change.what] += 1
                    yield change


def _change(row: Sequence[Any], own: Sequence[str]) -> Change:
    place, (record, had, has), cells = Place(*row[:4]), row[4:7], row[7:]
    what = "changed" if had and has else "removed" if had else "added"
    pairs = zip(own, cells[: len(own)], cells[len(own) :], strict=True)
    return Change(what, place, record, {one: (before, after) for one, before, after in pairs if before != after})


def places(kind: str, before: Known, after: Known) -> list[Compared]:
    """Return every place that was read by either date, with its newest artifact at each, and what went of it."""
    event = KINDS[kind].event
    sides = [_side_of(side, event) for side in (before, after)]
    return [_compared(place, *(side.get(place, []) for side in sides))
            for place in sorted({*sides[0], *sides[1]})]


def _side_of(side: Known, event: bool) -> dict[Place, list[Piece | Gone]]:
    """Return the artifacts of each place that stand for it: all of events, of a state the newest."""
    found: dict[Place, list[Piece | Gone]] = {}
    every: list[Piece | Gone] = [*side.pieces, *side.gone]
    for one in sorted(every, key=lambda one: (one.collected_at, one.recorded_at, one.artifact)):
        place = Place(one.scope) if event else Place(one.scope, one.boundary, one.region, one.collector)
        found[place] = [*(found.get(place, ()) if event else ()), one]
    return found


def _compared(place: Place, before: Sequence[Piece | Gone], after: Sequence[Piece | Gone]) -> Compared:
    first, second = ([one for one in side if isinstance(one, Piece)] for side in (before, after))
    lost = [[one for one in side if isinstance(one, Gone)] for side in (before, after)]
    gone = {one.artifact: one for side in lost for one in side}
    whole = bool(first and second) and not lost[0]
    return Compared(place, first[-1] if first else None, second[-1] if second else None, tuple(gone.values()), whole)


@contextmanager
def compare(
    kind: str, before: Known, after: Known, room: Path | None = None, seconds: float = 300
) -> Iterator[Diff]:
    """Yield the difference of what was known by two dates; memory stays flat.

    Of a state kind the newest artifact of each place is compared, place by place; of an event kind
    all records of a scope, each id once. A place without evidence at one of the dates is named, not compared,
    and so is one whose records went since.
    """
    event, found = KINDS[kind].event, places(kind, before, after)
    both = [one for one in found if one.compared]
    chosen: list[Iterable[Piece]] = [before.pieces, after.pieces] if event else [
        [one.before for one in both if one.before], [one.after for one in both if one.after]]
    if event:  # a scope of which nothing was known by the first date is named as well
        scopes = {one.place.scope for one in both}
        chosen = [[piece for piece in side if piece.scope in scopes] for side in chosen]
    with scratch(room) as made:
        staged = [stage(kind, list(side), made, label=label)
                  for side, label in zip(chosen, ("before", "after"), strict=True)]
        kept = [made / "before.parquet", made / "after.parquet"]
        files = [file for one in staged for file in one.files]
        with connect([*files, *kept], spill=made) as connection, limited(connection, seconds):
            for one, label, file in zip(staged, ("before", "after"), kept, strict=True):
                create(connection, one, f"_{label}")
                source = once(kind, f"_{label}") if event else f"SELECT * EXCLUDE (_rank) FROM {name(f'_{label}')}"
                with told("", "evidence"):
                    connection.execute(f"COPY ({_side(kind, source)}) TO {literal(str(file))} "
                                       "(FORMAT parquet, USE_TMP_FILE false)")
            yield Diff(kind, found, connection, _sql(kind, kept))


def _side(kind: str, source: str) -> str:
    """Return SQL for one side: each record with its place."""
    named, event = beside(kind), KINDS[kind].event
    place = [f"{name(named['scope'])} AS _scope"]
    place += [("''" if event else name(named[fact])) + f" AS _{fact}" for fact in ("boundary", "region", "collector")]
    own = ", ".join(name(column) for column in KINDS[kind].columns)
    return f"SELECT {', '.join(place)}, {own} FROM ({source})"


def _sql(kind: str, kept: Sequence[Path]) -> str:
    own = list(KINDS[kind].columns)
    key = ("_scope", "_boundary", "_region", "_collector", "id")
    order = ", ".join(name(one) for one in own)
    sides = [f"(SELECT * FROM read_parquet({literal(str(file))}) "
             f"QUALIFY row_number() OVER (PARTITION BY {', '.join(key)} ORDER BY {order}) = 1)" for file in kept]
    joined = " AND ".join(f"b.{one} = a.{one}" for one in key)
    both = [*(f"coalesce(b.{one}, a.{one}) AS k{at}" for at, one in enumerate(key)),
            "b.id IS NOT NULL AS had", "a.id IS NOT NULL AS has",
            *(f"b.{name(one)} AS {name(f'before_{one}')}" for one in own),
            *(f"a.{name(one)} AS {name(f'after_{one}')}" for one in own)]
    differs = " OR ".join(f"b.{name(one)} IS DISTINCT FROM a.{name(one)}" for one in own)
    return (f"SELECT {', '.join(both)} FROM {sides[0]} b FULL JOIN {sides[1]} a ON {joined} WHERE {differs} "
            "ORDER BY k0, k1, k2, k3, k4")
