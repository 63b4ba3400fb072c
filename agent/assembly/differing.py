"""`annexa diff`: what was known of a requirement by two dates, compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from agent.assembly.app import Parts
from agent.assembly.populations import accepted, requirement
from agent.errors import ConfigurationError, VerificationError
from agent.lake.diff import Diff, Known, compare
from agent.lake.gone import WENT, Gone
from agent.model import Requirement
from agent.store import ActRow, ArtifactRow
from agent.store.acts import SCOPE, removal


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


def _known(app: Parts, found: Requirement, asked: Asked, at: datetime) -> Known:
    """Return the accepted artifacts that had been recorded by an instant, and were not voided then."""
    rows = [row for row in accepted(app, found, at) if row.scope in (asked.scopes or (row.scope,))]
    lost = [row for row in rows if row.deleted_at is not None]
    acts: dict[str, list[ActRow]] = defaultdict(list)
    for act in app.store.acts(*WENT) if lost else ():
        acts[act.subject].append(act)
    return Known([app.shelf.piece(row) for row in rows if row.deleted_at is None],
                 [_gone(row, acts[row.path] + acts[SCOPE + row.scope]) for row in lost])


def _gone(row: ArtifactRow, acts: Sequence[ActRow]) -> Gone:
    """Return an artifact without its records, with the act of the log by which they went."""
    act = removal(row, acts)
    if act is None:
        raise VerificationError(f"the records of {row.id} are gone, and no act of the log says how",
                                advice="Find out more with `annexa store check --deep`")
    return Gone(
        artifact=row.id, scope=row.scope, boundary=row.boundary, region=row.region, collector=row.collector,
        collected_at=row.collected_at, recorded_at=row.recorded_at, records=row.records, went=WENT[act.kind],
        at=act.recorded_at, by=act.by, reason=act.reason or f"retention {act.name}",
    )
