"""The catalog made again from objects, envelopes and the log alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from sqlmodel import Session, col, select

from agent.errors import StoreError, VerificationError
from agent.seal import (
    ArtifactEntry,
    CustodyEntry,
    DeletionEntry,
    ErasureEntry,
    HoldEntry,
    KeyEntry,
    SamplingEntry,
    Statement,
    UnknownEntry,
    VoidEntry,
    open_envelope,
    read_entry,
    read_statement,
)
from agent.seal.signing import SSlibKey
from agent.store import acts, custody
from agent.store.append import append
from agent.store.artifact import envelope_path, scope_name
from agent.store.catalog import Catalog
from agent.store.keys import open_keys
from agent.store.lock import WriterLock
from agent.store.logfiles import read_checkpoint, read_entries
from agent.store.migrate import bring_up
from agent.store.objects import Objects, open_objects
from agent.store.sampled import restored
from agent.store.sequencer import artifact_row, follow, void
from agent.store.submit import keep_pending
from agent.store.tables import ArtifactRow, Leaf, Tree
from agent.store.verified import read_envelope

Act: TypeAlias = HoldEntry | DeletionEntry | ErasureEntry | KeyEntry | CustodyEntry


@dataclass(slots=True)
class Rebuilt:
    """What was made again: how many of each, runs that are not in the log yet, and what is wrong."""

    artifacts: int = 0
    voided: int = 0
    sampled: int = 0
    pending: int = 0
    acts: int = 0
    accesses: int = 0
    problems: list[str] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    """Artifacts whose object is not there, with its path; a deletion or an erasure later in the log may say why."""


def rebuild(
    database_url: str,
    artifacts_url: str,
    *,
    data: Path,
    clock: Callable[[], datetime],
    artifacts_options: Mapping[str, Any] | None = None,
    write_once: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Rebuilt:
    """Fill an empty database; raises `StoreError` where it is not empty or the log is not what was signed."""
    with ExitStack() as stack:
        catalog = Catalog(database_url, writer=True)
        stack.callback(catalog.close)
        stack.enter_context(WriterLock(data, catalog, clock).take())
        bring_up(catalog, writer=True)
        objects = open_objects(artifacts_url, data, artifacts_options or {}, writer=False, write_once=write_once)
        keys = open_keys(data / "keys", sign=False, create=False).ring
        result = Rebuilt()
        try:
            _replay(catalog, objects, keys, result, progress)
        except VerificationError as error:
            raise StoreError(
                f"The log cannot be trusted: {error.message}", advice="Bring it back from a backup"
            ) from error
        for artifact, envelope, statement in _unlogged(catalog, objects, keys, result):
            stored = objects.size(statement.path) or 0
            keep_pending(catalog, artifact, open_envelope(envelope, keys), envelope, stored)
            result.pending += 1
        return result


def _replay(
    catalog: Catalog, objects: Objects, keys: Sequence[SSlibKey], result: Rebuilt, progress: Callable[[int, int], None]
) -> None:
    checkpoint = read_checkpoint(objects, keys)
    with catalog.write("rebuild the catalog") as session:
        if session.exec(select(Tree)).first() is not None or session.exec(select(Leaf.index)).first() is not None:
            raise StoreError("The catalog is not empty", advice="Move the database away first, then rebuild")
        if checkpoint is None:
            return
        tree = Tree(store=checkpoint.origin.rpartition("/")[2], origin=checkpoint.origin)
        for data in read_entries(objects, checkpoint):
            _entry(session, tree, data, objects, keys, result)
            if tree.size % 256 == 0:
                session.flush()
                session.expunge_all()
                progress(tree.size, checkpoint.size)
        result.problems += [f"{artifact}: {path} is gone from the store" for artifact, path in result.gone]
        tree.published_size, tree.published_hashes = tree.size, tree.hashes
        session.add(tree)
        progress(tree.size, checkpoint.size)


def _entry(
    session: Session, tree: Tree, data: bytes, objects: Objects, keys: Sequence[SSlibKey], result: Rebuilt
) -> None:
    entry = read_entry(data)
    if entry.index != tree.size:
        raise VerificationError(f"The entry {tree.size} of the log says that it is {entry.index}")
    append(session, tree, data)
    tree.recorded_at = entry.recorded_at
    if isinstance(entry, VoidEntry):
        row = session.get(ArtifactRow, entry.artifact)
        if row is not None:
            void(row, entry.reason, entry.by, entry.recorded_at)
            session.add(row)
        result.voided += 1
        return
    if isinstance(entry, UnknownEntry):
        result.problems.append(f"leaf {entry.index} is of the type {entry.kind!r}, which a later version wrote: "
                               "it is kept, and what it says is not restored; rebuild with that version")
        return
    if isinstance(entry, SamplingEntry):
        _step(session, entry, objects, result)
        return
    if not isinstance(entry, ArtifactEntry):
        _act(session, entry, objects, result)
        return
    try:
        statement = _statement(entry, objects, keys)
    except VerificationError as error:
        result.problems.append(f"{entry.artifact} is in the log and cannot be restored: {error.message}")
        return
    stored = objects.size(statement.path)
    if stored is None:
        result.gone.append((entry.artifact, statement.path))
    row = artifact_row(entry, statement, stored or 0)
    session.add(row)
    follow(session, row, statement.provenance)
    result.artifacts += 1


def _step(session: Session, entry: SamplingEntry, objects: Objects, result: Rebuilt) -> None:
    try:
        session.add(restored(entry, objects))
        result.sampled += 1
    except VerificationError as error:
        result.problems.append(f"{entry.step} {entry.name} is in the log and cannot be restored: {error.message}")


def _act(session: Session, entry: Act, objects: Objects, result: Rebuilt) -> None:
    acts.follow(session, entry)
    if not isinstance(entry, CustodyEntry):
        result.acts += 1
        if isinstance(entry, DeletionEntry):
            result.gone = [one for one in result.gone if one[1] != entry.path]
        if isinstance(entry, ErasureEntry):
            below = f"objects/{scope_name(entry.scope)}/"
            result.gone = [one for one in result.gone if not one[1].startswith(below)]
        return
    try:
        rows = custody.restored(entry, objects)
        session.add_all(rows)
        result.accesses += len(rows)
    except VerificationError as error:
        result.problems.append(f"the accesses of leaf {entry.index} cannot be restored: {error.message}")


def _statement(entry: ArtifactEntry, objects: Objects, keys: Sequence[SSlibKey]) -> Statement:
    envelope = objects.get(envelope_path(entry.artifact))
    if hashlib.sha256(envelope).hexdigest() != entry.envelope:
        raise VerificationError("the envelope is not the one in the log")
    return read_envelope(entry.artifact, envelope, keys)


def _unlogged(
    catalog: Catalog, objects: Objects, keys: Sequence[SSlibKey], result: Rebuilt
) -> Iterator[tuple[str, bytes, Statement]]:
    """Yield the sealed runs that no leaf names, in the order in which they ended."""
    found = []
    for path in objects.list("envelopes/"):
        artifact = "sha256:" + path.rpartition("/")[2].removesuffix(".json")
        with catalog.read() as session:
            if session.exec(select(ArtifactRow.id).where(col(ArtifactRow.id) == artifact)).first() is not None:
                continue
        try:
            statement = read_envelope(artifact, objects.get(path), keys)
        except VerificationError as error:
            result.problems.append(f"{path} belongs to no artifact: {error.message}")
            continue
        if objects.size(statement.path) is None:
            result.problems.append(f"{path} is of an object that is not there")
            continue
        found.append((statement.provenance.finished_at, artifact))
    for _finished, artifact in sorted(found):
        envelope = objects.get(envelope_path(artifact))
        yield artifact, envelope, read_statement(open_envelope(envelope, keys))
