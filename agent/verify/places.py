"""What can be judged, opened: an open store, an artifact of it, or a folder that is a store or an export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlmodel import select

from agent.canonical import timestamp
from agent.errors import ConfigurationError, VerificationError
from agent.store import Store as OpenStore
from agent.store.acts import SCOPE
from agent.store.catalog import Catalog
from agent.store.migrate import bring_up
from agent.store.objects import open_objects
from agent.store.scopekeys import KEYS, ScopeKeys
from agent.store.tables import ArtifactRow, Pending
from agent.verify.export import exported, is_export
from agent.verify.one import Proven, verify_one
from agent.verify.package import verify_package
from agent.verify.report import Report
from agent.verify.source import stored
from agent.verify.trust import Trust, read_trust
from agent.verify.unpacked import is_package
from agent.verify.whole import Kept, Progress, Store, begin, verify_store


def store(
    subject: str, opened: OpenStore, key: Path, judged: Sequence[Path], kept: Kept | None, progress: Progress
) -> Report:
    """Verify an open store; the trust root may not lie in the folders that are judged."""
    trust = read_trust(key, judged)
    return verify_store(
        subject, Store(opened.objects, opened.catalog, _pending(opened.catalog)), trust, kept, progress=progress
    )


def artifact(opened: OpenStore, name: str, key: Path, judged: Sequence[Path], kept: Kept | None) -> Report:
    """Verify one artifact of an open store, named by its id or the beginning of it."""
    trust = read_trust(key, judged)
    row = opened.artifact(name)
    removals = opened.acts("deletion", "erasure", subjects=[row.path, SCOPE + row.scope])
    report = _one(row.id, lambda: stored(opened.objects, row, removals), trust, kept)
    report.told = _told(opened, row)
    return report


def _told(opened: OpenStore, row: ArtifactRow) -> list[str]:
    """Return what the catalog says was done with an artifact; that the log says the same the whole store shows."""
    lines = []
    if row.voided_at is not None:
        lines.append(f"void since {timestamp(row.voided_at)}, by {row.voided_by}: {row.void_reason}")
    if row.deleted_at is not None:
        act = opened.removal(row)
        erased = act is not None and act.kind == "erasure"
        how = f"erased on {timestamp(row.deleted_at)} by {act.by}: {act.reason}" if act and erased else (
            f"deleted under retention on {timestamp(row.deleted_at)}")
        lines.append(how)
    return lines + [
        f"hold {hold.name} on {hold.subject} since {timestamp(hold.recorded_at)}, by {hold.by}: {hold.reason}"
        for hold in opened.holds(row.id, SCOPE + row.scope)
    ]


def folder(place: Path, key: Path, kept: Kept | None, progress: Progress, unlock: str = "") -> Report:
    """Verify a folder: an export, a package, a data directory, or the artifacts of one; raises for any other.

    `unlock` names the wrapping key of a store that is encrypted; its data keys are those in the folder.
    """
    trust = read_trust(key, [place])
    if is_package(place):
        return verify_package(place, trust, kept, progress)
    if is_export(place):
        return _one(str(place), lambda: exported(place), trust, kept)
    artifacts = place / "artifacts" if (place / "artifacts").is_dir() else place
    if not any((artifacts / name).is_dir() for name in ("log", "envelopes", "objects")):
        raise ConfigurationError(f"{place} is neither a store nor an export")
    objects = open_objects(str(artifacts), place, {}, writer=False, keys=ScopeKeys(place / "keys" / KEYS, unlock))
    database = place / "annexa.db"
    if not database.is_file():
        return verify_store(str(place), Store(objects), trust, kept, progress=progress)
    catalog = Catalog(f"sqlite:///{database}", writer=False)
    try:
        bring_up(catalog, writer=False)
        return verify_store(str(place), Store(objects, catalog, _pending(catalog)), trust, kept, progress=progress)
    finally:
        catalog.close()


def package(place: Path, key: Path, kept: Kept | None, progress: Progress) -> Report:
    """Verify an audit package as it was written, a ZIP."""
    return verify_package(place, read_trust(key), kept, progress)


def _one(subject: str, proven: Callable[[], Proven], trust: Trust, kept: Kept | None) -> Report:
    try:
        return verify_one(proven(), trust, kept)
    except VerificationError as error:
        report = begin(subject, trust)
        report.step("checkpoint", "the head of the log was signed by a key of the trust root").refuse(error.message)
        return report


def _pending(catalog: Catalog) -> frozenset[str]:
    with catalog.read() as session:
        return frozenset(session.exec(select(Pending.key)))
