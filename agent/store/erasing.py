"""The records of a scope erased: the leaf that says so, its data key, then what else of them lies here (ADR 10)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlmodel import col, select

from agent.canonical import timestamp
from agent.cipher import encrypted
from agent.errors import StoreError
from agent.store import acts
from agent.store.acts import SCOPE
from agent.store.faults import reaching
from agent.store.keeping import Keeping, said
from agent.store.sequencer import Derive
from agent.store.tables import ActRow, ArtifactRow, Pending, SummaryRow

log = structlog.get_logger("annexa.store")
PAGE = 500


class Erasing(Keeping):
    """Erasure of scopes; each step may be repeated."""

    nameless: Callable[[bytes], bytes]
    """Returns a summary without the names in it."""

    def erasable(self, scope: str, now: datetime) -> Sequence[ArtifactRow]:
        """Return the artifacts whose records an erasure would take away.

        Raises `StoreError` where there are none, a hold covers one of them, or one lies locked in the clear.
        """
        rows = self.artifacts(scope=scope, deleted=False)
        if not rows:
            raise StoreError(f"Nothing of the scope {scope} is there to erase", advice="annexa evidence list shows it")
        covered = {SCOPE + scope, *(row.id for row in rows)}
        if held := [one for one in self.holds() if one.subject in covered]:
            names = ", ".join(f"{one.name} on {one.subject}" for one in held[:5])
            raise StoreError(
                f"A hold covers the scope {scope}: {names}", advice="Nothing is erased until it is released"
            )
        for row in rows:
            until = None if encrypted(row.path) else self.objects.locked_until(row.path)
            if until is not None and until > now:
                raise StoreError(
                    f"{row.path} lies there in the clear, and the store locks it until {timestamp(until)}",
                    advice="What was collected before encryption: was set cannot be erased before its lock ends",
                )
        return rows

    def erase(self, scope: str, reason: str, by: str, now: datetime, derive: Derive | None = None) -> ActRow:
        """Erase the records of a scope and return the act; seals and leaves stay. Raises as `erasable` does."""
        said("A scope is erased", reason, by)
        self.drain(derive)
        rows = self.erasable(scope, now)
        key = self.objects.keys.of(scope)
        acts.keep_pending(self.catalog, "erase a scope", {
            "type": "erasure", "scope": scope, "key": key.id if key else "", "artifacts": len(rows),
            "reason": reason, "by": by,
        })
        self.drain(derive)
        self.finish_erasures()
        return self.acts("erasure", subjects=[SCOPE + scope])[-1]

    def cancel_erasures(self) -> None:
        """Drop what was cut off before it had its leaf: nothing was erased until somebody asks again."""
        with self.catalog.write("drop an unfinished erasure") as session:
            for row in session.exec(select(Pending).where(col(Pending.key).startswith("erasure:"))):
                session.delete(row)
                log.warning("an erasure was cut off before it was in the log: nothing was erased; ask for it again")

    def destroy_keys(self) -> list[ActRow]:
        """Destroy the data keys of erasures, and return those that are not done; nothing may be written before.

        Keys of earlier erasures go as well: a backup may have brought them back.
        """
        erasures = self.acts("erasure")
        for name in {act.name for act in erasures} & {one.id for one in self.objects.keys.held()}:
            self.objects.keys.destroy(name)
        return [act for act in erasures if not act.done]

    def finish_erasures(self) -> int:
        """Take away what is left of scopes that the log says are erased; returns how many.

        Raises `StoreError` where clear objects cannot be deleted; those that are encrypted say nothing any more.
        """
        left = self.destroy_keys()
        for act in left:
            rows = self._erased(act)
            self._unname([row.id for row in rows])
            for path in dict.fromkeys(row.path for row in rows):
                self._remove(path)
            with self.catalog.write("note an erasure") as session:
                done = session.get_one(ActRow, act.leaf)
                done.done = True
                session.add(done)
        if left:
            self._vacuum()
        return len(left)

    def finish_quietly(self) -> None:
        """Finish what an interrupted deletion or erasure left; a store that refuses keeps it, and is told of."""
        super().finish_quietly()
        try:
            self.finish_erasures()
        except StoreError as error:
            log.warning("clear objects of an erased scope are still there", error=error.line())

    def _erased(self, act: ActRow) -> Sequence[ArtifactRow]:
        scope = act.subject.removeprefix(SCOPE)
        with self.catalog.read() as session:
            query = select(ArtifactRow).where(col(ArtifactRow.scope) == scope, col(ArtifactRow.leaf) < act.leaf)
            return session.exec(query.order_by(col(ArtifactRow.leaf))).all()

    def _unname(self, artifacts: Sequence[str]) -> None:
        """Take the names out of the summaries of artifacts; the instants stay."""
        for at in range(0, len(artifacts), PAGE):
            with self.catalog.write("take names out of summaries") as session:
                if self.catalog.sqlite:
                    session.connection().execute(text("PRAGMA secure_delete=ON"))
                wanted = col(SummaryRow.artifact).in_(artifacts[at:at + PAGE])
                for row in session.exec(select(SummaryRow).where(wanted)):
                    row.body = self.nameless(row.body)
                    session.add(row)

    def _remove(self, path: str) -> None:
        with self.catalog.read() as session:
            living = col(ArtifactRow.path) == path, col(ArtifactRow.deleted_at).is_(None)
            needed = session.exec(select(ArtifactRow.id).where(*living)).first() is not None
            waiting = session.exec(select(Pending.body)).all()
        if needed or any(path.encode() in body for body in waiting):
            return  # the same content was collected again since, without encryption
        try:
            self.objects.erase(path)
        except StoreError as error:
            if not encrypted(path):
                raise
            log.info("an erased object stays as ciphertext until its lock ends", path=path, error=error.message)
        if not encrypted(path) and self.objects.size(path) is not None:
            raise StoreError(f"{path} cannot be deleted", advice="See whether the store locks it still")

    def _vacuum(self) -> None:
        """Leave nothing of what was taken out in the free pages of the database; a server does so by itself."""
        if not self.catalog.sqlite:
            return
        with reaching("compact the catalog"), contextlib.closing(self.catalog.engine.raw_connection()) as connection:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                connection.cursor().execute(statement)
