"""Page tokens that come again."""

from __future__ import annotations

from dataclasses import dataclass


class RepeatedError(Exception):
    """The provider gave a page token a second time: following it would never end."""


@dataclass(slots=True)
class Cycle:
    """Finds a token that comes again, in constant memory (Brent)."""

    anchor: object = None
    seen: int = 0
    power: int = 1

    def check(self, token: object) -> None:
        """Raise `RepeatedError` if the token came before; a longer circle is found after a few rounds."""
        self.seen += 1
        if token == self.anchor:
            raise RepeatedError
        if self.seen == self.power:
            self.anchor = token
            self.power *= 2
