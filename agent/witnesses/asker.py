"""Shows the head of the log to each witness that has not cosigned it yet, and keeps what they sign.

Nothing is queued: what waits follows from the checkpoint and from the cosignatures that are kept, so
that no crash can lose it. The newest head alone is shown: a cosignature on it holds everything before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import structlog

from agent import canonical
from agent.errors import RetriableError, VerificationError
from agent.seal import Checkpoint, Witness, cosignatures
from agent.seal.note import read_body, split_note
from agent.seal.proofs import from_tiles, prove_consistency
from agent.store.logfiles import CHECKPOINT, COSIGNED, cosigned_path, read_tile
from agent.store.objects import Objects
from agent.timestamps.backoff import Backoff, read
from agent.witnesses.protocol import ConflictError, submit

log = structlog.get_logger("annexa.witnesses")
STATE = "witnesses.json"


class Known(NamedTuple):
    """A witness that is asked: where, and by which key its cosignatures are believed."""

    address: str
    witness: Witness


@dataclass(slots=True)
class Shown:
    """What one go did: how many cosignatures were kept, how many witnesses have not cosigned the head."""

    kept: int = 0
    waiting: int = 0


@dataclass(slots=True)
class Asker:
    """Asks the witnesses; `state` is the folder that keeps their failures."""

    objects: Objects
    state: Path
    witnesses: Sequence[Known]
    clock: Callable[[], datetime]
    submitting: Callable[[str, int, Sequence[bytes], bytes], bytes] = submit

    def run(self) -> Shown:
        """Show the head to whoever has not cosigned it; what a witness does not cosign is shown again later."""
        done, head = Shown(), _head(self.objects)
        if head is None:
            return done
        note, checkpoint = head
        backoff = Backoff(self.state / STATE, self.clock).read()
        for known in self.witnesses:
            seen = newest(self.objects, known.witness)
            if seen == checkpoint.size:
                continue
            if backoff.waits(known.address):
                done.waiting += 1
                continue
            try:
                cosigned = self._cosigned(known, seen, checkpoint, note)
            except (RetriableError, VerificationError, ConflictError) as error:
                backoff.failure(known.address, error)
                log.warning("the log is not yet cosigned", witness=known.witness.name, error=error.message)
                done.waiting += 1
            else:
                backoff.success(known.address)
                self.objects.put(cosigned_path(checkpoint.size, known.witness.hint), cosigned)
                done.kept += 1
        backoff.keep()
        return done

    def _cosigned(self, known: Known, seen: int, head: Checkpoint, note: bytes) -> bytes:
        """Return the note with the cosignature of a witness; asks twice where it has seen another size than we kept."""
        try:
            answer = self._shown(known, seen, head, note)
        except ConflictError as error:
            if error.size == seen or error.size > head.size:
                raise VerificationError(
                    f"{known.witness.name} has seen {error.size} leaves of this log, which has {head.size}: it was "
                    "rolled back, or is a copy of an older state",
                    advice="Find out which before you collect any more: annexa verify --checkpoint FILE",
                ) from error
            answer = self._shown(known, error.size, head, note)
        found = cosignatures(note + answer, [known.witness])
        if not found:
            raise VerificationError(f"{known.address} answers with no cosignature of {known.witness.name}")
        return note + f"{found[-1].line}\n".encode()

    def _shown(self, known: Known, old: int, head: Checkpoint, note: bytes) -> bytes:
        hashes = from_tiles(head.size, lambda level, index, width: read_tile(self.objects, level, index, width))
        return self.submitting(known.address, old, prove_consistency(old, head.size, hashes), note)


def _head(objects: Objects) -> tuple[bytes, Checkpoint] | None:
    if objects.size(CHECKPOINT) is None:
        return None
    note = objects.get(CHECKPOINT)
    return note, read_body(split_note(note)[0])


def newest(objects: Objects, witness: Witness) -> int:
    """Return the largest size of the log that a witness has cosigned, by what is kept; 0 where none is."""
    ending = f"/{witness.hint.hex()}"
    return max((size for path in objects.list(f"{COSIGNED}/") if path.endswith(ending)
                for size in _size(path)), default=0)


def _size(path: str) -> list[int]:
    name = path.split("/")[-2]
    return [int(name)] if name.isascii() and name.isdecimal() else []


def waiting(objects: Objects, state: Path, witnesses: Sequence[Known]) -> list[str]:
    """Return a line for each witness that has not cosigned the head: what it cosigned last, and why no more."""
    head, failed, lines = _head(objects), read(state / STATE), []
    for known in witnesses if head is not None else ():
        assert head is not None
        seen, size = newest(objects, known.witness), head[1].size
        if seen == size:
            continue
        last = f"{seen:,} of {size:,} leaves" if seen else f"none of {size:,} leaves"
        one = failed.get(known.address)
        why = f": {one.error}; asked again after {canonical.timestamp(one.until)}" if one else ""
        lines.append(f"not yet cosigned by {known.witness.name}, which has cosigned {last}{why}")
    return lines
