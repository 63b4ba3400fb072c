"""Void, hold and release, and delete under retention: each by name, with its reason, as a leaf of the log."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

import structlog
from sqlmodel import col, select

from agent import canonical
from agent.errors import ArgumentError, StoreError
from agent.store import acts
from agent.store.acts import SCOPE, Acts
from agent.store.artifact import envelope_path
from agent.store.catalog import Catalog
from agent.store.custody import Custody
from agent.store.objects import Objects
from agent.store.query import Artifacts
from agent.store.sequencer import Derive
from agent.store.tables import ActRow, ArtifactRow, Pending

log = structlog.get_logger("annexa.store")
REASON = 600
"""What a leaf below 1 KiB has room for beside its other fields."""


class Keeping(Acts, Custody, Artifacts, ABC):
    """What is done with artifacts; nothing of it changes what was sealed."""

    catalog: Catalog
    objects: Objects

    @abstractmethod
    def sequence(self, derive: Derive | None = None) -> list[ArtifactRow]:
        """Record the next batch of pending rows."""

    @property
    @abstractmethod
    def writes(self) -> bool:
        """Return whether this process records; what another one puts down waits for the one that does."""

    def _settle(self, derive: Derive | None) -> None:
        if self.writes:
            self.drain(derive)

    def drain(self, derive: Derive | None = None) -> None:
        """Record everything that is pending."""
        while self.sequence(derive):
            pass

    def void(self, artifact: str, reason: str, by: str, derive: Derive | None = None) -> ArtifactRow:
        """Void an artifact by name and reason; nothing is deleted, and the log shows it.

        The row that is returned is void already where this process records.
        """
        row = self.artifact(artifact)
        said("An artifact is voided", reason, by)
        if row.voided_at is not None:
            return row
        body = {"type": "void", "artifact": row.id, "reason": reason, "by": by}
        with self.catalog.write("void an artifact") as session:
            key = f"void:{row.id}"
            if session.exec(select(Pending).where(col(Pending.key) == key)).first() is None:
                session.add(Pending(key=key, body=canonical.document(body)))
        self._settle(derive)
        return self.artifact(row.id)

    def hold(self, subject: str, reason: str, by: str, derive: Derive | None = None) -> ActRow | None:
        """Place a hold on an artifact, or on `scope:NAME`, and return it, None where it waits for the one who records.

        No retention deletes what it covers.
        """
        named = self._subject(subject)
        said("A hold is placed", reason, by)
        body = {"type": "hold", "action": "placed", "name": "", "subject": named, "reason": reason, "by": by}
        acts.keep_pending(self.catalog, "place a hold", body)
        self._settle(derive)
        self._in_the_store(named, placed=True)
        return self.acts("hold", subjects=[named])[-1] if self.writes else None

    def release(self, subject: str, name: str, reason: str, by: str, derive: Derive | None = None) -> str:
        """Release a hold and return its name; `name` may be '' where there is only one on the subject."""
        named = self._subject(subject)
        said("A hold is released", reason, by)
        held = {one.name: one for one in self.holds(named)}
        if not held:
            raise ArgumentError(f"There is no hold on {named}", advice="`annexa evidence holds` lists them")
        if not name and len(held) > 1:
            raise ArgumentError(f"There are several holds on {named}: {', '.join(held)}", advice="Name one with --hold")
        chosen = name.upper() or next(iter(held))
        if chosen not in held:
            raise ArgumentError(f"There is no hold {name} on {named}", advice=f"There is {', '.join(held)}")
        body = {"type": "hold", "action": "released", "name": chosen, "subject": named, "reason": reason, "by": by}
        acts.keep_pending(self.catalog, "release a hold", body)
        self._settle(derive)
        self._in_the_store(named, placed=False)
        return chosen

    def _in_the_store(self, subject: str, *, placed: bool) -> None:
        """Let a write-once store hold what a hold covers, by itself; lifted where none covers it any more."""
        if not self.objects.write_once:
            return
        scope = subject.removeprefix(SCOPE) if subject.startswith(SCOPE) else None
        rows = self.artifacts(scope=scope, deleted=False) if scope is not None else [self.artifact(subject)]
        for row in rows:
            on = placed or bool(self.holds(row.id, SCOPE + row.scope))
            for path in (row.path, envelope_path(row.id)):
                self.objects.hold(path, on=on)

    def hold_anew(self, scope: str, artifact: str, path: str) -> None:
        """Let a write-once store hold what comes into a scope that is held."""
        if self.objects.write_once and self.holds(SCOPE + scope):
            for one in (path, envelope_path(artifact)):
                self.objects.hold(one, on=True)

    def _subject(self, subject: str) -> str:
        return subject if subject.startswith(SCOPE) else self.artifact(subject).id

    def delete(self, doomed: Iterable[tuple[str, str]], by: str, derive: Derive | None = None) -> int:
        """Delete objects, given as (path, retention); the leaves say so before they go. Returns how many went.

        Whether they may go is the caller's to know: `agent.store.retention.due`.
        """
        bodies = [{"type": "deletion", "path": path, "retention": retention, "by": by} for path, retention in doomed]
        if bodies:
            acts.keep_pending(self.catalog, "delete under retention", *bodies)
            self.drain(derive)
        return self.finish_deletions()

    def finish_deletions(self) -> int:
        """Delete the objects that the log says are deleted and that may still be there; returns how many."""
        with self.catalog.read() as session:
            query = select(ActRow).where(col(ActRow.kind) == "deletion", col(ActRow.done).is_(False))
            left = session.exec(query.order_by(col(ActRow.leaf))).all()
        for act in left:
            with self.catalog.read() as session:
                living = col(ArtifactRow.path) == act.subject, col(ArtifactRow.deleted_at).is_(None)
                needed = session.exec(select(ArtifactRow.id).where(*living)).first() is not None
                waiting = session.exec(select(Pending.body)).all()
            # The same content may have been collected again since: then the object is another artifact's now.
            if not needed and not any(act.subject.encode() in body for body in waiting):
                self.objects.hold(act.subject, on=False)
                self.objects.erase(act.subject)
                if self.objects.size(act.subject) is not None:
                    raise StoreError(f"{act.subject} cannot be deleted", advice="See whether the store locks it still")
            with self.catalog.write("note a deletion") as session:
                row = session.get_one(ActRow, act.leaf)
                row.done = True
                session.add(row)
        return len(left)

    def finish_quietly(self) -> None:
        """Delete what an interrupted deletion left; a store that refuses keeps it, and is told of."""
        try:
            self.finish_deletions()
        except StoreError as error:
            log.warning("objects past their retention are still there", error=error.line())


def said(what: str, reason: str, by: str) -> None:
    """Raise `ArgumentError` unless a reason and a name are given that fit into a leaf."""
    if not reason.strip() or not by.strip():
        raise ArgumentError(f"{what} with a reason and by somebody")
    if len(canonical.document([reason, by])) > REASON:
        raise ArgumentError(f"The reason and the name are too long for the log: together {REASON} bytes as JSON")
    if not (reason + by).isprintable():
        raise ArgumentError("The reason and the name may hold no control characters or line ends")


__all__ = ["REASON", "SCOPE", "Keeping", "said"]
