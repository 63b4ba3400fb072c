"""The cosignatures on a log: which are believed, and what they anchor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.errors import VerificationError
from agent.seal import Checkpoint, cosignatures
from agent.store.logfiles import COSIGNED
from agent.store.objects import Objects
from agent.verify.report import Step
from agent.verify.trust import Trust

PROVES = "a witness outside saw each cosigned checkpoint, and that the log had only grown until then"


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint that a witness has seen: the log could show it no other past from then on."""

    checkpoint: Checkpoint
    at: datetime
    witness: str


def judge(note: bytes, trust: Trust, origin: str) -> list[Cosigned]:
    """Return what the cosignatures on a note anchor, none where the trust root knows no witness of them.

    Raises `VerificationError` where the note or a cosignature of a known witness does not hold.
    """
    checkpoint, _key = trust.open_note(note, origin)
    return [Cosigned(checkpoint, one.at, one.witness) for one in cosignatures(note, trust.witnesses)]


def notes(objects: Objects, above: int = 0) -> Iterator[tuple[int, str]]:
    """Yield the size and path of each cosigned checkpoint that is larger, the smallest first."""
    found = []
    for path in objects.list(f"{COSIGNED}/"):
        size = path.split("/")[-2]
        if size.isascii() and size.isdecimal() and int(size) > above:
            found.append((int(size), path))
    yield from sorted(found)


def cosigned(objects: Objects, trust: Trust, origin: str, step: Step) -> list[Cosigned]:
    """Return the believed cosignatures of a store; each that does not hold is refused in the step."""
    found: list[Cosigned] = []
    unknown = 0
    for size, path in notes(objects):
        with step.trying(path):
            held = judge(objects.get(path), trust, origin)
            unknown += not held
            for one in held:
                if one.checkpoint.size != size:
                    raise VerificationError(f"it is the checkpoint of {one.checkpoint.size} leaves")
            found += held
    tell(step, found, unknown)
    return found


def tell(step: Step, found: Sequence[Cosigned], unknown: int) -> None:
    """Say in the step how many cosignatures are believed, and of whom."""
    if found:
        names = ", ".join(sorted({one.witness for one in found}))
        step.says = f"{len(found)} cosignature(s) believed, of {names}"
    elif unknown:
        step.open(f"{unknown} cosigned checkpoint(s) anchor nothing: the trust root knows none of their witnesses")
    else:
        step.open("there are no cosignatures")
