"""From a finished staging file to a pending row: object and envelope first, an intent that says so meanwhile."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog
from sqlmodel import Session, col, select

from agent import canonical
from agent.model import Provenance
from agent.seal import Statement, artifact_id, seal_envelope, write_statement
from agent.seal.signing import Signer
from agent.store.artifact import StagedObject, envelope_path
from agent.store.catalog import Catalog
from agent.store.faults import reaching
from agent.store.objects import Objects
from agent.store.tables import ArtifactRow, Pending

log = structlog.get_logger("annexa.store")


def submit(
    staged: StagedObject, provenance: Provenance, catalog: Catalog, objects: Objects, signer: Signer,
    until: datetime | None = None,
) -> str:
    """Seal a run and keep it as pending; returns the artifact's id. A write-once store locks it `until` then."""
    payload = write_statement(Statement(staged.digest, staged.size, staged.path, provenance))
    artifact = artifact_id(payload)
    envelope = seal_envelope(payload, signer)
    with intent(objects.staging, artifact, staged.path):
        objects.publish(staged.file, staged.path)
        objects.put(envelope_path(artifact), envelope)
        if until is not None:
            objects.retain(staged.path, until)
            objects.retain(envelope_path(artifact), until)
        keep_pending(catalog, artifact, payload, envelope, staged.stored_size)
    return artifact


def keep_pending(catalog: Catalog, artifact: str, payload: bytes, envelope: bytes, stored_size: int) -> None:
    """Write the pending row of an artifact whose object and envelope last; the same run twice is one."""
    body = {
        "type": "artifact", "artifact": artifact, "payload": payload.decode(), "stored_size": stored_size,
        "envelope": hashlib.sha256(envelope).hexdigest(),
    }
    with catalog.write("keep the run as pending") as session:
        if session.get(ArtifactRow, artifact) is None and not _waits(session, artifact):
            session.add(Pending(key=artifact, body=canonical.document(body)))


def _waits(session: Session, artifact: str) -> bool:
    return session.exec(select(Pending).where(col(Pending.key) == artifact)).first() is not None


@contextmanager
def intent(staging: Path, artifact: str, path: str) -> Iterator[None]:
    """Say which files are about to be written, until a row names them."""
    file = staging / f"{secrets.token_hex(16)}.intent"
    with reaching("begin to keep an artifact"):
        staging.mkdir(parents=True, exist_ok=True)
        file.write_bytes(canonical.document({"artifact": artifact, "path": path}))
    yield  # after an error the intent stays: the next start sweeps what no row names
    with reaching("end an intent"):
        file.unlink(missing_ok=True)


def sweep(catalog: Catalog, objects: Objects) -> int:
    """Take away what a crash left: unfinished staging files, and files that no row names; returns how many."""
    swept = 0
    with reaching(f"sweep {objects.staging}"):
        left = sorted(objects.staging.iterdir()) if objects.staging.is_dir() else []
        for file in left:
            if file.suffix == ".intent":
                swept += _undo(file, catalog, objects)
            else:
                swept += 1
            file.unlink(missing_ok=True)
    if swept:
        log.warning("swept what an interrupted run left", files=swept)
    return swept


def _undo(file: Path, catalog: Catalog, objects: Objects) -> int:
    try:
        data = canonical.loads(file.read_bytes())
        artifact, path = str(data["artifact"]), str(data["path"])
    except (ValueError, KeyError, TypeError):
        return 0  # cut off while it was written: nothing was kept under it yet
    with catalog.read() as session:
        if session.get(ArtifactRow, artifact) is not None or _waits(session, artifact):
            return 0
        named = session.exec(select(ArtifactRow.id).where(col(ArtifactRow.path) == path)).first() is not None
        waiting = session.exec(select(Pending.body)).all()
    objects.delete(envelope_path(artifact))
    if named or any(path.encode() in body for body in waiting):
        return 1
    objects.delete(path)
    return 2
