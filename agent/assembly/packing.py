"""An audit package as it is asked for: which controls, runs and samples, as of which checkpoint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from agent.assembly import force
from agent.assembly.app import Parts
from agent.assembly.packed import sampled
from agent.assembly.populations import collectors_of, in_period
from agent.errors import ConfigurationError, StoreError, VerificationError
from agent.evidence import answer
from agent.evidence.report import Holding, Status
from agent.export import Contents, Written, write_package
from agent.export.contents import once
from agent.model import Audit, Requirement, Window
from agent.seal import Checkpoint, open_checkpoint, read_entry
from agent.seal.signing import SSlibKey
from agent.store import ArtifactRow
from agent.store.keys import public_pem
from agent.store.logfiles import CHECKPOINT, queue_path, stamp_paths
from agent.verify.source import log_entry, log_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A package as a person asks for it: `checkpoint` is a size of the log or a signed note, None the newest."""

    audit: str | None = None
    framework: str | None = None
    controls: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    checkpoint: int | bytes | None = None
    kept: tuple[bytes, ...] = ()


def pack(
    app: Parts, asked: Asked, target: Path, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Written:
    """Write the package; raises `ConfigurationError` for a name that is not there, `StoreError` where it fails."""
    return write_package(target, contents(app, asked), app.store.objects, ring(app), progress)


def audit_name(app: Parts, asked: Asked) -> str:
    """Return the name of the audit that a package is for; raises `ConfigurationError` where there is none."""
    return _audit(app, asked, _as_of(app, _checkpoint(app, asked.checkpoint)[1].size)).name


def contents(app: Parts, asked: Asked) -> Contents:
    """Return what goes into a package. Everything is asked as of the checkpoint, never as of the clock."""
    note, head = _checkpoint(app, asked.checkpoint)
    as_of = _as_of(app, head.size)
    drawn = sampled(app, asked.samples, head.size)
    of_samples = {str(one["population"]["requirement"]) for one in drawn.chosen} if asked.samples else set()
    status, clauses, owed = _status(app, asked, as_of, of_samples)
    if not asked.samples:
        drawn = drawn.of(set(owed))
    return Contents(
        organization=app.config.organization, status=status, note=note, head=head,
        recorded_at=as_of,
        key=b"".join(map(public_pem, ring(app))), roots=_roots(app), kept=asked.kept, zone=app.config.timezone,
        asked={"audit": status.audit.name if status.audit else None, "controls": asked.controls,
               "samples": asked.samples},
        clauses=clauses, rows=_rows(app, status, owed, head.size, drawn.artifacts() | _cited(status, clauses)),
        erasures=[one for one in app.store.acts("erasure") if one.leaf < head.size],
        steps=drawn.steps(), samples=drawn.samples(app), populations=drawn.populations(app),
    )


def _head(app: Parts) -> bytes:
    if app.store.objects.size(CHECKPOINT) is None:
        raise StoreError("Nothing was published in the log yet", advice="Run `annexa collect` first")
    return app.store.objects.get(CHECKPOINT)


def _as_of(app: Parts, size: int) -> datetime:
    """Return when the last entry of a log of that size was recorded."""
    return read_entry(log_entry(app.store.objects, size - 1, log_size(_head(app)))).recorded_at


def _checkpoint(app: Parts, wanted: int | bytes | None) -> tuple[bytes, Checkpoint]:
    """Return the note and what it says; raises where it is not of this log, or of a size that nobody kept."""
    newest = _head(app)
    note = wanted if isinstance(wanted, bytes) else newest if wanted in (None, log_size(newest)) else _kept(app, wanted)
    origin = newest.split(b"\n", 1)[0].decode("utf-8", "replace")
    head = _opened(note, ring(app), origin)
    if not head.size:
        raise StoreError("The log is empty at this checkpoint", advice="Run `annexa collect` first")
    return note, head


def ring(app: Parts) -> tuple[SSlibKey, ...]:
    """Return every key that may have signed for this store, that of today first."""
    return app.store.keys.ring


def _opened(note: bytes, keys: Sequence[SSlibKey], origin: str) -> Checkpoint:
    """Return the checkpoint of a note that one of the keys signed; raises `VerificationError` of the last."""
    *others, last = reversed(keys)
    for key in others:
        with suppress(VerificationError):
            return open_checkpoint(note, key, origin)
    return open_checkpoint(note, last, origin)


def _kept(app: Parts, size: int | None) -> bytes:
    assert size is not None
    for path in (stamp_paths(size)[0], queue_path(size)):
        if app.store.objects.size(path) is not None:
            return app.store.objects.get(path)
    raise ConfigurationError(
        f"no checkpoint of {size} leaves is kept in the store",
        advice="Name the newest size, one that was stamped, or a file with a checkpoint that was kept",
    )


def _audit(app: Parts, asked: Asked, as_of: datetime) -> Audit:
    audit = app.audit(as_of, asked.audit)
    if audit is None:
        raise ConfigurationError("no audit lies ahead", advice="Name one with --audit; annexa audits lists them")
    return audit


def _status(
    app: Parts, asked: Asked, as_of: datetime, of_samples: set[str]
) -> tuple[Status, list[Holding], dict[str, Requirement]]:
    """Return the answers at the checkpoint, at most at the audit's end, of the controls that are asked for.

    Beside them what is owed for clauses alone, and every requirement of both by its id.
    """
    audit = _audit(app, asked, as_of)
    instant = min(as_of, audit.end)
    framework = app.framework(asked.framework)
    mapping = force.mapping_at(app.store, app.mapping, instant)
    holdings = app.holdings(instant, audit, by_row=True)
    status = answer.status(mapping, framework, holdings, instant, audit)
    if strange := sorted(set(asked.controls) - {one.id for one in status.controls}):
        raise ConfigurationError(f"{framework} has no control {strange[0]!r}", advice="annexa controls lists them")
    serving = {one.id: {each.requirement.id: each.requirement for each in mapping.requirements_for(one.id, framework)}
               for one in status.controls}
    narrow = bool(asked.controls or asked.samples)
    if narrow:
        status = replace(status, controls=tuple(
            one for one in status.controls if one.id in asked.controls or serving[one.id].keys() & of_samples))
    owed = {name: found for one in status.controls for name, found in serving[one.id].items()}
    clauses = [one for one in holdings if one.requirement.id not in owed and (
        one.requirement.id in of_samples if narrow else one.requirement.clauses)]
    return status, clauses, owed | {one.requirement.id: one.requirement for one in clauses}


def _rows(
    app: Parts, status: Status, owed: dict[str, Requirement], size: int, also: set[str]
) -> Iterator[tuple[ArtifactRow, list[str]]]:
    """Yield the runs of the requirements' collectors in the audit period, and what an answer or a sample rests on."""
    assert status.audit is not None
    period = Window(status.audit.period.start, status.as_of + timedelta(microseconds=1))
    serves: dict[str, list[str]] = defaultdict(list)
    for name, one in sorted(owed.items()):
        for collector in collectors_of(one):
            serves[collector].append(name)
    for row in app.store.recorded():
        if row.leaf >= size:
            return
        late = row.recorded_at > status.as_of
        if row.id in also or (row.collector in serves and in_period(row, period) and not late):
            yield row, serves.get(row.collector, [])


def _cited(status: Status, clauses: Sequence[Holding]) -> set[str]:
    """Return the artifacts on which an answer rests, collected before the period or within it."""
    return {one.freshness.artifact for one in (*once(status), *clauses)}


def _roots(app: Parts) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    from agent.assembly.stamping import roots

    return b"".join(one.public_bytes(Encoding.PEM) for one in roots(app))


__all__ = ["Asked", "audit_name", "contents", "pack"]
