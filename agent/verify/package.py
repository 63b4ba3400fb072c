"""An audit package judged by itself: every entry in the signed log, every envelope, record, table and sample."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.errors import VerificationError
from agent.seal import ArtifactEntry, Checkpoint, Entry, SamplingEntry, Statement, leaf_hash, read_entry
from agent.seal.proofs import check_consistency, check_inclusion, read_consistency, read_proof
from agent.verify import layout, manifest, samples
from agent.verify.acts import Acts
from agent.verify.anchors import Anchors, Recorded
from agent.verify.complete import Complete
from agent.verify.export import same_table
from agent.verify.listed import Listed
from agent.verify.log import behind
from agent.verify.report import OPEN, Report, Step
from agent.verify.sealed import check_envelope, clock
from agent.verify.stamps import SKEW, Stamped, early, judge
from agent.verify.trust import Trust, TrustedKey
from agent.verify.unpacked import Files, digest, read, reading, unpacked
from agent.verify.whole import Kept, Progress, begin, kept_step


@dataclass(slots=True)
class _Package:
    files: Files
    trust: Trust
    head: Checkpoint
    key: TrustedKey
    names: dict[str, None]
    told: Mapping[str, Any]
    """What the manifest says."""
    digests: dict[str, str] = field(default_factory=dict)
    """Of the records, taken while the sums are compared."""
    named: set[str] = field(default_factory=set)
    """Records that a run names."""
    acts: Acts = field(default_factory=Acts)
    held: list[Stamped] = field(default_factory=list)

    def below(self, folder: str, end: str) -> Iterator[str]:
        return (name for name in self.names if name.startswith(f"{folder}/") and name.endswith(end))

    def stamped(self) -> dict[int, datetime | None]:
        """Return the stamped sizes that lie here, each with its instant where the stamp is believed."""
        sizes = [name.split("/")[1] for name in self.below("timestamps", "/token.tsr")]
        return {int(size): None for size in sizes if size.isdecimal()} | {
            one.checkpoint.size: one.at for one in self.held}


def verify_package(place: Path, trust: Trust, kept: Kept | None, progress: Progress) -> Report:
    """Return what the verification of a package found; it raises nothing that the package can cause."""
    report = begin(str(place), trust)
    step = report.step("checkpoint", "the head of the log was signed by a key of the trust root")
    with step.trying(), unpacked(place) as files:
        names = dict.fromkeys(files.names())
        told = manifest.opened(files)
        report.checkpoint = read(files, layout.CHECKPOINT)
        head, key = trust.open_note(report.checkpoint)
        step.says = f"{head.origin}, {head.size:,} leaves"
        _judged(report, _Package(files, trust, head, key, names, told), kept, progress)
    return report


def _judged(report: Report, package: _Package, kept: Kept | None, progress: Progress) -> None:
    _sums(report.step("sums", f"{layout.SUMS} names every file with its digest, and no other lies here"), package)
    _stamps(report.step("time stamps", "an authority outside saw a checkpoint of this log at the stamped instant"),
            package)
    mine = _kept(report, package, kept)
    log = report.step("log", "the signed log has every entry that lies here")
    times = report.step("clock", "no clock stood behind the log, and no run or stamp contradicts when it was recorded")
    steps = (
        report.step("envelopes", "what is said of each run was signed, unchanged, by a key trusted then"),
        report.step("records", "each run's records hold exactly the bytes that were sealed"), times,
    )
    drawn = samples.Drawn(package.files, report.step("samples", "each step of a sample is the logged one, and each "
                                                     "draw repeats from the population's records"))
    entries = list(package.below("log", ".json"))
    listed = Listed(package.stamped())
    recorded = Recorded()
    for done, name in enumerate(entries):
        progress(done, len(entries))
        entry = _entry(log, package, name)
        if entry is None:
            continue
        if entry.clock is not None and entry.recorded_at - entry.clock > SKEW:
            times.refuse(behind(entry))
        if isinstance(entry, SamplingEntry):
            drawn.take(entry)
        elif not isinstance(entry, ArtifactEntry):
            package.acts.take(read(package.files, name))
            listed.act(entry)
        else:
            listed.take(entry, _run(package, entry, steps))
            recorded.add(entry)
    # The checkpoints that a package carries are those with a stamp; cosignatures stay with the store.
    report.anchors = Anchors(recorded, package.held, (), mine)
    log.says, steps[0].says = f"{len(entries):,} entries of {package.head.size:,}", f"{len(listed):,} runs"
    whole = Complete(package.files, package.names, package.head, report.step(
        "whole log", "every entry of the log is here, and none of what people did, nor a draw, was left out"))
    whole.judge()
    manifest.judge(report.step("as of", manifest.TELLS), package.files, package.told, package.head, whole.last)
    package.acts.end(report.step("access log", f"{layout.ACCESS} has what people did as the log has it, in order"),
                     steps[1], package.files)
    for name in sorted(package.digests.keys() - package.named):
        steps[1].refuse(f"{name} belongs to no run that lies here")
    steps[1].says = f"{len(package.named):,} objects"
    drawn.end()
    _tables(report.step("tables", "each CSV has the same records as the sealed ones beside it"), package)
    listed.end(report.step("list", f"{layout.EVIDENCE} names the runs that lie here, and no others, and says of each "
                           "what was signed and logged"), package.files)


def _sums(step: Step, package: _Package) -> None:
    listed: dict[str, str] = {}
    with step.trying():
        for line in read(package.files, layout.SUMS).decode("utf-8", "replace").splitlines():
            said, _, name = line.partition("  ")
            listed[name] = said
    for name in package.names:
        with step.trying():
            if name == layout.SUMS:
                continue
            found, _size = digest(package.files, name)
            if name.startswith("records/"):
                package.digests |= {name: found} if name.endswith(".ndjson") else {}
            if listed.pop(name, "") != found:
                raise VerificationError(f"{name} is not what {layout.SUMS} says")
    for name in listed:
        step.refuse(f"{name} stands in {layout.SUMS} and is not here")
    step.says = f"{len(package.names):,} files"


def _links(package: _Package, other: Checkpoint, proof: str, what: str) -> None:
    """Raise unless another checkpoint is of the same log as the package's."""
    old, new = sorted((other, package.head), key=lambda one: one.size)
    try:
        hashes: Sequence[bytes] = ()
        if old.size != new.size:
            first, second, hashes = read_consistency(read(package.files, proof))
            if (first, second) != (old.size, new.size):
                raise VerificationError(f"{proof} links {first} leaves to {second}, not {old.size} to {new.size}")
        check_consistency(old.size, old.root, new.size, new.root, hashes)
    except VerificationError as error:
        raise VerificationError(f"{what}: {error.message}") from error


def _stamps(step: Step, package: _Package) -> None:
    unjudged = 0
    for name in package.below("timestamps", "/token.tsr"):
        folder = name.removesuffix("/token.tsr")
        with step.trying(folder):
            note = read(package.files, f"{folder}/checkpoint")
            found = judge(note, read(package.files, name), package.trust, package.head.origin)
            if found is None:
                unjudged += 1
                continue
            _links(package, found.checkpoint, f"{folder}/consistency.txt", "a stamped checkpoint")
            package.held.append(found)
    if package.held:
        step.says = f"{len(package.held)} time stamp(s) believed"
    else:
        step.open("time stamps are there, but no certificate of their authority is trusted" if unjudged
                  else "there is no time stamp")


def _kept(report: Report, package: _Package, kept: Kept | None) -> Checkpoint | None:
    mine = kept_step(report, kept, package.trust, package.head.origin)
    step = report.named("kept checkpoint")
    if mine is not None and step.state != OPEN:
        with step.trying(kept.name if kept else ""):
            proof = layout.link_file(mine.size)
            stamped = layout.stamp_files(mine.size)[2]
            if proof not in package.names and stamped in package.names:
                proof = stamped
            if mine.size != package.head.size and proof not in package.names:
                raise VerificationError("the package does not link it; ask for one made with --link and your file")
            _links(package, mine, proof, f"the checkpoint of {mine.size} leaves")
            return mine
    return None


def _entry(step: Step, package: _Package, name: str) -> Entry | None:
    with step.trying(name):
        data = read(package.files, name)
        index, hashes, note = read_proof(read(package.files, f"{name.removesuffix('.json')}.tlog-proof"))
        if note != read(package.files, layout.CHECKPOINT):
            raise VerificationError("its proof is on another checkpoint than the package's")
        check_inclusion(leaf_hash(data), index, package.head.size, hashes, package.head.root)
        entry = read_entry(data)
        if entry.index != index or name != layout.entry_file(index):
            raise VerificationError(f"leaf {index} says that it is leaf {entry.index}")
        if package.key.ended(entry.recorded_at):
            raise VerificationError("the checkpoint is signed by a key that was no more trusted when this was recorded")
        return entry
    return None


def _run(package: _Package, entry: ArtifactEntry, steps: tuple[Step, Step, Step]) -> Statement | None:
    envelopes, objects, times = steps
    statement = None
    with envelopes.trying(entry.artifact):
        statement = check_envelope(entry, read(package.files, layout.envelope_file(entry.artifact)), package.trust)
    if statement is None:
        objects.refuse(f"{entry.artifact}: cannot be judged without its envelope")
        return None
    for found in package.held:
        if entry.index < found.checkpoint.size and (odd := early(entry.recorded_at, entry.index, found)):
            times.refuse(odd)
    if odd := clock(entry, statement):
        times.refuse(odd)
    name = layout.records_file(statement.provenance.kind, statement.digest)
    package.named.add(name)
    if name not in package.names:
        package.acts.gone.append((entry, name, statement))
    elif package.digests.get(name) != statement.digest:
        objects.refuse(f"{entry.artifact}: {name} does not hold the bytes that were signed")
    return statement


def _tables(step: Step, package: _Package) -> None:
    known = {f"{name.removesuffix('.ndjson')}.csv" for name in package.digests}
    for name in package.below("records", ".csv"):
        with step.trying():
            if name not in known:
                raise VerificationError(f"{name} has no sealed records beside it")
            with reading(package.files, name) as cells, reading(
                package.files, f"{name.removesuffix('.csv')}.ndjson") as lines:
                same_table(io.TextIOWrapper(cells, "utf-8", newline=""), lines, name)


__all__ = ["verify_package"]
