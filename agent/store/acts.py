"""What is done with evidence beside collecting it, each a leaf: holds, deletions, erasures, changes of keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from agent import canonical
from agent.errors import GoneError, VerificationError
from agent.seal import CustodyEntry, DeletionEntry, Entry, ErasureEntry, HoldEntry, KeyEntry, read_entry
from agent.seal.leaf import KNOWN
from agent.store import custody
from agent.store.append import append
from agent.store.catalog import Catalog
from agent.store.tables import ActRow, ArtifactRow, Leaf, Pending, Tree

SCOPE = "scope:"
"""What the subject of a hold begins with where it is on a whole scope."""
ACTS = (HoldEntry, DeletionEntry, ErasureEntry, KeyEntry)
REMOVALS = (DeletionEntry, ErasureEntry)
"""After these, objects go; the act is not done before they have gone."""
PAGE = 500


def keep_pending(catalog: Catalog, what: str, *bodies: dict[str, Any]) -> None:
    """Let acts wait for their leaves, in their order and in one transaction; the same act waits once."""
    with catalog.write(what) as session:
        for body in bodies:
            data = canonical.document(body)
            key = f"{body['type']}:{hashlib.sha256(data).hexdigest()}"
            if session.exec(select(Pending.seq).where(col(Pending.key) == key)).first() is None:
                session.add(Pending(key=key, body=data))


def record(session: Session, tree: Tree, body: dict[str, Any], now: datetime, clock: datetime | None) -> None:
    """Write the leaf of a pending act or batch of accesses, and what follows from it."""
    known = KNOWN[body["type"]]
    said = {one.name: body[one.name] for one in fields(known) if one.name in body}
    if known is HoldEntry and not said["name"]:
        said["name"] = f"H{_holds(session) + 1}"
    entry = known(**{**said, "index": tree.size, "recorded_at": now, "clock": clock})
    follow(session, entry, body)
    append(session, tree, entry.write())


def _holds(session: Session) -> int:
    session.flush()
    return session.exec(select(func.count()).where(col(ActRow.kind) == "hold")).one()


def follow(session: Session, entry: Entry, body: dict[str, Any] | None = None) -> None:
    """Write the rows of an entry; `body` is what was pending, None where the catalog is made again."""
    if isinstance(entry, CustodyEntry):
        if body is not None:
            custody.logged(session, entry)
        return
    session.add(act_row(entry, done=not isinstance(entry, REMOVALS)))
    if isinstance(entry, REMOVALS):
        session.flush()
        whose = (col(ArtifactRow.path) == entry.path if isinstance(entry, DeletionEntry)
                 else col(ArtifactRow.scope) == entry.scope)
        for row in session.exec(select(ArtifactRow).where(whose, col(ArtifactRow.deleted_at).is_(None))):
            row.deleted_at = entry.recorded_at
            session.add(row)


def act_row(entry: Entry, *, done: bool = True) -> ActRow:
    """Return the row of an entry."""
    if isinstance(entry, HoldEntry):
        kind = "hold" if entry.action == "placed" else "release"
        said = {"kind": kind, "subject": entry.subject, "name": entry.name, "reason": entry.reason}
    elif isinstance(entry, DeletionEntry):
        said = {"kind": "deletion", "subject": entry.path, "name": entry.retention}
    elif isinstance(entry, ErasureEntry):
        said = {"kind": "erasure", "subject": SCOPE + entry.scope, "name": entry.key, "reason": entry.reason}
    elif isinstance(entry, KeyEntry):
        said = {"kind": "key", "subject": entry.keyid, "reason": entry.reason, "name": entry.follows}
    else:
        raise TypeError(f"{type(entry).__name__} has no row of its own")
    return ActRow(leaf=entry.index, by=entry.by, recorded_at=entry.recorded_at, done=done, **said)


def holding(acts: Sequence[ActRow]) -> list[ActRow]:
    """Return the holds among acts, in the order of the log, that no later act released."""
    held: dict[str, ActRow] = {}
    for act in acts:
        if act.kind == "hold":
            held[act.name] = act
        elif act.kind == "release":
            held.pop(act.name, None)
    return list(held.values())


def removed(artifact: str, act: ActRow) -> str:
    """Return by which act the records of an artifact went, as a sentence."""
    at = canonical.timestamp(act.recorded_at)
    if act.kind == "erasure":
        return f"The records of {artifact} were erased on {at} by {act.by}: {act.reason}"
    return f"The records of {artifact} were deleted under retention on {at}"


class Acts:
    """The questions about acts."""

    _catalog: Catalog

    def acts(self, *kinds: str, subjects: Sequence[str] = ()) -> list[ActRow]:
        """Return acts in the order of the log, of some kinds or on some subjects alone."""
        query = select(ActRow).order_by(col(ActRow.leaf))
        if kinds:
            query = query.where(col(ActRow.kind).in_(kinds))
        if subjects:
            query = query.where(col(ActRow.subject).in_(subjects))
        with self._catalog.read() as session:
            return list(session.exec(query))

    def removal(self, row: ArtifactRow) -> ActRow | None:
        """Return the act by which the records of an artifact went, None where they are there."""
        return removal(row, self.acts("deletion", "erasure", subjects=[row.path, SCOPE + row.scope]))

    def present(self, row: ArtifactRow) -> ArtifactRow:
        """Return the row where its records are there; raises `GoneError` saying by which act they went."""
        if row.deleted_at is not None and (act := self.removal(row)) is not None:
            raise GoneError(removed(row.id, act), advice="Its seal and its leaf stay: annexa evidence history")
        return row

    def holds(self, *subjects: str) -> list[ActRow]:
        """Return the holds in force, on anything or on some subjects."""
        return holding(self.acts("hold", "release", subjects=subjects))


def wrong(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the acts: the subject, and how its row and its leaf differ."""
    with catalog.read() as session:
        rows = session.exec(select(ActRow).order_by(col(ActRow.leaf))).all()
        leaves = {row.leaf: session.get(Leaf, row.leaf) for row in rows}
    for row in rows:
        leaf = leaves[row.leaf]
        try:
            entry = read_entry(leaf.entry) if leaf else None
            if not isinstance(entry, ACTS):
                yield f"{row.kind} {row.name}", f"the log's leaf {row.leaf} is not of it"
            elif act_row(entry, done=row.done).model_dump() != row.model_dump():
                yield f"{row.kind} {row.name}", "the catalog says otherwise than the log"
        except VerificationError as error:
            yield f"{row.kind} {row.name}", error.message


def wrong_deletions(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Yield the artifacts whose row says deleted or erased where no later leaf does, or otherwise."""
    with catalog.read() as session:
        rows = session.exec(select(ArtifactRow).where(col(ArtifactRow.deleted_at).is_not(None))).all()
        removals = select(ActRow).where(col(ActRow.kind).in_(("deletion", "erasure"))).order_by(col(ActRow.leaf))
        acts = session.exec(removals).all()
    by_subject: dict[str, list[ActRow]] = {}
    for act in acts:
        by_subject.setdefault(act.subject, []).append(act)
    for row in rows:
        later = removal(row, [*by_subject.get(row.path, ()), *by_subject.get(SCOPE + row.scope, ())])
        if later is None or later.recorded_at != row.deleted_at:
            yield row.id, "the catalog says that its object was deleted, the log does not"


def removal(row: ArtifactRow, acts: Iterable[ActRow]) -> ActRow | None:
    """Return the act by which the records of an artifact went: the first later deletion of its path or its scope."""
    fitting = [
        act for act in acts if act.leaf > row.leaf
        and (act.kind, act.subject) in {("deletion", row.path), ("erasure", SCOPE + row.scope)}
    ]
    return min(fitting, key=lambda act: act.leaf, default=None)
