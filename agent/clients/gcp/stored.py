"""A stored file of JSON objects, one a line, put together out of its pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agent.clients.gcp.errors import BrokenError

LONGEST = 1 << 28
"""The longest line that is taken, in bytes."""


@dataclass(slots=True)
class Stored:
    """How far a file has been read: the next byte, what the last piece left over, and which version it is."""

    start: int = 0
    total: int | None = None
    generation: str = ""
    lines: int = 0
    _left: bytes = b""

    @property
    def over(self) -> bool:
        """Return whether the last byte has been read."""
        return self.total is not None and self.start >= self.total

    def next(self) -> dict[str, Any]:
        """Return the parameters that ask for the next piece, of the version that the first piece was of."""
        return {"start": self.start, **({"generation": self.generation} if self.generation else {})}

    def take(self, piece: dict[str, Any]) -> list[Any]:
        """Return the objects whose lines end with this piece; raises `BrokenError` for a line that is none."""
        if self.total not in (None, piece["total"]):
            raise BrokenError(f"the file had {self.total} bytes and now has {piece['total']}")
        self.total, self.generation = piece["total"], self.generation or piece["generation"]
        self.start += len(piece["data"])
        *ended, self._left = (self._left + piece["data"]).split(b"\n")
        if self.over:
            ended.append(self._left)
        elif len(self._left) > LONGEST:
            raise BrokenError(f"line {self.lines + len(ended) + 1} is longer than {LONGEST} bytes")
        return list(self._objects(ended))

    def _objects(self, lines: list[bytes]) -> Iterator[Any]:
        for line in lines:
            self.lines += 1
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BrokenError(f"line {self.lines} is no JSON: {error}") from None
            if not isinstance(found, dict):
                raise BrokenError(f"line {self.lines} is no JSON object")
            yield found
