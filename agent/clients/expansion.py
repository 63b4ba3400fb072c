"""What a scope of the configuration turned out to hold."""

from __future__ import annotations

from dataclasses import dataclass

from agent.model import Boundary, Lacking


@dataclass(frozen=True, slots=True)
class Expansion:
    """The boundaries of a scope, what could not be listed, and what a reader should know (closed accounts)."""

    boundaries: tuple[Boundary, ...]
    lacking: tuple[Lacking, ...] = ()
    notes: tuple[str, ...] = ()
