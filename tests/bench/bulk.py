"""A store of very many artifacts, filled as the sequencer fills it, in blocks and without a sync."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import insert
from sqlmodel import select

from agent.collector import Record
from agent.model import BackupTest, Outcome, Provenance
from agent.seal import (
    ArtifactEntry,
    Entry,
    Range,
    Statement,
    artifact_id,
    leaf_hash,
    seal_envelope,
    write_statement,
)
from agent.seal.tiles import HEIGHT
from agent.store import ArtifactRow, Store
from agent.store.artifact import StagedObject, envelope_path
from agent.store.sequencer import told
from agent.store.tables import Leaf, Node, Tree

BLOCK = 2_000
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SHARED = 10
"""Artifacts of one content, which is kept once: most runs find what the one before found."""
Row = dict[str, Any]


def _unsynced(_file: int) -> None:
    """Do nothing."""


def grow(store: Store, leaves: Iterator[tuple[Entry, Row | None]]) -> None:
    """Write entries and, of artifacts that are there, their rows; then the log is published."""
    with store.reading() as session:
        tree = session.exec(select(Tree)).one()
    grown = Range.from_bytes(tree.size, tree.hashes)
    # A sync of each of so many files is not what is measured; a mock would remember every call.
    with mock.patch("os.fsync", _unsynced):
        while block := list(islice(leaves, BLOCK)):
            rows: list[Row] = []
            nodes: list[Row] = []
            for entry, _row in block:
                data = entry.write()
                hashed = leaf_hash(data)
                rows.append({"index": grown.size, "entry": data, "hash": hashed})
                nodes_at = grown.size
                grown, completed = grown.append(hashed)
                nodes += [{"level": height // HEIGHT, "index": nodes_at >> height, "hash": node}
                          for height, node in completed if height % HEIGHT == 0]
            _keep(store, grown, {Leaf: rows, Node: nodes, ArtifactRow: [row for _, row in block if row]}, block[-1][0])
        store._publish()


def _keep(store: Store, grown: Range, rows: dict[type[Any], list[Row]], last: Entry) -> None:
    with store.transaction() as session:
        for table, some in rows.items():
            if some:
                session.execute(insert(table), some)
        kept = session.exec(select(Tree)).one()
        kept.size, kept.hashes, kept.recorded_at = grown.size, grown.to_bytes(), last.recorded_at
        session.add(kept)


def sealed(store: Store, artifacts: int, write: Callable[[Store, int], StagedObject]) -> Iterator[tuple[Entry, Row]]:
    """Keep the object and the signed envelope of each of so many runs; yield its entry and its row."""
    for index in range(artifacts):
        staged = write(store, index)
        at = START + timedelta(seconds=index)
        statement = Statement(staged.digest, staged.size, staged.path, Provenance(
            collector="bench", collector_version="1", kind="backup_test", scope="bench", boundary="bench", region="",
            window=None, identity="bench", source="provider", started_at=at, finished_at=at,
            outcome=Outcome.SUCCEEDED, records=staged.records,
        ))
        payload = write_statement(statement)
        envelope = seal_envelope(payload, store._signer)
        artifact = artifact_id(payload)
        store.objects.put(envelope_path(artifact), envelope)
        if staged.file.exists():
            store.objects.publish(staged.file, staged.path)
        entry = ArtifactEntry(index=index, artifact=artifact, envelope=hashlib.sha256(envelope).hexdigest(),
                              object=staged.digest, recorded_at=at)
        yield entry, {**told(entry, statement), "stored_size": staged.stored_size}


class Small:
    """Writes a small object for every tenth artifact; the ones between have the same content."""

    def __init__(self) -> None:
        self._last: StagedObject | None = None

    def __call__(self, store: Store, index: int) -> StagedObject:
        if self._last is None or index % SHARED == 0:
            writer = store.new_object("bench")
            writer.write(Record(BackupTest(f"{index:08d}"), {}))
            self._last = writer.close()
        return self._last


def trusted(folder: Path) -> Path:
    """Return the trust root of a bench's store, taken out of its data directory."""
    root = folder / "trust.pem"
    root.write_bytes((folder / "annexa-data" / "keys" / "signing-key.pub").read_bytes())
    return root
