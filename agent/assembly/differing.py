"""`annexa diff`: what was known of a requirement by two dates, compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from agent.assembly.app import Parts
from agent.assembly.populations import accepted, requirement
from agent.errors import ConfigurationError
from agent.lake.diff import Diff, compare
from agent.lake.pieces import Piece
from agent.model import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A comparison as a person asks for it; no scopes are all scopes."""

    requirement: str
    since: datetime
    until: datetime
    scopes: tuple[str, ...] = ()


@contextmanager
def differing(app: Parts, asked: Asked) -> Iterator[tuple[Requirement, Diff]]:
    """Yield the requirement and the difference; raises `ConfigurationError` where the dates are no span."""
    if asked.since >= asked.until:
        raise ConfigurationError("--from is not before --to", advice="Swap the two dates")
    found = requirement(app, asked.requirement)
    with compare(found.kind, _known(app, found, asked, asked.since), _known(app, found, asked, asked.until),
                 app.room) as diff:
        yield found, diff


def _known(app: Parts, found: Requirement, asked: Asked, at: datetime) -> list[Piece]:
    """Return the accepted artifacts that had been recorded by an instant, and were not voided then."""
    return [app.shelf.piece(row) for row in accepted(app, found, at) if row.scope in (asked.scopes or (row.scope,))]
