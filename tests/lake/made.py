"""Artifacts made of plain dicts; nothing of `agent.lake` is used to make them but `Piece`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import zstandard

from agent.lake.pieces import Piece
from agent.model import Check, Duration, Outcome, Requirement, Subjects

T0 = datetime(2026, 1, 1, tzinfo=UTC)
QUARTER = Duration(months=3, text="P3M")


def day(number: float) -> datetime:
    return T0 + timedelta(days=number)


def z(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def requirement(kind: str, **more: Any) -> Requirement:
    given: dict[str, Any] = {"id": "r", "title": "R", "primary": ("8.13",), "cadence": QUARTER, "max_age": QUARTER}
    return Requirement(kind=kind, **(given | more))


def check(sql: str, **more: Any) -> Check:
    return Check(id="c", title="C", exceptions=sql, **more)


def subjects(column: str = "resource", kind: str = "asset", where: str = "true") -> Subjects:
    return Subjects(kind=kind, where=where, column=column)


@dataclass
class Maker:
    """Writes objects below a directory; artifact ids count up."""

    root: Path
    made: list[Piece] = field(default_factory=list)

    def piece(self, kind: str, records: Iterable[dict[str, Any]], *, collected: datetime = T0, **more: Any) -> Piece:
        lines = [json.dumps({"record": record, "raw": {"of": record.get("id")}}) + "\n" for record in records]
        data = "".join(lines).encode()
        digest = hashlib.sha256(data).hexdigest()
        path = self.root / digest
        path.write_bytes(zstandard.compress(data))
        facts: dict[str, Any] = {"scope": "prod", "collector": "x.y", "recorded_at": collected,
                                 "outcome": Outcome.SUCCEEDED} | more
        found = Piece(artifact=f"sha256:a{len(self.made)}", digest=digest, path=path, kind=kind,
                      collected_at=collected, **facts)
        self.made.append(found)
        return found


@dataclass
class Shelf:
    """A catalog over a list, as the lake wants it."""

    held: Sequence[Piece]

    def pieces(self, kind: str, *, as_of: datetime | None, scope: str | None) -> list[Piece]:
        return [p for p in self.held if p.kind == kind and (as_of is None or p.recorded_at <= as_of)
                and (scope is None or p.scope == scope)]
