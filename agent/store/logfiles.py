"""The published log, read back from its files and believed only when its root is the signed one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.errors import VerificationError
from agent.seal import EMPTY, Checkpoint, leaf_hash, open_checkpoint
from agent.seal.signing import SSlibKey
from agent.seal.tiles import WIDTH, spans, tile_path, unbundle
from agent.store.objects import Objects

CHECKPOINT = "log/checkpoint"
QUEUE = "log/queue"
"""Where checkpoints wait for a time stamp."""
STAMPS = "log/timestamps"
COSIGNED = "log/cosignatures"


def queue_path(size: int) -> str:
    """Return where the checkpoint of a size waits for its time stamp."""
    return f"{QUEUE}/{size:012}"


def stamp_paths(size: int) -> tuple[str, str]:
    """Return where a stamped checkpoint and the token over it are kept."""
    return f"{STAMPS}/{size:012}/checkpoint", f"{STAMPS}/{size:012}/token.tsr"


def cosigned_path(size: int, hint: bytes) -> str:
    """Return where the checkpoint of a size is kept with the cosignature of the witness that the hint points to."""
    return f"{COSIGNED}/{size:012}/{hint.hex()}"


def read_checkpoint(objects: Objects, keys: Sequence[SSlibKey], origin: str | None = None) -> Checkpoint | None:
    """Return the checkpoint that one of the keys signed, None where none was published; without `origin` of any log."""
    if objects.size(CHECKPOINT) is None:
        return None
    note = objects.get(CHECKPOINT)
    if origin is None:
        origin = note.split(b"\n", 1)[0].decode("utf-8", "replace")
    for number, key in enumerate(keys, 1):
        try:
            return open_checkpoint(note, key, origin)
        except VerificationError:
            if number == len(keys):
                raise
    return None


def read_entries(objects: Objects, checkpoint: Checkpoint) -> Iterator[bytes]:
    """Yield each entry of the log; raises `VerificationError` at the end where they are not what was signed."""
    grown = EMPTY
    for index, width in spans(checkpoint.size, 0):
        entries = unbundle(read_tile(objects, "entries", index, width))
        if len(entries) < width:
            raise VerificationError(f"The bundle {index} of the log holds {len(entries)} entries of {width}")
        for entry in entries[:width]:
            grown, _ = grown.append(leaf_hash(entry))
            yield entry
    if grown.root() != checkpoint.root:
        raise VerificationError("The entries of the log do not make the root that was signed")


def read_tile(objects: Objects, level: int | str, index: int, width: int) -> bytes:
    """Return a tile; where the partial one is gone, the whole one that has taken its place."""
    path = f"log/{tile_path(level, index, width)}"
    if width < WIDTH and objects.size(path) is None:
        path = f"log/{tile_path(level, index)}"
    return objects.get(path)
