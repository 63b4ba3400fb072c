# ruff: noqa: S608 - it makes SQL: what persons wrote has passed the gate, names are quoted, values bound
"""The population that a sample is drawn from: filtered, each id of a scope once, in the order of record digests."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import orjson

from agent.errors import ConfigurationError, StoreError
from agent.jcs import canonical
from agent.lake import checks
from agent.lake.connection import connect, limited, literal, name, told
from agent.lake.gate import passed
from agent.lake.merge import blocks
from agent.lake.pieces import Piece, beside, columns
from agent.lake.stage import facts, scratch
from agent.model import KINDS, Window
from agent.sampling import population_root

_BATCH = 10_000
_INNER = frozenset({"id", "occurred_at", "state"})
"""The columns that the order and the period of a population need, where no SQL asks for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a population is made of: artifacts of one kind, a period of events, a filter, a column of strata."""

    kind: str
    pieces: Sequence[Piece]
    period: Window
    as_of: datetime
    where: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One record of a population: its digest, and where it lies (line counts from 1)."""

    digest: str
    id: str
    scope: str
    artifact: str
    line: int
    stratum: str


class Population:
    """A population that was gathered; it lives as long as `gather` is open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, file: Path, pieces: Sequence[Piece], read: int) -> None:
        self._connection = connection
        self._from = f"FROM read_parquet({literal(str(file))})"
        self._pieces = pieces
        self.read = read

    @cached_property
    def strata(self) -> dict[str, int]:
        """Return how many records each stratum has, by name."""
        rows = self._connection.execute(f"SELECT stratum, count(*) {self._from} GROUP BY ALL ORDER BY ALL")
        return dict(rows.fetchall())

    @property
    def size(self) -> int:
        """Return how many records there are."""
        return sum(self.strata.values())

    @cached_property
    def root(self) -> bytes:
        """Return the RFC 6962 root over the record digests in order."""
        return population_root(self.digests())

    def digests(self, stratum: str | None = None) -> Iterator[bytes]:
        """Yield the record digests in order, of all records or of a stratum."""
        where, bound = ("WHERE stratum = $1", [stratum]) if stratum is not None else ("", [])
        found = self._connection.execute(f"SELECT digest {self._from} {where} ORDER BY digest", bound)
        while batch := found.fetchmany(_BATCH):
            for (digest,) in batch:
                yield digest

    def select(self, seed: str, size: int, stratum: str | None = None) -> list[bytes]:
        """Return what `agent.sampling.select` returns of these digests, worked out by the database."""
        where, bound = ("WHERE stratum = $3", [stratum]) if stratum is not None else ("", [])
        rows = self._connection.execute(
            f"SELECT digest {self._from} {where} "
            "ORDER BY sha256($1::BLOB || encode(lower(hex(digest)))), digest LIMIT $2::BIGINT",
            [seed.encode() + b"\n", size, *bound],
        )
        return [row[0] for row in rows.fetchall()]

    def items(self, digests: Sequence[bytes]) -> list[Item]:
        """Return the records of the digests, in their order; of equal records of several scopes the first ones."""
        return list(self._items("digest", digests))

    def named(self, ids: Sequence[str]) -> list[Item]:
        """Return the records of the ids, those of every scope; raises `ConfigurationError` where one is not there."""
        found = list(self._items("id", ids))
        if lacking := sorted(set(ids) - {item.id for item in found}):
            raise ConfigurationError(f"the population has no record {lacking[0]!r}", advice="Name ids that it has")
        return found

    def _items(self, column: str, wanted: Sequence[Any]) -> Iterator[Item]:
        kind = "BLOB" if column == "digest" else "VARCHAR"
        rows = self._connection.execute(
            f'SELECT {column}, digest, id, scope, "at", line, stratum {self._from} '
            f"WHERE {column} IN (SELECT unnest($1::{kind}[])) ORDER BY scope, id", [list(wanted)],
        ).fetchall()
        held: dict[Any, list[Item]] = {}
        for key, digest, own, scope, at, line, stratum in rows:
            item = Item(digest.hex(), own, scope, self._pieces[at].artifact, line, stratum)
            held.setdefault(key, []).append(item)
        for key in dict.fromkeys(wanted) if column == "id" else wanted:
            if column == "id":
                yield from held.get(key, [])
            else:
                yield held[key].pop(0)

    def lines(self) -> Iterator[bytes]:
        """Yield the canonical JSON of each record, in the order of the artifacts; each object is proven again."""
        found = self._connection.execute(f'SELECT "at", line {self._from} ORDER BY "at", line')
        places = (row for batch in iter(lambda: found.fetchmany(_BATCH), []) for row in batch)
        at, line = next(places, (-1, -1))
        for place, piece in enumerate(self._pieces):
            if place != at:
                continue
            for number, text in enumerate(_lines(piece), 1):
                if (place, number) == (at, line):
                    yield canonical(orjson.loads(text)["record"])
                    at, line = next(places, (-1, -1))


def records(piece: Piece, lines: Collection[int]) -> dict[int, Any]:
    """Return the `{"record": …, "raw": …}` of some lines of an artifact by their numbers; the object is proven."""
    return {number: orjson.loads(text) for number, text in enumerate(_lines(piece), 1) if number in lines}


def _lines(piece: Piece) -> Iterator[bytes]:
    for block in blocks(piece):
        yield from block[:-1].split(b"\n")


@contextmanager
def gather(wanted: Wanted, room: Path | None = None, seconds: float = 3600) -> Iterator[Population]:
    """Yield the population; memory stays flat, what is sorted goes to a scratch file.

    Filtered first, then of each id of a scope the record collected last, then ordered by digest.
    """
    pieces = sorted(wanted.pieces, key=lambda p: (p.collected_at, p.recorded_at, p.artifact))
    if wanted.by and wanted.by not in columns(wanted.kind):
        raise ConfigurationError(f"{wanted.kind} has no column {wanted.by!r}",
                                 advice=f"There are {', '.join(columns(wanted.kind))}")
    with scratch(room) as made:
        digested, ordered = made / "digested.ndjson", made / "ordered.parquet"
        own = _columns(wanted)
        read = _digest(pieces, digested, None if wanted.where or wanted.by else tuple(own))
        with connect([digested, ordered], "256MB", 2, spill=made) as connection, limited(connection, seconds):
            _view(connection, wanted, own, pieces, digested)
            _order(connection, wanted, ordered)
            digested.unlink()
            yield Population(connection, ordered, pieces, read)


def _columns(wanted: Wanted) -> dict[str, str]:
    """Return the columns of the kind that are read: all where SQL may ask for any."""
    known = KINDS[wanted.kind].columns
    return known if wanted.where or wanted.by else {one: sql for one, sql in known.items() if one in _INNER}


def _digest(pieces: Sequence[Piece], target: Path, kept: tuple[str, ...] | None) -> int:
    """Write each record with its digest and place, whole or with the kept columns; returns how many."""
    total, sha256, loads, dumps = 0, hashlib.sha256, orjson.loads, orjson.dumps
    try:
        with target.open("wb", buffering=1 << 20) as out:
            for at, piece in enumerate(pieces):
                line = 0
                for line, text in enumerate(_lines(piece), 1):
                    record = loads(text)["record"]
                    data = canonical(record)
                    digest = sha256(data).hexdigest().encode()
                    body = data if kept is None else dumps({column: record.get(column) for column in kept})
                    out.write(b'{"_digest":"%b","_at":%d,"_line":%d,"record":%b}\n' % (digest, at, line, body))
                total += line
    except OSError as error:
        raise StoreError(f"no room to read evidence in {target.parent}: {error.strerror}") from error
    return total


def _view(
    connection: duckdb.DuckDBPyConnection, wanted: Wanted, own: Iterable[str], pieces: Sequence[Piece], file: Path
) -> None:
    """Create the view `records`: the columns of the kind, the facts of the artifact, digest and place."""
    facts(connection, "_facts", pieces)
    fields = ", ".join(f"{name(column)} {KINDS[wanted.kind].columns[column]}" for column in own)
    shape = f"_digest: 'VARCHAR', _at: 'INTEGER', _line: 'BIGINT', record: 'STRUCT({fields})'"
    aside = ", ".join(f"f.{fact} AS {name(alias)}" for fact, alias in beside(wanted.kind).items())
    with told("", "evidence"):
        connection.execute(
            f"CREATE VIEW records AS SELECT record.*, {aside}, unhex(_digest) AS _digest, _at, _line "
            f"FROM read_json({literal(str(file))}, format = 'newline_delimited', columns = {{{shape}}}) r "
            "JOIN _facts f ON f.at = r._at"
        )


def _order(connection: duckdb.DuckDBPyConnection, wanted: Wanted, target: Path) -> None:
    where, bound = "true", {}
    if wanted.where:
        where = f"(\n{wanted.where.strip()}\n)"
        asked = passed(connection, f"SELECT 1 FROM records WHERE {where}", ["records"], file="--where")
        if asked.parameters - {"as_of"}:
            raise ConfigurationError("--where names parameters that there are not", advice="The only one is $as_of")
        bound = {"as_of": wanted.as_of} if asked.parameters else {}
    event = KINDS[wanted.kind].event
    span = checks.inside(checks.Population(wanted.kind, (), wanted.as_of, wanted.period))
    scope = name(beside(wanted.kind)["scope"])
    stratum = f"coalesce({name(wanted.by)}::VARCHAR, '')" if wanted.by else "''"
    newest = f"_at DESC, {'occurred_at DESC NULLS LAST, ' if event else ''}_line DESC"
    with told(wanted.where, "--where"):
        connection.execute(
            f"COPY (SELECT _digest AS digest, id, {scope} AS scope, _at AS \"at\", _line AS line, {stratum} AS stratum "
            f"FROM records WHERE {span} AND {where} "
            f"QUALIFY row_number() OVER (PARTITION BY {scope}, id ORDER BY {newest}) = 1 ORDER BY _digest) "
            f"TO {literal(str(target))} (FORMAT parquet, USE_TMP_FILE false)", bound,
        )
