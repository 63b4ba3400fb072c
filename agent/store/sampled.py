"""The steps of sampling in the store: a document, its leaf in the log, its row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

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
MARK = b'"type":"sampling"'
"""What the entry of each step has, and hardly another: who looks for steps reads only these."""
PAGE = 1000


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
    name = str(body["facts"]["sample"]) if kind not in LETTERS else f"{LETTERS[kind]}{_newest(session, kind) + 1}"
    entry = SamplingEntry(
        index=tree.size, step=kind, name=name, document=body["document"], facts=body["facts"], recorded_at=now,
        clock=clock,
    )
    session.add(row_of(entry, body["body"].encode()))
    append(session, tree, entry.write())


def _newest(session: Session, kind: str) -> int:
    """Return the greatest number that a step of the kind ever had, by its rows and by the log behind the last row.

    A name is given once: a draw whose row was taken away still has it.
    """
    session.flush()
    rows = session.exec(select(SamplingRow.leaf, SamplingRow.name).where(col(SamplingRow.step) == kind)).all()
    names = [name for _leaf, name in rows]
    after = max((leaf for leaf, _name in rows), default=-1)
    names += [entry.name for _index, entry in _logged(session, after)
              if isinstance(entry, SamplingEntry) and entry.step == kind]
    return max((int(name[1:]) for name in names if name[1:].isdecimal()), default=0)


def _logged(session: Session, after: int = -1) -> Iterator[tuple[int, SamplingEntry | VerificationError]]:
    """Yield the place and the entry of each step of sampling behind a leaf, or why it cannot be read."""
    query = select(Leaf.index, Leaf.entry).where(col(Leaf.index) > after).order_by(col(Leaf.index))
    for index, data in session.exec(query.execution_options(yield_per=PAGE)):
        if MARK not in data:
            continue
        try:
            entry = read_entry(data)
        except VerificationError as error:
            yield index, error
        else:
            if isinstance(entry, SamplingEntry):
                yield index, entry


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
    """Yield what is wrong with the steps: the subject, and how leaf, document and row differ.

    The leaves are walked, and then the rows: a step without a row is found as well as a row without a step.
    """
    with catalog.read() as session:
        logged = dict(_logged(session))
        rows = {row.leaf: row for row in session.exec(select(SamplingRow))}
    for leaf, entry in logged.items():
        if isinstance(entry, VerificationError):
            yield f"leaf {leaf}", entry.message
        elif detail := differing(entry, rows.get(leaf), objects):
            yield f"{entry.step} {entry.name}", detail
    for leaf in sorted(rows.keys() - logged.keys()):
        yield f"{rows[leaf].step} {rows[leaf].name}", f"the log's leaf {leaf} is not of it"


def differing(entry: SamplingEntry, row: SamplingRow | None, objects: Objects) -> str:
    """Return how document and row of a logged step differ from it, '' where they do not."""
    try:
        told = restored(entry, objects)
    except VerificationError as error:
        return error.message
    if row is None:
        return f"the log has it as leaf {entry.index}, the catalog does not"
    return "" if told.model_dump() == row.model_dump() else "the catalog says otherwise than the log"
