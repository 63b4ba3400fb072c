"""The access log: who looked at, took out or changed what, when, why and from where.

An access is a row at once, and waits for the next writer, who puts those that wait into a document and the
digest of the document into the log: a row that is changed or taken away after that shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select, update

from agent import canonical
from agent.errors import VerificationError
from agent.seal import CustodyEntry
from agent.store.catalog import Catalog
from agent.store.objects import Objects
from agent.store.tables import AccessRow, Pending

BATCH = 1000
LONGEST = 500
"""Characters of a reason or a detail that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One access; `artifact` is '' where it is on none in particular, `client` is the program and its terminal."""

    at: datetime
    action: str
    artifact: str = ""
    who: str
    host: str
    client: str
    why: str = ""
    detail: str = ""


def document_path(digest: str) -> str:
    """Return the path under which a batch of accesses is kept."""
    return f"custody/{digest[:2]}/{digest}.json"


def gather(catalog: Catalog, objects: Objects) -> int:
    """Put the accesses that wait into documents and let these wait for their leaves; returns how many accesses.

    Only the one who writes the store may gather. A crash between document and row leaves a document that
    nothing names; the next one gathers the same accesses again.
    """
    gathered = 0
    while True:
        with catalog.read() as session:
            query = select(AccessRow).where(col(AccessRow.batch) == "").order_by(col(AccessRow.id)).limit(BATCH)
            rows = session.exec(query).all()
        if not rows:
            return gathered
        data = canonical.document({"accesses": [asdict(_access(row)) for row in rows]})
        digest = hashlib.sha256(data).hexdigest()
        objects.put(document_path(digest), data)
        body = {"type": "custody", "document": digest, "count": len(rows),
                "first": canonical.timestamp(min(row.at for row in rows)),
                "last": canonical.timestamp(max(row.at for row in rows))}
        with catalog.write("gather the access log") as session:
            ids = [row.id for row in rows]
            session.exec(update(AccessRow).where(col(AccessRow.id).in_(ids)).values(batch=digest))
            session.add(Pending(key=f"custody:{digest}:{rows[0].id}", body=canonical.document(body)))
        gathered += len(rows)


def _access(row: AccessRow) -> Access:
    return Access(at=row.at, action=row.action, artifact=row.artifact, who=row.who, host=row.host, client=row.client,
                  why=row.why, detail=row.detail)


def logged(session: Session, entry: CustodyEntry) -> None:
    """Note the leaf of a batch on its accesses."""
    waiting = col(AccessRow.batch) == entry.document, col(AccessRow.leaf).is_(None)
    session.exec(update(AccessRow).where(*waiting).values(leaf=entry.index))


def restored(entry: CustodyEntry, objects: Objects) -> list[AccessRow]:
    """Return the rows of a batch made again from its document; raises `VerificationError` where that does not fit."""
    return [
        AccessRow(**asdict(one), batch=entry.document, leaf=entry.index) for one in read_batch(entry, objects)
    ]


def read_batch(entry: CustodyEntry, objects: Objects) -> list[Access]:
    """Return the accesses of a batch; raises `VerificationError` where the document is not the one in the log."""
    data = objects.get(document_path(entry.document))
    if hashlib.sha256(data).hexdigest() != entry.document:
        raise VerificationError("the document is not the one in the log")
    try:
        found = [
            Access(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in canonical.loads(data)["accesses"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise VerificationError(f"the document cannot be read: {error!r}") from error
    if len(found) != entry.count:
        raise VerificationError(f"the document holds {len(found)} accesses, the log says {entry.count}")
    return found


def _plain(value: Any) -> Any:
    """Return a text as every database keeps it, cut to what is kept."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST]


class Custody:
    """The access log as the rest of annexa sees it."""

    _catalog: Catalog

    def note(self, *accesses: Access) -> None:
        """Append accesses; a process that only reads the store may, where its database can be written."""
        with self._catalog.write("write the access log") as session:
            for one in accesses:
                session.add(AccessRow(**{name: _plain(value) for name, value in asdict(one).items()}))

    def accesses(self, artifact: str | None = None) -> list[AccessRow]:
        """Return the access log in its order, of one artifact or all of it."""
        query = select(AccessRow).order_by(col(AccessRow.id))
        if artifact is not None:
            query = query.where(col(AccessRow.artifact) == artifact)
        with self._catalog.read() as session:
            return list(session.exec(query))


def differing(entry: CustodyEntry, catalog: Catalog, objects: Objects) -> Iterator[str]:
    """Yield how the document and the rows of a batch differ from what the log has."""
    with catalog.read() as session:
        query = select(AccessRow).where(col(AccessRow.batch) == entry.document, col(AccessRow.leaf) == entry.index)
        rows = session.exec(query.order_by(col(AccessRow.id))).all()
    try:
        kept = read_batch(entry, objects)
    except VerificationError as error:
        yield error.message
        return
    if [_access(row) for row in rows] != kept:
        yield "the catalog says otherwise than the log"


__all__ = ["Access", "Custody", "differing", "document_path", "gather", "logged", "read_batch", "restored"]
