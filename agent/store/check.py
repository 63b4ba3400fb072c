"""Whether what is kept is what was recorded, and whether anything lies there that nobody recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from sqlmodel import col, select

from agent import canonical
from agent.errors import LockedError, StoreError, VerificationError
from agent.seal import EMPTY, ArtifactEntry, CustodyEntry, Range, artifact_id, leaf_hash, read_entry, read_statement
from agent.seal.signing import SSlibKey
from agent.seal.tiles import WIDTH, spans
from agent.store import custody
from agent.store.acts import wrong as wrong_acts
from agent.store.acts import wrong_deletions
from agent.store.artifact import envelope_path
from agent.store.catalog import Catalog
from agent.store.logfiles import read_checkpoint, read_entries, read_tile
from agent.store.objects import Objects
from agent.store.sampled import wrong as wrong_steps
from agent.store.sequencer import artifact_row
from agent.store.tables import ArtifactRow, Leaf, Node, Pending, Tree
from agent.store.verified import open_verified, read_envelope

PAGE = 500
SAME = (
    "object", "path", "size", "collector", "collector_version", "kind", "scope", "boundary", "region", "source",
    "outcome", "records", "window_start", "window_end", "collected_at", "finished_at", "recorded_at", "lacking",
    "masked", "error", "leaf", "envelope",
)
"""The columns that must say what the signed statement and the log say."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: kind is database, log, envelope, object, row or orphan."""

    kind: str
    subject: str
    detail: str

    def line(self) -> str:
        """Return it as a person reads it."""
        return f"{self.kind}: {self.subject}: {self.detail}"


@dataclass(slots=True)
class Check:
    """A check of a whole store; `deep` reads every object and every tile, else their presence is asked."""

    catalog: Catalog
    objects: Objects
    keys: Sequence[SSlibKey]
    deep: bool = False
    progress: Callable[[int, int], None] = lambda _done, _all: None

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong, in the order in which it is found."""
        for wrong in self.catalog.integrity(deep=True):
            yield Problem("database", "catalog", wrong)
        yield from self._log()
        with self.catalog.read() as session:
            total = len(session.exec(select(ArtifactRow.leaf)).all())
        for done, row in enumerate(self._rows(), 1):
            yield from self._artifact(row)
            self.progress(done, total)
        for subject, detail in chain(
            wrong_steps(self.catalog, self.objects), wrong_acts(self.catalog), wrong_deletions(self.catalog)
        ):
            yield Problem("row", subject, detail)
        yield from self._pending()
        yield from self._orphans()

    def _rows(self) -> Iterator[ArtifactRow]:
        after = -1
        while True:
            with self.catalog.read() as session:
                query = select(ArtifactRow).where(col(ArtifactRow.leaf) > after).order_by(col(ArtifactRow.leaf))
                rows = session.exec(query.limit(PAGE)).all()
            if not rows:
                return
            yield from rows
            after = rows[-1].leaf

    def _artifact(self, row: ArtifactRow) -> Iterator[Problem]:
        try:
            envelope = self.objects.get(envelope_path(row.id))
            statement = read_envelope(row.id, envelope, self.keys)
            with self.catalog.read() as session:
                leaf = session.get(Leaf, row.leaf)
            entry = read_entry(leaf.entry) if leaf else None
            if not isinstance(entry, ArtifactEntry) or entry.artifact != row.id:
                yield Problem("row", row.id, f"the log's leaf {row.leaf} is not of this artifact")
                return
            if hashlib.sha256(envelope).hexdigest() != entry.envelope:
                yield Problem("envelope", row.id, "is not the one whose digest is in the log")
            told = artifact_row(entry, statement, row.stored_size)
            if differing := [name for name in SAME if getattr(told, name) != getattr(row, name)]:
                yield Problem("row", row.id, f"the catalog says otherwise than the seal: {', '.join(differing)}")
        except VerificationError as error:
            yield Problem("envelope", row.id, error.message)
            return
        yield from self._object(row, statement.path)

    def _object(self, row: ArtifactRow, path: str) -> Iterator[Problem]:
        gone = self.objects.size(path) is None
        try:
            if self.deep and not gone:
                open_verified(row.id, self.objects, self.keys)
        except VerificationError as error:
            if row.deleted_at is None or not isinstance(error, LockedError):
                yield Problem("object", row.id, error.message)
        # What was deleted or erased may be gone or stay as ciphertext: the acts must bear it out.
        if gone and row.deleted_at is None:
            yield Problem("object", row.id, f"{path} is gone from the store")

    def _pending(self) -> Iterator[Problem]:
        with self.catalog.read() as session:
            bodies = session.exec(select(Pending.body)).all()
        for body in map(canonical.loads, bodies):
            if body["type"] == "artifact":
                try:
                    open_verified(body["artifact"], self.objects, self.keys)
                except VerificationError as error:
                    yield Problem("object", f"{body['artifact']} (pending)", error.message)

    def _log(self) -> Iterator[Problem]:
        with self.catalog.read() as session:
            tree = session.exec(select(Tree)).first()
        if tree is None:
            return
        try:
            yield from self._leaves(tree)
            checkpoint = read_checkpoint(self.objects, self.keys, tree.origin)
            if checkpoint is None:
                if tree.published_size:
                    yield Problem("log", "checkpoint", "is gone from the store")
                return
            if checkpoint.size > tree.size:
                yield Problem("log", "checkpoint", f"is of {checkpoint.size} leaves, the catalog of {tree.size}")
            elif self._head(checkpoint.size).root() != checkpoint.root:
                yield Problem("log", "checkpoint", f"the catalog's first {checkpoint.size} leaves make another root")
            if self.deep:
                for _entry in read_entries(self.objects, checkpoint):
                    pass
                yield from self._tiles(checkpoint.size)
        except VerificationError as error:
            yield Problem("log", "files", error.message)

    def _leaves(self, tree: Tree) -> Iterator[Problem]:
        with self.catalog.read() as session:
            query = select(Leaf).order_by(col(Leaf.index)).execution_options(yield_per=PAGE)
            for at, leaf in enumerate(session.scalars(query) if self.deep else ()):
                entry = read_entry(leaf.entry)
                if leaf.index != at or leaf_hash(leaf.entry) != leaf.hash or entry.index != at:
                    yield Problem("log", f"leaf {at}", "is not what its hash says")
                if isinstance(entry, CustodyEntry):
                    for detail in custody.differing(entry, self.catalog, self.objects):
                        yield Problem("row", f"accesses of leaf {at}", detail)
        if self._head(tree.size) != Range.from_bytes(tree.size, tree.hashes):
            yield Problem("log", "head", "the leaves of the catalog do not make it")

    def _head(self, size: int) -> Range:
        with self.catalog.read() as session:
            query = select(Leaf.hash).where(col(Leaf.index) < size).order_by(col(Leaf.index))
            return EMPTY.extend(session.scalars(query.execution_options(yield_per=PAGE)))

    def _tiles(self, size: int) -> Iterator[Problem]:
        level = 0
        while size >> (8 * level):
            for index, width in spans(size, level):
                with self.catalog.read() as session:
                    first = index * WIDTH
                    if level:
                        span = col(Node.index).between(first, first + width - 1)
                        query = select(Node.hash).where(col(Node.level) == level, span).order_by(col(Node.index))
                    else:
                        span = col(Leaf.index).between(first, first + width - 1)
                        query = select(Leaf.hash).where(span).order_by(col(Leaf.index))
                    expected = b"".join(session.scalars(query))
                if not read_tile(self.objects, level, index, width).startswith(expected):
                    yield Problem("log", f"tile {level}/{index}", "holds other hashes than the catalog")
            level += 1

    def _orphans(self) -> Iterator[Problem]:
        for prefix in ("objects/", "envelopes/"):
            paths = self.objects.list(prefix)
            while some := list(islice(paths, PAGE)):
                # Asked first: a run that is being kept leaves its intent only once a row names its files.
                under_way = self._intents()
                named = self._named(some)
                for path in some:
                    if path not in named and path not in under_way:
                        yield Problem("orphan", path, "no row names it")

    def _intents(self) -> set[str]:
        paths = set()
        for file in self.objects.staging.glob("*.intent"):
            try:
                data = canonical.loads(file.read_bytes())
            except (OSError, ValueError):
                continue  # it has just ended
            paths |= {data["path"], envelope_path(data["artifact"])}
        return paths

    def _named(self, paths: Iterable[str]) -> set[str]:
        wanted = list(paths)
        ids = ["sha256:" + path.rpartition("/")[2].removesuffix(".json") for path in wanted]
        with self.catalog.read() as session:
            waiting = [canonical.loads(body) for body in session.exec(select(Pending.body))]
            found = set(session.exec(select(ArtifactRow.path).where(col(ArtifactRow.path).in_(wanted))))
            found |= {envelope_path(one) for one in session.exec(
                select(ArtifactRow.id).where(col(ArtifactRow.id).in_(ids))
            )}
        for body in waiting:
            if body["type"] == "artifact":
                payload = body["payload"].encode()
                found |= {read_statement(payload).path, envelope_path(artifact_id(payload))}
        return found


def check(
    catalog: Catalog, objects: Objects, keys: Sequence[SSlibKey], *, deep: bool,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[Problem]:
    """Return every problem of a store; an unreadable database is one of them."""
    problems: list[Problem] = []
    try:
        problems.extend(Check(catalog, objects, keys, deep, progress).problems())
    except StoreError as error:
        problems.append(Problem("database", "store", error.message))
    return problems
