"""What the checks of a requirement look at, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.lake.pieces import Part, Piece
from agent.model import Window

MOST = 10_000
"""As many exception rows of a check are kept; all are counted."""
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Population:
    """The records that checks see: the given artifacts of one kind in one scope, at one instant.

    For a state kind the caller gives the newest accepted artifact of each region; for an event
    kind all accepted ones. `period` None is the 365 days up to `as_of`.
    """

    kind: str
    pieces: Sequence[Piece]
    as_of: datetime
    period: Window | None = None
    compacted: Sequence[Part] = ()

    @property
    def seen(self) -> datetime:
        """Return what `$as_of` is bound to: the newest collection, where that lies before the instant asked.

        A check that measures an age must measure it when the provider was looked at: between two
        collections nothing has grown older that anybody has seen.
        """
        return min([self.as_of, max((piece.collected_at for piece in self.pieces), default=self.as_of)])

    @property
    def known(self) -> datetime:
        """Return by when the newest of them was recorded, where that lies before the instant asked.

        Nothing that is in them happened later, so that what closes an exception is the same at every later instant.
        """
        return min([self.as_of, max((piece.recorded_at for piece in self.pieces), default=self.as_of)])

    @property
    def span(self) -> Window:
        """Return the audit period, half-open."""
        if self.period is not None:
            return self.period
        return Window(self.as_of - _YEAR, self.as_of + timedelta(microseconds=1))
