"""The log as files: C2SP tlog-tiles below `log/`, then the checkpoint; what was cut off is written again."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NoReturn

from sqlmodel import Session, col, select

from agent.errors import StoreError, VerificationError
from agent.seal import EMPTY, Checkpoint, Range, leaf_hash, seal_checkpoint
from agent.seal.signing import Signer, SSlibKey
from agent.seal.tiles import HEIGHT, WIDTH, bundle, spans, tile_path
from agent.store.catalog import Catalog
from agent.store.logfiles import CHECKPOINT, queue_path, read_checkpoint
from agent.store.objects import Objects
from agent.store.tables import Leaf, Node, Tree

FORKED = "The log in the store and the catalog do not belong together"
ADVICE = "Do not write into it: restore both from the same backup, or run `annexa store rebuild`"


class Publisher:
    """Writes tiles and checkpoint; never signs a head that does not continue the one published before."""

    def __init__(
        self, catalog: Catalog, objects: Objects, signer: Signer, keys: Sequence[SSlibKey], *, stamped: bool = False
    ) -> None:
        self._catalog = catalog
        self._objects = objects
        self._signer = signer
        self._keys = keys
        self._stamped = stamped
        self._lock = threading.Lock()

    def use(self, signer: Signer, keys: Sequence[SSlibKey]) -> None:
        """Sign with another key from now on."""
        with self._lock:
            self._signer, self._keys = signer, keys

    def publish(self) -> int:
        """Publish what the catalog has more than the log, and return the size of the log."""
        with self._lock:
            with self._catalog.read() as session:
                tree = session.exec(select(Tree)).one()
                before, head = self.consistent(session, tree)
                if before == head.size and tree.published_size == head.size and head.size:
                    return head.size
                if not head.size:
                    return 0
                self._tiles(session, before, head)
            note = seal_checkpoint(Checkpoint(tree.origin, head.size, head.root()), self._signer)
            if self._stamped:  # first: a crash between the two may leave one too many, never one too few
                self._objects.put(queue_path(head.size), note)
            self._objects.put(CHECKPOINT, note, replace=True)
            with self._catalog.write("note the published log") as session:
                kept = session.exec(select(Tree)).one()
                kept.published_size, kept.published_hashes = head.size, head.to_bytes()
                session.add(kept)
            self._clear(before, head.size)
            return head.size

    def consistent(self, session: Session, tree: Tree) -> tuple[int, Range]:
        """Return the published size and the head's range; raises `StoreError` where the head does not continue it."""
        known = Range.from_bytes(tree.published_size, tree.published_hashes)
        head = Range.from_bytes(tree.size, tree.hashes)
        try:
            checkpoint = read_checkpoint(self._objects, self._keys, tree.origin)
        except VerificationError as error:
            raise StoreError(f"{FORKED}: {error.message}", advice=ADVICE) from error
        size = checkpoint.size if checkpoint else 0
        if not known.size <= size <= head.size:
            _forked(f"the checkpoint is of {size} leaves, the catalog of {head.size}, {known.size} of them published")
        grown = self._grow(session, known, size)
        if checkpoint is not None and grown.root() != checkpoint.root:
            _forked(f"at {size} leaves their roots differ")
        if self._grow(session, grown, head.size) != head:
            _forked("the leaves do not make the head of the catalog")
        return size, head

    def _grow(self, session: Session, grown: Range, size: int) -> Range:
        hashes = session.exec(
            select(Leaf.hash).where(col(Leaf.index) >= grown.size, col(Leaf.index) < size).order_by(col(Leaf.index))
        )
        return grown.extend(hashes)

    def _fits(self, session: Session, leaves: Sequence[Leaf], index: int, head: Range) -> None:
        """Raise where the leaves of a tile are not those that the head was made of."""
        if any(leaf_hash(leaf.entry) != leaf.hash for leaf in leaves):
            _forked(f"a leaf of the tile {index} is not what its hash says")
        made = EMPTY.extend(leaf.hash for leaf in leaves)
        if made.size == WIDTH:
            node = session.get(Node, (1, index))
            expected: tuple[bytes, ...] = (node.hash,) if node else ()
        else:
            expected = head.hashes[len(head.hashes) - (head.size % WIDTH).bit_count() :]
        if made.hashes != expected:
            _forked(f"the leaves of the tile {index} are not those of the head")

    def _tiles(self, session: Session, before: int, head: Range) -> None:
        size = head.size
        for index, width in spans(size, 0, before):
            span = col(Leaf.index).between(index * WIDTH, index * WIDTH + width - 1)
            leaves = session.exec(select(Leaf).where(span).order_by(col(Leaf.index))).all()
            self._fits(session, leaves, index, head)
            self._tile("entries", index, width, bundle([leaf.entry for leaf in leaves]))
            self._tile(0, index, width, b"".join(leaf.hash for leaf in leaves))
        level = 1
        while size >> (HEIGHT * level):
            for index, width in spans(size, level, before):
                span = col(Node.index).between(index * WIDTH, index * WIDTH + width - 1)
                nodes = session.exec(
                    select(Node.hash).where(col(Node.level) == level, span).order_by(col(Node.index))
                ).all()
                self._tile(level, index, width, b"".join(nodes))
            level += 1

    def _tile(self, level: int | str, index: int, width: int, data: bytes) -> None:
        """Write a tile; one that an unfinished publication left may be of leaves that were never kept."""
        self._objects.put(f"log/{tile_path(level, index, width)}", data, replace=True)

    def _clear(self, before: int, size: int) -> None:
        """Delete the partial tiles of those that are whole now."""
        for index in range(before // WIDTH, size // WIDTH):
            for level in (0, "entries"):
                for path in list(self._objects.list(f"log/{tile_path(level, index)}.p/")):
                    self._objects.delete(path)


def _forked(why: str) -> NoReturn:
    raise StoreError(f"{FORKED}: {why}", advice=ADVICE)
