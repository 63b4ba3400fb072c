"""Writes an audit package: one ZIP64, streamed, the same bytes for the same evidence at the same checkpoint."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent import __version__, canonical
from agent.errors import StoreError
from agent.evidence.report import audit_json
from agent.export import samples
from agent.export.access import Acts
from agent.export.contents import Contents
from agent.export.page import page
from agent.export.proofs import Proofs
from agent.export.runs import Adder, Runs
from agent.export.texts import text
from agent.export.workbook import write_workbook
from agent.export.zip64 import Zip64
from agent.seal.signing import SSlibKey
from agent.store.objects import Objects
from agent.verify import layout
from agent.verify.source import log_size

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    file: Path
    runs: int
    records: int
    files: int
    size: int
    artifacts: tuple[str, ...] = ()


def write_package(
    target: Path, contents: Contents, objects: Objects, keys: Sequence[SSlibKey],
    progress: Progress = lambda _done, _all: None,
) -> Written:
    """Write the package beside its place and move it there when it is whole.

    Memory stays flat; raises `StoreError` where it cannot be written, `VerificationError` where the
    store does not hold what was signed.
    """
    proofs = Proofs(objects, contents.note, contents.head)
    part = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="annexa-package-", dir=target.parent) as made:
            room = Path(made)
            runs = Runs(room / "evidence", proofs, contents.recorded_at)
            runs.take(contents.rows, contents.erasures)
            with part.open("wb") as out, Zip64(out) as package:
                _told(package, contents, runs, room)
                acts = Acts()
                _log(package, contents, proofs, runs, acts, objects)
                samples.add(package, contents, proofs, room)
                adder = Adder(package, proofs, objects, keys, acts)
                for done, fact in enumerate(runs.facts()):
                    progress(done, runs.count)
                    adder.add(fact)
                package.add(layout.SUMS, package.sums())
                package.end()
                out.flush()
                os.fsync(out.fileno())
                files, size = package.entries, out.tell()
                artifacts = tuple(fact["artifact"] for fact in runs.facts())
        part.replace(target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return Written(target, runs.count, runs.records, files, size, artifacts)


def _told(package: Zip64, contents: Contents, runs: Runs, room: Path) -> None:
    """Add what annexa says: README, page, workbook, answers, the list of runs."""
    counts = {"runs": runs.count, "records": runs.records}
    package.add(layout.README, _readme(contents, runs).encode())
    package.add(layout.PAGE, page(contents, runs.facts(), counts))
    book = room / "book.xlsx"
    write_workbook(book, contents, runs.facts(), _title(contents))
    package.add_file(layout.WORKBOOK, book)
    package.add(layout.MANIFEST, canonical.document(_manifest(contents, runs)) + b"\n")
    package.add(layout.STATUS, canonical.document(contents.status.as_json()) + b"\n")
    package.add_file(layout.EVIDENCE, runs.spool)
    package.add(layout.SCRIPT, text("verify.sh").encode())


def _title(contents: Contents) -> str:
    audit = contents.status.audit
    return f"{contents.organization}, {audit.name}" if audit else contents.organization


def _readme(contents: Contents, runs: Runs) -> str:
    status, head = contents.status, contents.head
    return text("README.txt").format(
        organization=contents.organization, audit=status.audit.name if status.audit else "", framework=status.framework,
        as_of=canonical.timestamp(status.as_of), origin=head.origin, size=f"{head.size:,}", root=head.root.hex(),
        runs=f"{runs.count:,}", records=f"{runs.records:,}",
        samples=", ".join(one.name for one in contents.samples) or "no",
    )


def _manifest(contents: Contents, runs: Runs) -> dict[str, object]:
    status, head = contents.status, contents.head
    return {
        "layout": layout.VERSION, "agent_version": __version__, "organization": contents.organization,
        "audit": audit_json(status.audit), "framework": status.framework, "as_of": status.as_of,
        "checkpoint": {"origin": head.origin, "size": head.size, "root": head.root.hex()},
        "asked": dict(contents.asked), "runs": runs.count, "records": runs.records,
        "samples": [one.name for one in contents.samples],
    }


def _log(
    package: Zip64, contents: Contents, proofs: Proofs, runs: Runs, acts: Acts, objects: Objects
) -> None:
    """Add checkpoint, key, time stamps, links, every entry of the log, and what people did."""
    package.add(layout.CHECKPOINT, contents.note)
    package.add(layout.KEY, contents.key)
    if contents.roots:
        package.add(layout.ROOTS, contents.roots)
    newest = proofs.last_stamp
    for size in sorted(runs.stamps | ({newest} if newest is not None else set())):
        note, token, _stamp = proofs.stamp(size)
        files = layout.stamp_files(size)
        for name, data in zip(files, (note, token, proofs.link(size)), strict=True):
            package.add(name, data)
    for kept in contents.kept:
        package.add(layout.link_file(log_size(kept)), proofs.link(log_size(kept)))
    for number, bundle in proofs.bundles():
        package.add(layout.bundle_file(number), bundle)
    package.add(layout.ACCESS, _lines(proofs))
    for name, data in acts.take(proofs.others(), objects):
        package.add(name, data)
    for leaf, data in proofs.others():
        package.add(layout.entry_file(leaf), data)
        package.add(layout.proof_file(leaf), proofs.inclusion(leaf))


def _lines(proofs: Proofs) -> Iterator[bytes]:
    for _leaf, data in proofs.others():
        yield data + b"\n"
