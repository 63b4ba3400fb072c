"""One leaf more: the tree grows, and so do the tiles above it."""

from __future__ import annotations

from sqlmodel import Session

from agent.seal import Range, leaf_hash
from agent.seal.tiles import HEIGHT
from agent.store.tables import Leaf, Node, Tree


def append(session: Session, tree: Tree, entry: bytes) -> None:
    """Add a leaf to the tree, and the root of each tile that it fills."""
    leaf = leaf_hash(entry)
    session.add(Leaf(index=tree.size, entry=entry, hash=leaf))
    grown, completed = Range.from_bytes(tree.size, tree.hashes).append(leaf)
    for height, node in completed:
        if height % HEIGHT == 0:
            session.add(Node(level=height // HEIGHT, index=tree.size >> height, hash=node))
    tree.size, tree.hashes = grown.size, grown.to_bytes()
