"""The runs of a package: a line of facts for each, then its envelope, entry, proof and records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from agent import canonical
from agent.errors import VerificationError
from agent.export.access import Acts
from agent.export.proofs import Proofs
from agent.export.zip64 import Zip64
from agent.model import KINDS
from agent.seal import artifact_id, open_envelope, read_statement
from agent.seal.signing import SSlibKey
from agent.store import ActRow, ArtifactRow
from agent.store.acts import removal
from agent.store.artifact import envelope_path
from agent.store.objects import Objects
from agent.store.verified import VerifiedArtifact
from agent.verify import layout
from agent.verify.export import cells_of

BLOCK = 1 << 16


class Runs:
    """The chosen runs, spooled as `evidence.ndjson` while they are read once."""

    def __init__(self, spool: Path, proofs: Proofs, until: datetime) -> None:
        self.spool = spool
        self._proofs = proofs
        self._until = until
        self._stamped_at = lru_cache(1024)(lambda size: proofs.stamp(size)[2].at)
        self.stamps: set[int] = set()
        self.count = self.records = 0

    def take(self, rows: Iterable[tuple[ArtifactRow, Sequence[str]]], erasures: Sequence[ActRow] = ()) -> None:
        """Write the line of each run; `erasures` are those that the checkpoint has."""
        with self.spool.open("wb") as out:
            for row, requirements in rows:
                out.write(canonical.line({**self._fact(row, requirements), "erased": _erased(row, erasures)}))
                self.count += 1
                self.records += row.records

    def _fact(self, row: ArtifactRow, requirements: Sequence[str]) -> dict[str, Any]:
        stamp = self._proofs.first_stamp(row.leaf)
        if stamp is not None:
            self.stamps.add(stamp)
        digest = layout.hexadecimal(row.object)
        void = row.voided_at is not None and row.voided_at <= self._until  # the checkpoint's, as with erasures
        return {
            "artifact": row.id, "leaf": row.leaf, "requirements": list(requirements), "collector": row.collector,
            "kind": row.kind, "scope": row.scope, "boundary": row.boundary, "region": row.region,
            "source": row.source, "outcome": row.outcome, "records": row.records, "lacking": row.lacking,
            "error": row.error, "collected_at": row.collected_at, "finished_at": row.finished_at,
            "recorded_at": row.recorded_at, "window_from": row.window_start, "window_to": row.window_end,
            "voided_at": row.voided_at if void else None, "void_reason": row.void_reason if void else "",
            "voided_by": row.voided_by if void else "", "object": digest, "size": row.size,
            "anchored_at": self._stamped_at(stamp) if stamp is not None else None, "anchored_by": stamp,
        }

    def facts(self) -> Iterator[dict[str, Any]]:
        """Yield the line of each run, decoded; may be read more than once."""
        with self.spool.open("rb") as lines:
            for line in lines:
                yield canonical.loads(line)


def _erased(row: ArtifactRow, erasures: Sequence[ActRow]) -> dict[str, Any] | None:
    """Return by which act the records of a run were erased, None where they were not."""
    act = removal(row, erasures)
    return {"at": act.recorded_at, "by": act.by, "reason": act.reason, "leaf": act.leaf} if act else None


class Adder:
    """Adds runs to a package one by one; equal objects of a kind go in once."""

    def __init__(
        self, package: Zip64, proofs: Proofs, objects: Objects, keys: Sequence[SSlibKey], acts: Acts
    ) -> None:
        self._package, self._proofs, self._objects = package, proofs, objects
        self._keys, self._acts = keys, acts
        self._held: set[tuple[str, str]] = set()

    def add(self, fact: dict[str, Any]) -> None:
        """Add everything of one run; raises `VerificationError` where the store does not hold what was signed."""
        artifact, leaf = fact["artifact"], fact["leaf"]
        envelope = self._objects.get(envelope_path(artifact))
        payload = open_envelope(envelope, self._keys)
        if artifact_id(payload) != artifact:
            raise VerificationError(f"The envelope kept for {artifact} is that of {artifact_id(payload)}")
        self._package.add(layout.envelope_file(artifact), envelope)
        self._package.add(layout.entry_file(leaf), self._proofs.entry(leaf))
        self._package.add(layout.proof_file(leaf), self._proofs.inclusion(leaf))
        if fact["erased"] is None:
            self._records(fact["kind"], VerifiedArtifact(artifact, read_statement(payload), self._objects))

    def _records(self, kind: str, opened: VerifiedArtifact) -> None:
        digest, path = opened.statement.digest, opened.statement.path
        if (kind, digest) in self._held or (path in self._acts.deleted and self._objects.size(path) is None):
            return
        self._held.add((kind, digest))
        self._package.add(layout.records_file(kind, digest), opened.chunks())
        self._package.add(layout.table_file(kind, digest), table(opened.lines(), list(KINDS[kind].columns)))


def table(lines: Iterable[bytes], columns: Sequence[str]) -> Iterator[bytes]:
    """Yield records as CSV (RFC 4180), cells that a spreadsheet would run made harmless."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(columns)
    for line in lines:
        rows.writerow(cells_of(line, columns))
        if text.tell() >= BLOCK:
            yield _taken(text)
    yield _taken(text)


def _taken(text: IO[str]) -> bytes:
    text.seek(0)
    data = text.read().encode()
    text.seek(0)
    text.truncate()
    return data
