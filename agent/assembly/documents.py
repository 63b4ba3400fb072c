"""Documents as evidence: what a person uploads or states, sealed like any other run.

The file itself is an object of the organization's scope; the record names its digest. `source` is
`uploaded` with a file and `typed` without one, so that coverage can tell late paper from a
provider's own record.
"""

from __future__ import annotations

import base64
import hashlib
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from agent import __version__
from agent.assembly import stamping, telling, witnessing
from agent.assembly.app import Parts
from agent.collector import Record
from agent.errors import ConfigurationError
from agent.evidence.owed import ORGANIZATION, document_collector
from agent.model import Document, Outcome, Provenance, Requirement
from agent.store import StagedObject

CHUNK = 3 << 18
"""Bytes of a file in one record: a multiple of three, so that the base64 of the pieces joins."""
CONTENT = "content"
"""Where in `raw` the file is: it is the evidence itself, which redaction leaves as it was brought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person says of a document."""

    file: Path | None
    title: str
    version: str
    owner: str
    approved_by: str
    occurred_at: datetime
    valid_until: datetime | None
    by: str


def add(app: Parts, requirement: str, said: Said) -> str:
    """Keep a document for a requirement and return the artifact's id; raises `ConfigurationError` for a wrong word."""
    found = wanted(app, requirement)
    dates(said, app.clock())
    return keep(app, [(found, said)])[0]


def keep(app: Parts, documents: Iterable[tuple[Requirement, Said]]) -> list[str]:
    """Seal documents that were found right, record them together, and return the ids of their artifacts."""
    artifacts = [_submit(app, requirement, said) for requirement, said in documents]
    while app.store.sequence(lambda session, rows: telling.flipper(app, app.clock()).derive(session, rows)):
        pass
    telling.notice(app, app.clock())
    stamping.stamp(app)
    witnessing.show(app)
    return artifacts


def _submit(app: Parts, requirement: Requirement, said: Said) -> str:
    now = app.clock()
    writer = app.store.new_object(ORGANIZATION, document_collector(requirement.id), whole=CONTENT)
    try:
        for record in _records(requirement, said, now):
            writer.write(record)
        staged = writer.close()
    except BaseException:
        writer.abandon()
        raise
    return app.store.submit(staged, _provenance(requirement, said, now, staged))


def dates(said: Said, now: datetime) -> None:
    """Raise `ConfigurationError` where a document was approved in the future, or ends before its approval."""
    if said.occurred_at > now:
        raise ConfigurationError("the document was approved in the future", advice="Give the date of its approval")
    if said.valid_until is not None and said.valid_until <= said.occurred_at:
        raise ConfigurationError("the document ends before it was approved", advice="Correct one of the two dates")


def wanted(app: Parts, requirement: str) -> Requirement:
    """Return the requirement of that name that takes documents; raises `ConfigurationError` where there is none."""
    found = app.mapping.requirements.get(requirement)
    documents = [one.id for one in app.mapping.requirements.values() if one.document]
    if found is None or not found.document:
        near = get_close_matches(requirement, documents, n=1)
        meant = f"Did you mean {near[0]!r}?" if near else "annexa controls shows what takes documents"
        why = "is not fulfilled by a document" if found else "is no requirement"
        raise ConfigurationError(f"{requirement!r} {why}", advice=meant)
    return found


def _records(wanted: Requirement, said: Said, now: datetime) -> Iterator[Record]:
    """Yield the document's record, its file in pieces in `raw`."""
    raw: dict[str, Any] = {"requirement": wanted.id, "added_by": said.by, "added_at": now}
    digest = ""
    if said.file is not None:
        content = _read(said.file)
        digest = hashlib.sha256(content).hexdigest()
        raw |= {"file": said.file.name, "sha256": digest, "size": len(content), CONTENT: _pieces(content)}
    row = Document(
        f"sha256:{digest}" if digest else f"{wanted.id}/{said.occurred_at.isoformat()}",
        title=said.title or wanted.title, version=said.version or None, owner=said.owner or None,
        approved_by=said.approved_by or None, occurred_at=said.occurred_at, valid_until=said.valid_until,
    )
    yield Record(row, raw)


def _pieces(content: bytes) -> list[str]:
    return [base64.b64encode(content[at : at + CHUNK]).decode() for at in range(0, len(content), CHUNK)]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}", advice="Name a file that can") from error


def _provenance(wanted: Requirement, said: Said, now: datetime, staged: StagedObject) -> Provenance:
    return Provenance(
        collector=document_collector(wanted.id), collector_version="1", kind="document", scope=ORGANIZATION,
        boundary=ORGANIZATION, region="", window=None, identity=said.by,
        source="uploaded" if said.file else "typed", started_at=now, finished_at=now, outcome=Outcome.SUCCEEDED,
        records=staged.records, masked=staged.masked, notes=staged.notes, agent_version=__version__,
        host=socket.gethostname(),
        population=f"What a person brought as evidence for the requirement {wanted.id}.",
        limits=("Nobody but the person named vouches that it is the document in force.",),
    )
