"""The store as the rest of annexa sees it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog
from obstore.exceptions import BaseError
from sqlmodel import Session, select

from agent.errors import GoneError, LockedError, StoreError
from agent.masking import Redaction
from agent.model import Provenance
from agent.seal import Statement, verifier_key
from agent.seal.signing import Signer
from agent.store import sampled
from agent.store.acts import removed
from agent.store.artifact import ObjectWriter, StagedObject, envelope_path
from agent.store.catalog import Catalog
from agent.store.check import Problem, check
from agent.store.custody import gather
from agent.store.facts import Facts
from agent.store.keys import Keys, open_keys
from agent.store.lock import WriterLock
from agent.store.migrate import bring_up
from agent.store.objects import Objects, open_objects
from agent.store.publish import Publisher
from agent.store.rebuild import rebuild
from agent.store.redacting import redactor_for
from agent.store.rotation import Rotation
from agent.store.sampled import Sampled
from agent.store.scopekeys import KEYS, ScopeKeys
from agent.store.sequencer import Derive, Sequencer
from agent.store.submit import submit, sweep
from agent.store.tables import ArtifactRow, Pending, SamplingRow, Tree
from agent.store.verified import VerifiedArtifact, open_verified, read_envelope

log = structlog.get_logger("annexa.store")


class Store(Rotation, Facts, Sampled):
    """An open store; made by `Store.open`, used as a context manager."""

    def __init__(
        self, catalog: Catalog, objects: Objects, keys: Keys, stack: ExitStack, clock: Callable[[], datetime],
        data: Path, signing: str,
    ) -> None:
        super().__init__(catalog)
        self.catalog = catalog
        self.objects = objects
        self.keys = keys
        self.data = data
        self.signing = signing
        self.mask_keys: tuple[str, ...] = ()
        self.redaction = Redaction()
        self.until: Callable[[str, datetime], datetime | None] = lambda _kind, _at: None
        self.nameless: Callable[[bytes], bytes] = lambda body: body
        self._stack = stack
        self._clock = clock
        self._sequencer: Sequencer | None = None
        self._publisher: Publisher | None = None
        self._behind = False

    @classmethod
    def open(
        cls,
        database_url: str,
        artifacts_url: str,
        *,
        data: Path,
        clock: Callable[[], datetime],
        writer: bool,
        organization: str = "",
        mask_keys: Iterable[str] = (),
        redaction: Redaction | None = None,
        artifacts_options: Mapping[str, Any] | None = None,
        stamped: bool = False,
        signing: str = "",
        write_once: bool = False,
        until: Callable[[str, datetime], datetime | None] = lambda _kind, _at: None,
        encryption: str = "",
        nameless: Callable[[bytes], bytes] = lambda body: body,
    ) -> Self:
        """Open a store to read, or to write it as the only one; raises `StoreError` with advice.

        `until` says, of an evidence kind and the end of a run, how long a write-once store locks it. `encryption`
        names what wraps the data keys ('': nothing is encrypted), `nameless` takes names out of a summary.
        """
        with ExitStack() as stack:
            catalog = Catalog(database_url, writer=writer)
            stack.callback(catalog.close)
            if writer:
                stack.enter_context(WriterLock(data, catalog, clock).take())
            elif catalog.path is not None and not catalog.path.exists():
                raise StoreError(f"There is no store in {catalog.path}", advice="Run `annexa collect` first")
            _sound(catalog, writer=writer)
            bring_up(catalog, writer=writer)
            scope_keys = ScopeKeys(data / "keys" / KEYS, encryption)
            if writer:
                scope_keys.ready()
            objects = open_objects(
                artifacts_url, data, artifacts_options or {}, writer=writer, write_once=write_once, keys=scope_keys
            )
            with catalog.read() as session:
                tree = session.exec(select(Tree)).first()
            create = not _waiting(catalog) and not (tree and tree.size)
            keys = open_keys(data / "keys", sign=writer, create=create, uri=signing)
            store = cls(catalog, objects, keys, stack.pop_all(), clock, data, signing)
        store.mask_keys = tuple(mask_keys)
        store.redaction = redaction or Redaction()
        store.until, store.nameless = until, nameless
        if writer and keys.signer is not None:
            try:
                store._begin(organization, keys.signer, stamped=stamped)
            except BaseException:
                store.close()
                raise
        return store

    def _begin(self, organization: str, signer: Signer, *, stamped: bool) -> None:
        """Take the fence, sweep what a crash left, and finish what it cut off."""
        with self.catalog.write("open the catalog to write") as session:
            tree = session.exec(select(Tree).with_for_update()).first()
            if tree is None:
                name = secrets.token_hex(8)
                tree = Tree(store=name, origin=f"{_slug(organization)}/annexa/{name}")
            tree.epoch += 1
            session.add(tree)
        self._sequencer = Sequencer(self.catalog, self._clock, tree.epoch)
        self._publisher = Publisher(self.catalog, self.objects, signer, self.keys.ring, stamped=stamped)
        self.objects.put("log/verifier-key", (verifier_key(tree.origin, self.keys.public) + "\n").encode())
        sweep(self.catalog, self.objects)
        self.cancel_rotation()
        self.cancel_erasures()
        self.destroy_keys()
        self._publish()
        self.finish_rotation()
        self.finish_quietly()

    def new_object(self, scope: str, collector: str = "", *, whole: str = "") -> ObjectWriter:
        """Begin an artifact of a scope, redacted by the rules for its collector; `whole` as in `Redactor`."""
        redactor = redactor_for(collector, self.redaction, self.data / "keys", whole)
        return ObjectWriter(self.objects.staging, scope, self.mask_keys, redactor, self.objects.keys.sealing(scope))

    def submit(self, staged: StagedObject, provenance: Provenance) -> str:
        """Seal a run and keep it as pending; returns the artifact's id, `sha256:…`."""
        until = self.until(provenance.kind, provenance.finished_at)
        artifact = submit(staged, provenance, self.catalog, self.objects, self._signer, until)
        self.hold_anew(provenance.scope, artifact, staged.path)
        return artifact

    def sequence(self, derive: Derive | None = None) -> list[ArtifactRow]:
        """Record the next batch of pending rows, publish the log; returns the rows recorded or voided."""
        if self._sequencer is None:
            raise StoreError("This store is open to read only")
        gather(self.catalog, self.objects)
        before = self._sequencer.entries
        rows = self._sequencer.batch(derive)
        if self._sequencer.entries != before or self._behind:
            self._publish()
        return rows

    @property
    def writes(self) -> bool:
        """Return whether this process holds the store to write."""
        return self._sequencer is not None

    def keep_step(
        self, step: str, facts: dict[str, Any], document: dict[str, Any], derive: Derive | None = None
    ) -> SamplingRow:
        """Put a step of sampling into the log and return its row; `facts` stand in the entry itself."""
        digest = sampled.submit(self.catalog, self.objects, step, facts, document)
        self.drain(derive)
        return next(row for row in reversed(self.sampled(step=step)) if row.document == digest)

    def wrong_steps(self) -> Iterator[tuple[str, str]]:
        """Yield each step of sampling on which log, document and row disagree, and how."""
        return sampled.wrong(self.catalog, self.objects)

    def open_artifact(self, artifact: str) -> VerifiedArtifact:
        """Open an artifact by its whole id; raises `VerificationError` where it is not what was signed."""
        try:
            return open_verified(artifact, self.objects, self.keys.ring)
        except (GoneError, LockedError) as error:
            act = self.removal(self.artifact(artifact))
            if act is None:
                said = f"The records of {artifact} cannot be read: {error.message}"
                raise type(error)(said, advice=error.advice) from error
            advice = "Its seal and its leaf stay: annexa evidence history"
            raise GoneError(removed(artifact, act), advice=advice) from None

    def sealed_artifact(self, artifact: str) -> VerifiedArtifact:
        """Return an artifact by its signed envelope alone; its records are not looked at until they are asked for."""
        return VerifiedArtifact(artifact, self.statement(artifact), self.objects)

    def statement(self, artifact: str) -> Statement:
        """Return what the signed envelope of an artifact says; raises `VerificationError` where it is not its own."""
        return read_envelope(artifact, self.objects.get(envelope_path(artifact)), self.keys.ring)

    def pending(self) -> int:
        """Return how many runs wait for the sequencer."""
        return _waiting(self.catalog)

    def check(
        self, *, deep: bool, progress: Callable[[int, int], None] = lambda _done, _all: None
    ) -> list[Problem]:
        """Return what is wrong with the store; `deep` reads every object and every tile."""
        return check(self.catalog, self.objects, self.keys.ring, deep=deep, progress=progress)

    rebuild = staticmethod(rebuild)
    """Fill an empty database from objects, envelopes and log."""

    @contextmanager
    def transaction(self, what: str = "write the catalog") -> Iterator[Session]:
        """Open a write transaction on the catalog's tables."""
        with self.catalog.write(what) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a read transaction on the catalog's tables."""
        with self.catalog.read() as session:
            yield session

    @property
    def _signer(self) -> Signer:
        if self.keys.signer is None:
            raise StoreError("This store is open to read only")
        return self.keys.signer

    def _publish(self) -> None:
        """Publish the log; a failing disk or bucket leaves it for the next time, a forked log is raised."""
        assert self._publisher is not None
        self._behind = True
        try:
            self._publisher.publish()
            self._behind = False
        except StoreError as error:
            if not isinstance(error.__cause__, (OSError, BaseError)):
                raise
            log.warning("the log could not be published yet", error=error.line())

    def close(self) -> None:
        """Let go of the lock and the database."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _sound(catalog: Catalog, *, writer: bool) -> None:
    if writer and (wrong := catalog.integrity(deep=False)):
        raise StoreError(
            f"The catalog is damaged: {wrong[0]}", advice="Rebuild it from the objects with `annexa store rebuild`"
        )


def _waiting(catalog: Catalog) -> int:
    with catalog.read() as session:
        return len(session.exec(select(Pending.seq)).all())


def _slug(organization: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", organization.lower()).strip("-") or "organization"
