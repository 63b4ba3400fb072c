"""Where the parts of one artifact's proof lie: in the store's files, with the catalog as a mere index."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import partial

from agent import canonical
from agent.errors import GoneError, LockedError, VerificationError
from agent.seal import ArtifactEntry, DeletionEntry, ErasureEntry, Statement, leaf_hash, read_entry
from agent.seal.proofs import Hashes, check_inclusion, from_tiles, prove_consistency, prove_inclusion
from agent.seal.tiles import WIDTH, unbundle
from agent.store.artifact import envelope_path
from agent.store.logfiles import CHECKPOINT, read_tile, stamp_paths
from agent.store.objects import Objects
from agent.store.tables import ActRow, ArtifactRow
from agent.verify.cosigned import notes
from agent.verify.one import Proven
from agent.verify.rows import columns, differing
from agent.verify.sealed import ObjectCheck
from agent.verify.stamps import sizes

MOST = 8
"""Cosigned checkpoints that are shown for one artifact, the first that hold it; later ones say no more of it."""


def log_size(note: bytes) -> int:
    """Return the size that a checkpoint says, unverified; raises `VerificationError` where it says none."""
    try:
        return int(note.split(b"\n")[1])
    except (IndexError, ValueError) as error:
        raise VerificationError("The checkpoint is no signed note of a log") from error


def head_root(note: bytes) -> bytes:
    """Return the root that a checkpoint says, unverified; raises `VerificationError` where it says none."""
    try:
        return base64.b64decode(note.split(b"\n")[2], validate=True)
    except (IndexError, ValueError) as error:
        raise VerificationError("The checkpoint is no signed note of a log") from error


def log_hashes(objects: Objects, size: int) -> Hashes:
    """Return the roots of spans of a store's log as its tiles have them; nobody has verified them yet."""
    return from_tiles(size, lambda level, index, width: read_tile(objects, level, index, width))


def log_entry(objects: Objects, index: int, size: int) -> bytes:
    """Return an entry of a store's log; raises `VerificationError` where its bundle has none."""
    number, at = divmod(index, WIDTH)
    width = min(WIDTH, size - number * WIDTH)
    entries = unbundle(read_tile(objects, "entries", number, width)) if width > 0 else []
    if at >= len(entries):
        raise VerificationError(f"leaf {index} is not in the signed log of {size} leaves")
    return entries[at]


def stored(objects: Objects, row: ArtifactRow, removals: Sequence[ActRow] = ()) -> Proven:
    """Return the proof of an artifact of a store; its row, deletions and erasures only say where to look."""
    if objects.size(CHECKPOINT) is None:
        raise VerificationError("There is no checkpoint: nothing in this store is in a signed log")
    note = objects.get(CHECKPOINT)
    size = log_size(note)
    hashes = log_hashes(objects, size)

    def inclusion() -> Sequence[bytes]:
        return prove_inclusion(row.leaf, size, hashes)

    def consistency(old: int, new: int) -> Sequence[bytes]:
        if new > size:
            raise VerificationError(f"the log of {size} leaves does not reach {new}: it was rolled back")
        return prove_consistency(old, new, hashes)

    def stamps() -> Sequence[tuple[bytes, bytes]]:
        # A stamp on an earlier checkpoint says nothing of this artifact, the first two that hold it say enough.
        wanted = [one for one in sizes(objects) if one > row.leaf][:2]
        return [(objects.get(stamp_paths(one)[0]), objects.get(stamp_paths(one)[1])) for one in wanted]

    def cosigned() -> Sequence[bytes]:
        return [objects.get(path) for _size, path in notes(objects, row.leaf)][:MOST]

    def same(entry: ArtifactEntry, statement: Statement) -> None:
        if names := differing(columns(row), entry, statement):
            raise VerificationError(f"the catalog says otherwise than the seal: {', '.join(names)}")

    return Proven(
        subject=row.id, note=note, artifact=row.id, index=lambda: row.leaf,
        entry=lambda: log_entry(objects, row.leaf, size), inclusion=inclusion, consistency=consistency, stamps=stamps,
        cosigned=cosigned,
        envelope=lambda: objects.get(envelope_path(row.id)),
        content=partial(_content, objects, note, [one.leaf for one in removals if one.leaf > row.leaf]),
        beside=(("row", "the row in the catalog says what was sealed", same),),
    )


def _content(objects: Objects, note: bytes, removals: Sequence[int], statement: Statement) -> str:
    """Return '' where the object holds what was sealed, and what the log says where its records went; else raises."""
    try:
        ObjectCheck(objects).check(statement)
    except (GoneError, LockedError):
        if said := _removed(objects, note, statement, removals):
            return said
        raise
    return ""


def _removed(objects: Objects, note: bytes, statement: Statement, leaves: Sequence[int]) -> str:
    """Return what the log says of an object's deletion or its scope's erasure, proven to be in it; '' where nothing."""
    size = log_size(note)
    for leaf in leaves:
        data = log_entry(objects, leaf, size)
        proof = prove_inclusion(leaf, size, log_hashes(objects, size))
        check_inclusion(leaf_hash(data), leaf, size, proof, head_root(note))
        entry = read_entry(data)
        said, at = "", canonical.timestamp(entry.recorded_at)
        if isinstance(entry, DeletionEntry) and entry.path == statement.path:
            said = f"deleted under retention ({entry.retention}) on {at}, by {entry.by}, leaf {leaf}"
        elif isinstance(entry, ErasureEntry) and entry.scope == statement.provenance.scope:
            if objects.keys.has(entry.key):
                raise VerificationError(f"leaf {leaf} says that it was erased, and its key is still there")
            said = f"erased on {at}, by {entry.by}: {entry.reason}, leaf {leaf}"
        if said:
            return f"{said}; whether under a hold, the verification of the whole store shows"
    return ""
