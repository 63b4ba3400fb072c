"""One artifact verified by proofs alone: from the store's tiles, or from the files of an export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent.errors import VerificationError
from agent.model.times import microseconds
from agent.seal import ArtifactEntry, Checkpoint, Statement, leaf_hash, read_entry
from agent.seal.proofs import check_consistency, check_inclusion
from agent.verify.anchors import Earliest, anchored
from agent.verify.cosigned import PROVES, Cosigned, tell
from agent.verify.cosigned import judge as cosigners
from agent.verify.log import behind
from agent.verify.report import OPEN, Report
from agent.verify.sealed import check_envelope, clock
from agent.verify.stamps import SKEW, Stamped, early, judge
from agent.verify.trust import Trust, TrustedKey
from agent.verify.whole import Kept, begin, kept_step

Consistency = Callable[[int, int], Sequence[bytes]]
"""The proof that the log of the second size continues that of the first; raises `VerificationError` without one."""


@dataclass(frozen=True, slots=True)
class Proven:
    """An artifact with everything that proves it; each part is asked for when its step comes."""

    subject: str
    note: bytes
    artifact: str
    index: Callable[[], int]
    entry: Callable[[], bytes]
    inclusion: Callable[[], Sequence[bytes]]
    consistency: Consistency
    stamps: Callable[[], Sequence[tuple[bytes, bytes]]]
    cosigned: Callable[[], Sequence[bytes]]
    """The checkpoints with cosignatures, as signed notes."""
    envelope: Callable[[], bytes]
    content: Callable[[Statement], str]
    """What is said of the object; raises where it does not hold the bytes that were sealed."""
    beside: Sequence[tuple[str, str, Callable[[ArtifactEntry, Statement], None]]] = field(default_factory=tuple)
    """Further steps of this kind of source: name, what it proves, what raises where it does not hold."""


def verify_one(one: Proven, trust: Trust, kept: Kept | None = None) -> Report:
    """Return what the verification of one artifact found; it raises nothing that its source can cause."""
    report = begin(one.subject, trust)
    report.checkpoint = one.note
    step = report.step("checkpoint", "the head of the log was signed by a key of the trust root")
    opened = None
    with step.trying():
        opened = trust.open_note(one.note)
        step.says = f"{opened[0].origin}, {opened[0].size:,} leaves"
    if opened is None:
        return report
    head, key = opened
    entry = _included(report, one, head, key)
    if entry is None:
        return report
    held = _stamps(report, one, trust, head)
    seen = _cosigned(report, one, trust, head)
    mine = _kept(report, one, trust, head, kept)
    _sealed(report, one, trust, entry, [*held, *seen])
    report.anchors = [anchored(
        entry.artifact, entry.index, microseconds(entry.recorded_at), Earliest(held), Earliest(seen), mine)]
    return report


def _included(report: Report, one: Proven, head: Checkpoint, key: TrustedKey) -> ArtifactEntry | None:
    step = report.step("log", "the signed log has an entry for this artifact")
    with step.trying():
        data, index = one.entry(), one.index()
        check_inclusion(leaf_hash(data), index, head.size, one.inclusion(), head.root)
        entry = read_entry(data)
        if not isinstance(entry, ArtifactEntry) or (one.artifact and entry.artifact != one.artifact):
            raise VerificationError(f"leaf {index} is not of {one.artifact or 'an artifact'}")
        if entry.index != index:
            raise VerificationError(f"leaf {index} says that it is leaf {entry.index}")
        if key.ended(entry.recorded_at):
            raise VerificationError("the checkpoint is signed by a key that was no more trusted when this was recorded")
        step.says = f"leaf {index} of {head.size:,}: {entry.artifact}"
        return entry
    return None


def _stamps(report: Report, one: Proven, trust: Trust, head: Checkpoint) -> list[Stamped]:
    step = report.step("time stamps", "an authority outside saw a checkpoint with this artifact at the stamped instant")
    held: list[Stamped] = []
    unjudged = 0
    with step.trying():
        for note, token in one.stamps():
            with step.trying():
                found = judge(note, token, trust, head.origin)
                if found is None:
                    unjudged += 1
                    continue
                _continues(one, found.checkpoint, head, "a stamped checkpoint")
                held.append(found)
    if held:
        step.says = f"{len(held)} time stamp(s) believed"
    else:
        step.open("time stamps are there, but no certificate of their authority is trusted" if unjudged
                  else "there is no time stamp")
    return held


def _cosigned(report: Report, one: Proven, trust: Trust, head: Checkpoint) -> list[Cosigned]:
    step = report.step("cosignatures", PROVES)
    seen: list[Cosigned] = []
    unknown = 0
    with step.trying():
        for note in one.cosigned():
            with step.trying():
                found = cosigners(note, trust, head.origin)
                unknown += not found
                for each in found[:1]:
                    _continues(one, each.checkpoint, head, "a cosigned checkpoint")
                seen += found
    tell(step, seen, unknown)
    return seen


def _continues(one: Proven, other: Checkpoint, head: Checkpoint, what: str) -> None:
    """Raise unless head and another checkpoint are of one log, whichever of them is the later."""
    old, new = sorted((other, head), key=lambda each: each.size)
    try:
        check_consistency(old.size, old.root, new.size, new.root, one.consistency(old.size, new.size))
    except VerificationError as error:
        raise VerificationError(f"{what}: {error.message}") from error


def _kept(report: Report, one: Proven, trust: Trust, head: Checkpoint, kept: Kept | None) -> Checkpoint | None:
    mine = kept_step(report, kept, trust, head.origin)
    step = report.named("kept checkpoint")
    if mine is not None and step.state != OPEN:
        with step.trying(kept.name if kept else ""):
            _continues(one, mine, head, f"the checkpoint of {mine.size} leaves")
            return mine
    return None


def _sealed(
    report: Report, one: Proven, trust: Trust, entry: ArtifactEntry, held: Sequence[Stamped | Cosigned]
) -> None:
    times = report.step("clock", "no clock stood behind the log, and no run or stamp contradicts when it was recorded")
    if entry.clock is not None and entry.recorded_at - entry.clock > SKEW:
        times.refuse(behind(entry))
    for found in held:
        if entry.index < found.checkpoint.size and (odd := early(entry.recorded_at, entry.index, found)):
            times.refuse(odd)
    step = report.step("envelope", "what is said of the artifact was signed, unchanged, by a key trusted then")
    statement = None
    with step.trying():
        statement = check_envelope(entry, one.envelope(), trust)
        run = statement.provenance
        step.says = f"{run.collector} in {run.scope}, {run.outcome.value}, {run.records:,} records"
    step = report.step("object", "the artifact holds exactly the bytes that were sealed")
    if statement is None:
        step.refuse("cannot be judged without its envelope")
        return
    if odd := clock(entry, statement):
        times.refuse(odd)
    with step.trying():
        deleted = one.content(statement)
        step.says = deleted or f"SHA-256 {statement.digest}, {statement.size:,} bytes"
    for name, proves, holds in one.beside:
        step = report.step(name, proves)
        with step.trying():
            holds(entry, statement)
