# ruff: noqa: S608 - this module makes SQL: names are quoted, paths are literals
"""Compacted Parquet per (kind, scope, month): the same records in one file, rebuildable from the objects at any time.

Each Parquet is named by its own SHA-256 and beside it lies a manifest that lists its artifacts with
their objects, signed by the agent. A manifest that differs in anything (columns, an artifact's object, the
Parquet's bytes, the signature) is passed over, and the objects are read instead.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from agent.canonical import document, loads
from agent.errors import StoreError
from agent.lake.pieces import Part, Piece
from agent.model import KINDS

SIGNATURE = "manifest.sig"
_FORMAT = 1
_LEAST = 2
"""Fewer artifacts than this are not worth a Parquet of their own."""
_PROVEN: dict[tuple[str, int, int], str] = {}
"""Digests of Parquet files by path, size and time of change, so that each is read for its digest once a process."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """What one Parquet holds: the artifacts of a kind and scope that were collected in a month (UTC)."""

    kind: str
    scope: str
    month: str


def by_month(pieces: Iterable[Piece]) -> dict[Month, list[Piece]]:
    """Return the artifacts by what would hold them, each list in the order of collection.

    Encrypted ones are left out: a Parquet of them would lie there in the clear.
    """
    found: dict[Month, list[Piece]] = defaultdict(list)
    for piece in sorted(pieces, key=lambda p: (p.collected_at, p.recorded_at, p.artifact)):
        if piece.key is None:
            found[Month(piece.kind, piece.scope, f"{piece.collected_at:%Y-%m}")].append(piece)
    return dict(found)


def _digest(path: Path) -> str:
    state = path.stat()
    key = (str(path), state.st_size, state.st_mtime_ns)
    if key not in _PROVEN:
        with path.open("rb") as file:
            _PROVEN[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _PROVEN[key]


class Vouch(Protocol):
    """Signs what follows from evidence and is kept (manifests, conclusions), and knows what it signed."""

    def sign(self, data: bytes) -> bytes:
        """Return a signature."""

    def holds(self, data: bytes, signature: bytes) -> bool:
        """Return whether the signature is over the data, by a key of the agent."""


class Compacted:
    """The Parquet files and manifests below one directory; with a `vouch` the signed ones alone are there."""

    def __init__(self, directory: Path, vouch: Vouch | None = None) -> None:
        self.directory = directory
        self._root = directory / "parquet"
        self._vouch = vouch

    def parts(self, kind: str, pieces: Sequence[Piece]) -> tuple[Part, ...]:
        """Return the Parquet files that hold some of the artifacts, each with those that it may answer for."""
        found = []
        for month, asked in by_month(pieces).items():
            held = self._held(month)
            if held is None:
                continue
            path, objects = held
            covered = tuple(piece for piece in asked if objects.get(piece.artifact) == piece.digest)
            if covered:
                found.append(Part(path, covered, parquet=True))
        return tuple(part for part in found if part.pieces[0].kind == kind)

    def lacking(self, pieces: Sequence[Piece]) -> list[list[Piece]]:
        """Return the artifacts of each month whose Parquet lacks some, or holds others."""
        return [asked for month, asked in sorted(by_month(pieces).items()) if self._lacks(month, asked)]

    def compact(self, pieces: Sequence[Piece]) -> list[Month]:
        """Write the Parquet of each month that `lacking` names; return the months written."""
        written = []
        for month, asked in sorted(by_month(pieces).items()):
            if self._lacks(month, asked):
                self._write(month, asked)
                written.append(month)
        return written

    def sign(self, pieces: Sequence[Piece]) -> None:
        """Sign the manifest that was just written of these artifacts of one month, if it is of them and no others."""
        for month, asked in by_month(pieces).items():
            file = self._place(month) / "manifest.json"
            try:
                data = file.read_bytes()
                said = loads(data)["artifacts"]
                if self._vouch is None or said != {piece.artifact: piece.digest for piece in asked}:
                    continue
                draft = file.with_name("signature.part")
                draft.write_bytes(self._vouch.sign(data))
                draft.replace(file.with_name(SIGNATURE))
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise StoreError(f"the manifest {file} cannot be signed: {error}") from error

    def _lacks(self, month: Month, asked: Sequence[Piece]) -> bool:
        if len(asked) < _LEAST:
            return False
        held = self._held(month)
        return held is None or held[1] != {piece.artifact: piece.digest for piece in asked}

    def drop(self, kind: str, scope: str) -> None:
        """Take away the Parquet of a kind and scope; it can be made again of the objects that are left."""
        shutil.rmtree(self._place(Month(kind, scope, "")), ignore_errors=True)

    def _place(self, month: Month) -> Path:
        # A scope's name may hold anything; its digest is a safe name for a directory.
        scope = hashlib.sha256(month.scope.encode()).hexdigest()[:32]
        return self._root / month.kind / scope / month.month

    def _held(self, month: Month) -> tuple[Path, dict[str, str]] | None:
        place = self._place(month)
        try:
            data = (place / "manifest.json").read_bytes()
            if self._vouch is not None and not self._vouch.holds(data, (place / SIGNATURE).read_bytes()):
                return None
            manifest: Any = loads(data)
            if manifest["columns"] != KINDS[month.kind].columns or manifest["format"] != _FORMAT:
                return None
            if manifest["scope"] != month.scope:
                return None
            path = (place / f"{manifest['parquet']}.parquet").resolve()
            if _digest(path) != manifest["parquet"]:
                return None
            return path, dict(manifest["artifacts"])
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there or not ours: the objects are read instead

    def _write(self, month: Month, pieces: list[Piece]) -> None:
        place, before = self._place(month), self._held(month)
        try:
            place.mkdir(parents=True, exist_ok=True)
            part = place / "parquet.part"
            part.touch()
            _parquet(month.kind, pieces, part)
            digest = _digest(part)
            part.replace(place / f"{digest}.parquet")
            manifest = {"format": _FORMAT, "kind": month.kind, "scope": month.scope, "month": month.month,
                        "columns": KINDS[month.kind].columns, "parquet": digest,
                        "artifacts": {piece.artifact: piece.digest for piece in pieces}}
            draft = place / "manifest.part"
            draft.write_bytes(document(manifest))
            draft.replace(place / "manifest.json")
            keep = {digest, before[0].stem if before else ""}  # whoever reads the one before may finish
            for old in place.glob("*.parquet"):
                if old.stem not in keep:
                    old.unlink()
        except OSError as error:
            raise StoreError(f"the lake at {place} cannot be written: {error.strerror}") from error


def _parquet(kind: str, pieces: list[Piece], target: Path) -> None:
    from agent.lake.connection import connect, literal, name  # noqa: PLC0415 whoever only looks does without DuckDB
    from agent.lake.stage import create, scratch, stage  # noqa: PLC0415 as above

    own = ", ".join(name(column) for column in KINDS[kind].columns)
    with scratch(target.parent) as room:
        staged = stage(kind, pieces, room)
        with connect([*staged.files, target], spill=room) as connection:
            create(connection, staged, "_base")
            connection.execute(
                f"COPY (SELECT {own}, artifact AS _artifact FROM _base) TO {literal(str(target.resolve()))} "
                "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20000, USE_TMP_FILE false)"
            )
