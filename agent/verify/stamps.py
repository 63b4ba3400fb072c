"""The time stamps of a log: which are believed, and what they anchor."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent import canonical
from agent.errors import VerificationError
from agent.seal import Checkpoint
from agent.store.logfiles import QUEUE, STAMPS, stamp_paths
from agent.store.objects import Objects
from agent.timestamps import read_stamp, verify_stamp
from agent.verify.cosigned import Cosigned
from agent.verify.report import Step
from agent.verify.trust import Trust

SKEW = timedelta(minutes=2)
"""A clock may be off by this much before what it says is doubted; `annexa doctor` draws the same line."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A checkpoint that a time stamp holds: everything in it existed at the instant."""

    checkpoint: Checkpoint
    at: datetime


def judge(note: bytes, token: bytes, trust: Trust, origin: str) -> Stamped | None:
    """Return what a stamped checkpoint anchors, None where the trust root has no certificate to believe it by.

    Raises `VerificationError` where note and token do not hold, or do not belong together.
    """
    checkpoint, _key = trust.open_note(note, origin)
    if not trust.certificates:
        verify_imprint(token, note)
        return None
    return Stamped(checkpoint, verify_stamp(token, note, trust.certificates).at)


def verify_imprint(token: bytes, note: bytes) -> None:
    """Raise `VerificationError` where a token is over something else than the note."""
    if read_stamp(token).digest != hashlib.sha256(note).digest():
        raise VerificationError("The time stamp is over something else")


def stamped(objects: Objects, trust: Trust, origin: str, step: Step) -> list[Stamped]:
    """Return the believed stamps of a store; each that does not hold is refused in the step."""
    found, unjudged = [], 0
    for size in sizes(objects):
        note, token = stamp_paths(size)
        with step.trying(note):
            one = judge(objects.get(note), objects.get(token), trust, origin)
            if one is None:
                unjudged += 1
            elif one.checkpoint.size != size:
                step.refuse(f"{note}: it is the checkpoint of {one.checkpoint.size} leaves")
            else:
                found.append(one)
    waiting = sum(1 for _path in objects.list(f"{QUEUE}/"))
    _tell(step, len(found), unjudged, waiting)
    return found


def sizes(objects: Objects) -> list[int]:
    """Return the sizes of the log at which it was stamped, the smallest first."""
    names = {path.split("/")[-2] for path in objects.list(f"{STAMPS}/")}
    return sorted(int(name) for name in names if name.isdigit())


def _tell(step: Step, believed: int, unjudged: int, waiting: int) -> None:
    queue = f"; {waiting} checkpoint(s) are not yet timestamped" if waiting else ""
    if unjudged:
        step.open(f"{unjudged} time stamp(s) anchor nothing: no certificate of their authority is trusted{queue}")
    elif not believed:
        step.open(f"there are no time stamps{queue}")
    else:
        step.says = f"{believed} time stamp(s) believed{queue}"


def early(recorded_at: datetime, leaf: int, one: Stamped | Cosigned) -> str:
    """Return why the time of a leaf cannot be true: somebody outside saw it before it says to be; '' where none did."""
    if one.at + SKEW >= recorded_at:
        return ""
    how = "stamped" if isinstance(one, Stamped) else f"cosigned by {one.witness}"
    return (
        f"leaf {leaf} says it was recorded at {canonical.timestamp(recorded_at)}, and was {how} before that, at "
        f"{canonical.timestamp(one.at)}: a clock was ahead, or was set back"
    )
