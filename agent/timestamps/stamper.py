"""The queue of checkpoints that have no time stamp yet, and what works it off.

A checkpoint is queued below `log/queue/` before it is published, so that a crash cannot lose it,
and leaves the queue only when its token is kept below `log/timestamps/`. The newest goes first:
its stamp anchors everything before it. An authority that fails is left alone for a while, longer
each time, and the next one is asked; why nothing could be stamped is kept and shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog
from cryptography import x509

from agent import canonical
from agent.errors import RetriableError, VerificationError
from agent.store.logfiles import CHECKPOINT, QUEUE, queue_path, stamp_paths
from agent.store.objects import Objects
from agent.timestamps.authority import ask
from agent.timestamps.backoff import Backoff, read

log = structlog.get_logger("annexa.timestamps")

AT_ONCE = 20
"""Checkpoints that are stamped in one go, so that a long queue does not hold up the rest."""
STATE = "timestamps.json"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The queue: how many checkpoints wait, the size of the newest, and the last failure of each authority."""

    count: int = 0
    newest: int = 0
    errors: tuple[str, ...] = ()
    asked_again: datetime | None = None

    def line(self) -> str:
        """Return it as a person reads it, '' where nothing waits."""
        if not self.count:
            return ""
        many = f"{self.count:,} checkpoint{'s are' if self.count != 1 else ' is'} not yet timestamped"
        why = f": {'; '.join(self.errors)}" if self.errors else ""
        again = f"; asked again after {canonical.timestamp(self.asked_again)}" if self.asked_again else ""
        return f"{many}{why}{again}"


@dataclass(slots=True)
class Stamped:
    """What one go did: how many tokens were kept, how many checkpoints still wait."""

    tokens: int = 0
    waiting: int = 0


@dataclass(slots=True)
class Stamper:
    """Works the queue off with authorities in order; `state` is the folder that keeps their failures."""

    objects: Objects
    state: Path
    authorities: Sequence[str]
    clock: Callable[[], datetime]
    certificates: Sequence[x509.Certificate] = ()
    asking: Callable[[str, bytes, Sequence[x509.Certificate]], bytes] = ask
    _backoff: Backoff = field(init=False)

    def __post_init__(self) -> None:
        self._backoff = Backoff(self.state / STATE, self.clock)

    def run(self) -> Stamped:
        """Stamp what waits, the newest first; what no authority stamps stays in the queue."""
        self._backoff.read()
        self._enqueue_head()
        queued = sorted(_queued(self.objects), reverse=True)
        done = Stamped(waiting=len(queued))
        for size in queued[:AT_ONCE]:
            token = self._stamp(queue := self.objects.get(queue_path(size)))
            if token is None:
                break
            note, response = stamp_paths(size)
            self.objects.put(note, queue)
            self.objects.put(response, token)
            self.objects.delete(queue_path(size))
            done.tokens, done.waiting = done.tokens + 1, done.waiting - 1
        self._backoff.keep()
        if done.waiting:
            log.warning("checkpoints not yet timestamped", waiting=done.waiting,
                        errors=[one.error for one in self._backoff.failed.values()])
        return done

    def _enqueue_head(self) -> None:
        """Queue the published checkpoint where it was published before anybody asked for time stamps."""
        if self.objects.size(CHECKPOINT) is None:
            return
        note = self.objects.get(CHECKPOINT)
        size = int(note.split(b"\n")[1])
        if self.objects.size(stamp_paths(size)[1]) is None:
            self.objects.put(queue_path(size), note)

    def _stamp(self, note: bytes) -> bytes | None:
        """Return a token of the first authority that gives one; None where none does."""
        for address in self.authorities:
            if self._backoff.waits(address):
                continue
            try:
                token = self.asking(address, note, self.certificates)
            except (RetriableError, VerificationError) as error:
                self._backoff.failure(address, error)
            else:
                self._backoff.success(address)
                return token
        return None


def waiting(objects: Objects, state: Path, authorities: Sequence[str] = ()) -> Waiting:
    """Return what waits for a time stamp; with authorities, a head that was never queued counts as well."""
    sizes = set(_queued(objects))
    if authorities and objects.size(CHECKPOINT) is not None:
        head = int(objects.get(CHECKPOINT).split(b"\n")[1])
        if objects.size(stamp_paths(head)[1]) is None:
            sizes.add(head)
    failed = read(state / STATE)
    again = min((one.until for one in failed.values()), default=None)
    return Waiting(len(sizes), max(sizes, default=0), tuple(one.error for one in failed.values()), again)


def _queued(objects: Objects) -> Iterator[int]:
    for path in objects.list(f"{QUEUE}/"):
        name = path.rpartition("/")[2]
        if name.isdigit():
            yield int(name)
