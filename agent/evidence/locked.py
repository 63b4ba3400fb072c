"""Which units ask for records that cannot be opened: their answers are given from the seals, and say why not more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from agent.cipher import encrypted, key_of
from agent.errors import LockedError
from agent.evidence.owed import Unit
from agent.evidence.rows import Kept
from agent.lake.pieces import Piece
from agent.lake.shelf import Shelf


@dataclass(slots=True)
class Locked:
    """The units that ask for records which cannot be opened, and why not; each key is tried once for an answer."""

    shelf: Shelf
    _units: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _keys: dict[str, LockedError] = field(default_factory=dict)

    def piece(self, row: Kept) -> Piece:
        """Return the artifact as the lake takes it; raises `LockedError` where its records cannot be opened."""
        key = key_of(row.path) if encrypted(row.path) else ""
        if key in self._keys:
            raise LockedError(self._keys[key].message, advice=self._keys[key].advice)
        try:
            return self.shelf.piece(row)
        except LockedError as error:
            self._keys[key] = LockedError(error.message, advice=error.advice)
            raise

    @contextmanager
    def noting(self, unit: Unit, *, counts: bool = True) -> Iterator[None]:
        """Go on without records that cannot be opened, and note that the unit asks for them where they count at all."""
        try:
            yield
        except LockedError as error:
            if counts:
                self._units[unit.key] = error.line()

    def why(self, unit: Unit) -> str:
        """Return why records that the unit asks for cannot be opened; '' where none are lacking."""
        return self._units.get(unit.key, "")
