# ruff: noqa: S608 - it makes SQL: what persons wrote has passed the gate, names are quoted, values bound
"""What assess needs of one artifact: when its qualifying records happened (design section 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import zstandard

from agent.canonical import document, loads
from agent.lake.connection import limited, name, told
from agent.lake.gate import passed
from agent.lake.pieces import Piece
from agent.lake.stage import opened
from agent.model import KINDS, Requirement, Subjects

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Instants:
    """The instants of one artifact for one `qualifies`, as `agent.model.Summary` has them."""

    instants: tuple[datetime, ...] = ()
    by_subject: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    valid_until: tuple[tuple[datetime, datetime], ...] = ()


def encode(found: Instants) -> bytes:
    """Return the instants as bytes to keep: JSON of microseconds since 1970, compressed."""
    return zstandard.compress(document({
        "instants": [_microseconds(at) for at in found.instants],
        "by_subject": {who: [_microseconds(at) for at in ats] for who, ats in found.by_subject.items()},
        "valid_until": [[_microseconds(at), _microseconds(end)] for at, end in found.valid_until],
    }))


def decode(body: bytes) -> Instants:
    """Return what `encode` kept."""
    held = loads(zstandard.decompress(body))
    return Instants(
        tuple(map(instant, held["instants"])),
        {who: tuple(map(instant, ats)) for who, ats in held["by_subject"].items()},
        tuple((instant(at), instant(end)) for at, end in held["valid_until"]),
    )


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def instant(microseconds: int) -> datetime:
    """Return the instant so many microseconds after 1970 in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def qualifies_hash(requirement: Requirement) -> str:
    """Return the SHA-256 in hex of all that decides a summary: kind, `qualifies` and the column of the subjects."""
    subjects = requirement.subjects
    return hashlib.sha256(document({
        "kind": requirement.kind, "qualifies": requirement.qualifies.strip(),
        "column": subjects.column if subjects else "",
    })).hexdigest()


def needs_scan(requirement: Requirement) -> bool:
    """Return whether records must be read at all: a state without subjects is told by its artifact alone."""
    return KINDS[requirement.kind].event or requirement.subjects is not None


def _rows(piece: Piece, sql: str, qualifies: str, room: Path | None, seconds: float) -> Iterator[tuple[Any, ...]]:
    with opened(piece.kind, [piece], room) as connection, limited(connection, seconds):
        question = passed(connection, sql, ["records"], file="qualifies")
        with told(qualifies, "qualifies"):
            result = connection.execute(question.sql)
            while rows := result.fetchmany(_BATCH):
                yield from rows


def _where(requirement: Requirement) -> str:
    return f"(\n{requirement.qualifies.strip() or 'true'}\n)"


def _subjects_of_state(piece: Piece, requirement: Requirement, column: str, room: Path | None, seconds: float
                       ) -> Instants:
    where = f"{_where(requirement)} AND {column} IS NOT NULL"
    sql = f"SELECT DISTINCT {column}::VARCHAR FROM records WHERE {where} ORDER BY 1"
    rows = _rows(piece, sql, requirement.qualifies, room, seconds)
    return Instants(by_subject={str(row[0]): (piece.collected_at,) for row in rows})


def summarise(piece: Piece, requirement: Requirement, *, room: Path | None = None, seconds: float = 300) -> Instants:
    """Return the instants of the artifact's qualifying records, sorted, to the microsecond.

    A record without `occurred_at` has no instant. For a state kind each subject has the instant of collection.
    """
    if not needs_scan(requirement):
        return Instants()
    subject = name(requirement.subjects.column) if requirement.subjects else ""
    if not KINDS[requirement.kind].event:
        return _subjects_of_state(piece, requirement, subject, room, seconds)
    until = "epoch_us(valid_until)" if "valid_until" in KINDS[requirement.kind].columns else "NULL"
    columns = f"epoch_us(occurred_at), {f'{subject}::VARCHAR' if subject else 'NULL'}, {until}"
    where = f"{_where(requirement)} AND occurred_at IS NOT NULL"
    sql = f"SELECT {columns} FROM records WHERE {where} ORDER BY 1, 2, 3"
    instants: list[datetime] = []
    subjects: dict[str, list[datetime]] = {}
    ends: list[tuple[datetime, datetime]] = []
    for at, who, end in _rows(piece, sql, requirement.qualifies, room, seconds):
        moment = instant(at)
        instants.append(moment)
        if who is not None:
            subjects.setdefault(who, []).append(moment)
        if end is not None:
            ends.append((moment, instant(end)))
    return Instants(tuple(instants), {who: tuple(found) for who, found in subjects.items()}, tuple(ends))


def population(pieces: Sequence[Piece], subjects: Subjects, *, room: Path | None = None, seconds: float = 300
               ) -> tuple[str, ...]:
    """Return the sorted ids of the records that `subjects` chooses in the given artifacts of its kind."""
    where = subjects.where.strip() or "true"
    sql = f"SELECT DISTINCT id FROM records WHERE (\n{where}\n) ORDER BY 1"
    with opened(subjects.kind, pieces, room) as connection, limited(connection, seconds):
        question = passed(connection, sql, ["records"], file="subjects")
        with told(where, "subjects"):
            return tuple(row[0] for row in connection.execute(question.sql).fetchall())
