"""The steps of sampling in the store: a document, its leaf in the log, its row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from agent import canonical
from agent.errors import StoreError, VerificationError
from agent.seal import SamplingEntry, read_entry
from agent.seal.leaf import LARGEST
from agent.store.append import append
from agent.store.catalog import Catalog
from agent.store.objects import Objects
from agent.store.tables import Leaf, Pending, SamplingRow, Tree

LETTERS = {"population": "P", "draw": "S"}
"""What the names of the steps begin with; a result has the name of its sample."""
ROOM = 320
"""Bytes that everything but the facts takes in an entry, at most."""


def document_path(digest: str) -> str:
    """Return the path under which the document of a step is kept."""
    return f"samples/{digest[:2]}/{digest}.json"


def submit(catalog: Catalog, objects: Objects, kind: str, facts: dict[str, Any], document: dict[str, Any]) -> str:
    """Keep a step as pending, its document first; returns the document's digest."""
    if len(canonical.document(facts)) > LARGEST - ROOM:
        raise StoreError(f"What goes into the log is too long: {LARGEST - ROOM} bytes as JSON", advice="Shorten it")
    data = canonical.document(document)
    digest = hashlib.sha256(data).hexdigest()
    objects.put(document_path(digest), data)
    body = {"type": "sampling", "step": kind, "facts": facts, "document": digest, "body": data.decode()}
    with catalog.write("keep a step of sampling") as session:
        key = f"sampling:{digest}"
        if session.exec(select(Pending).where(col(Pending.key) == key)).first() is None:
            session.add(Pending(key=key, body=canonical.document(body)))
    return digest


def step(session: Session, tree: Tree, body: dict[str, Any], now: datetime, clock: datetime | None) -> None:
    """Write the leaf and the row of a pending step; populations and draws are numbered as they come."""
    kind = body["step"]
    name = str(body["facts"]["sample"]) if kind not in LETTERS else f"{LETTERS[kind]}{_count(session, kind) + 1}"
    entry = SamplingEntry(
        index=tree.size, step=kind, name=name, document=body["document"], facts=body["facts"], recorded_at=now,
        clock=clock,
    )
    session.add(row_of(entry, body["body"].encode()))
    append(session, tree, entry.write())


def _count(session: Session, kind: str) -> int:
    session.flush()
    return session.exec(select(func.count()).where(col(SamplingRow.step) == kind)).one()


def row_of(entry: SamplingEntry, data: bytes) -> SamplingRow:
    """Return the row of an entry with its document."""
    return SamplingRow(
        leaf=entry.index, step=entry.step, name=entry.name, document=entry.document, body=data,
        recorded_at=entry.recorded_at,
    )


def restored(entry: SamplingEntry, objects: Objects) -> SamplingRow:
    """Return the row made again from the log and the kept document; raises `VerificationError`."""
    data = objects.get(document_path(entry.document))
    if hashlib.sha256(data).hexdigest() != entry.document:
        raise VerificationError("the document is not the one in the log")
    return row_of(entry, data)


class Sampled:
    """The questions about steps of sampling."""

    _catalog: Catalog

    def sampled(self, *, name: str | None = None, step: str | None = None) -> list[SamplingRow]:
        """Return steps of sampling in the order of the log."""
        query = select(SamplingRow).order_by(col(SamplingRow.leaf))
        for column, value in ((SamplingRow.name, name), (SamplingRow.step, step)):
            if value is not None:
                query = query.where(col(column) == value)
        with self._catalog.read() as session:
            return list(session.exec(query))


def wrong(catalog: Catalog, objects: Objects) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the steps: the subject, and how its row, leaf and document differ."""
    with catalog.read() as session:
        rows = session.exec(select(SamplingRow).order_by(col(SamplingRow.leaf))).all()
        leaves = {row.leaf: session.get(Leaf, row.leaf) for row in rows}
    for row in rows:
        leaf = leaves[row.leaf]
        try:
            entry = read_entry(leaf.entry) if leaf else None
            if not isinstance(entry, SamplingEntry):
                yield f"{row.step} {row.name}", f"the log's leaf {row.leaf} is not of it"
            elif restored(entry, objects).model_dump() != row.model_dump():
                yield f"{row.step} {row.name}", "the catalog says otherwise than the log"
        except VerificationError as error:
            yield f"{row.step} {row.name}", error.message
