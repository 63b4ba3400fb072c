"""The catalog against the log: a row for each artifact, saying what was signed; and no row beside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

from sqlmodel import Session, col, func, select

from agent import canonical
from agent.seal import ArtifactEntry, CustodyEntry, Entry, Statement, VoidEntry
from agent.store import custody
from agent.store.acts import ACTS, act_row, wrong_deletions
from agent.store.catalog import Catalog
from agent.store.check import PAGE, SAME
from agent.store.objects import Objects
from agent.store.sequencer import told
from agent.store.tables import AccessRow, ActRow, ArtifactRow
from agent.verify.report import Step

NAMES = ("id", *SAME)
COMPARED = select(*ArtifactRow.__table__.columns[NAMES])  # type: ignore[attr-defined]  # SQLModel's stubs know no tables
"""Plain columns: a million rows are not made objects to be looked at once."""
LEAF = NAMES.index("leaf")
_said, columns = itemgetter(*NAMES), attrgetter(*NAMES)


@dataclass(slots=True)
class Rows:
    """Compares bundle by bundle; `end` looks for rows that no entry names."""

    catalog: Catalog
    objects: Objects
    step: Step
    artifacts: int = 0
    _acts: dict[int, ActRow] = field(default_factory=dict)
    _accesses: int = 0
    _voided: dict[str, bytes] = field(default_factory=dict)
    """The digest of when, why and by whom each artifact was voided first."""

    def bundle(self, entries: Sequence[Entry], statements: Mapping[int, Statement]) -> None:
        """Compare the rows of a bundle of entries with what was signed."""
        if not entries:
            return
        rows: dict[int, Any] = {}
        with self.step.trying(), self.catalog.read() as session:
            span = col(ArtifactRow.leaf).between(entries[0].index, entries[-1].index)
            rows = {row[LEAF]: row for row in session.execute(COMPARED.where(span))}
        for entry in entries:
            if isinstance(entry, VoidEntry):
                self._voided.setdefault(entry.artifact, _void(entry.recorded_at, entry.reason, entry.by))
                continue
            if isinstance(entry, ACTS):
                self._acts[entry.index] = act_row(entry)
            if isinstance(entry, CustodyEntry):
                self._accesses += entry.count
                for detail in custody.differing(entry, self.catalog, self.objects):
                    self.step.refuse(f"the accesses of leaf {entry.index}: {detail}")
            if not isinstance(entry, ArtifactEntry):
                continue  # a step of a sample, which `Steps` compares
            self.artifacts += 1
            row = rows.get(entry.index)
            if row is None:
                self.step.refuse(f"{entry.artifact}: its row is gone from the catalog")
            elif entry.index in statements and (names := differing(row, entry, statements[entry.index])):
                self.step.refuse(f"{entry.artifact}: the catalog says otherwise than the seal: {', '.join(names)}")

    def end(self) -> None:
        """Refuse voids that the log does not have, or has otherwise, and rows that no entry names."""
        with self.step.trying(), self.catalog.read() as session:
            query = select(ArtifactRow).where(col(ArtifactRow.voided_at).is_not(None))
            rows = session.exec(query.execution_options(yield_per=PAGE))
            voids = {row.id: _void(row.voided_at, row.void_reason, row.voided_by) for row in rows}
            count = session.exec(select(func.count()).select_from(ArtifactRow)).one()
            for artifact in sorted(voids.keys() | self._voided.keys()):
                if voids.get(artifact) != self._voided.get(artifact):
                    self.step.refuse(f"{artifact}: catalog and log disagree on whether, when and why it is void")
            if count > self.artifacts:
                self.step.refuse(f"{count - self.artifacts} row(s) of the catalog are not in the signed log")
            self._end_acts(session)
            self.step.says = f"{count:,} rows"

    def _end_acts(self, session: Session) -> None:
        """Refuse holds, deletions, changes of keys and accesses that the log does not have, or has otherwise."""
        rows = {row.leaf: row for row in session.exec(select(ActRow))}
        for leaf in sorted(rows.keys() | self._acts.keys()):
            row, logged = rows.get(leaf), self._acts.get(leaf)
            if row is None or logged is None or row.model_dump(exclude={"done"}) != logged.model_dump(exclude={"done"}):
                self.step.refuse(f"leaf {leaf}: catalog and log disagree on a {(row or logged).kind}")  # type: ignore[union-attr]  # one of both is there
        for artifact, detail in wrong_deletions(self.catalog):
            self.step.refuse(f"{artifact}: {detail}")
        logged_accesses = select(func.count()).select_from(AccessRow).where(col(AccessRow.leaf).is_not(None))
        if session.exec(logged_accesses).one() != self._accesses:
            self.step.refuse("the catalog has more accesses than the log, or fewer")


def _void(at: datetime | None, reason: str, by: str) -> bytes:
    return hashlib.sha256(canonical.document([at, reason, by])).digest()


def differing(row: Sequence[Any], entry: ArtifactEntry, statement: Statement) -> list[str]:
    """Return the columns, of those named in `NAMES`, in which a row says otherwise than the log and the seal."""
    return [name for name, said, kept in zip(NAMES, _said(told(entry, statement)), row, strict=True) if said != kept]
