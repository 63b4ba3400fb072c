"""Void, hold, release and the retention, with what follows: flips, time stamps, the access log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.assembly import custody, stamping, telling
from agent.errors import ArgumentError, StoreError
from agent.store.keys import FILE
from agent.store.retention import Due, due

if TYPE_CHECKING:
    from sqlmodel import Session

    from agent.assembly.app import Parts
    from agent.seal.signing import SSlibKey
    from agent.store import ActRow, ArtifactRow, Derive


def void(app: Parts, artifact: str, reason: str, by: str) -> ArtifactRow:
    """Void an artifact; answers from now on do without it, those as of an earlier instant stay."""
    row = app.store.artifact(artifact)
    if row.voided_at is not None:
        raise StoreError(f"{row.id} is void already", advice=f"by {row.voided_by}: {row.void_reason}")
    custody.note(app, "void", [row.id], why=reason, by=by)
    row = app.store.void(row.id, reason, by, _derive(app))
    _follow(app)
    return row


def hold(app: Parts, subject: str, reason: str, by: str) -> ActRow | None:
    """Place a hold on an artifact or a scope."""
    _known(app, subject)
    placed = app.store.hold(subject, reason, by, _derive(app))
    custody.note(app, "hold", [_artifact(app, subject)], why=reason, by=by, detail=placed.name if placed else subject)
    _follow(app)
    return placed


def release(app: Parts, subject: str, name: str, reason: str, by: str) -> str:
    """Release a hold and return its name."""
    _known(app, subject)
    released = app.store.release(subject, name, reason, by, _derive(app))
    custody.note(app, "release", [_artifact(app, subject)], why=reason, by=by, detail=released)
    _follow(app)
    return released


def past(app: Parts) -> Due:
    """Return what a run of the retention would delete now, and what a hold keeps."""
    return due(app.store, app.config.retention.of, app.clock(), app.config.timezone)


def run(app: Parts, by: str) -> Due:
    """Delete what is past its retention; the leaves of it stay, and say so."""
    app.store.drain(_derive(app))
    found = past(app)
    for one in found.doomed:
        custody.note(app, "retention deletion", one.artifacts, why=f"retention {one.retention}", detail=one.path, by=by)
    app.store.delete([(one.path, one.retention) for one in found.doomed], by, _derive(app))
    for one in found.doomed:
        app.shelf.forget(one.kind, one.scope, one.digest)
    _follow(app)
    return found


def rotate(app: Parts, to: str, reason: str, by: str) -> SSlibKey:
    """Let another key sign; the address of a file is relative to the working directory of whoever asks."""
    if to.startswith(FILE):
        to = FILE + str(Path(to.removeprefix(FILE)).absolute())
    custody.note(app, "key change", why=reason, by=by, detail=to)
    key = app.store.rotate(to, reason, by, _derive(app))
    _follow(app)
    return key


def _derive(app: Parts) -> Derive:
    def derive(session: Session, rows: list[ArtifactRow]) -> None:
        telling.flipper(app, app.clock()).derive(session, rows)

    return derive


def _follow(app: Parts) -> None:
    if app.writer:
        app.store.drain(_derive(app))
        telling.notice(app, app.clock())
        stamping.stamp(app)


def _known(app: Parts, subject: str) -> None:
    """Raise `StoreError` where a scope is meant that neither the configuration nor the store knows."""
    if subject.startswith("scope:"):
        name = subject.removeprefix("scope:")
        known = {scope.name for scope in app.config.scopes} | {"organization"}
        if name not in known and not app.store.artifacts(scope=name, limit=1):
            raise ArgumentError(f"There is no scope {name!r}", advice=f"There are: {', '.join(sorted(known))}")


def _artifact(app: Parts, subject: str) -> str:
    return "" if subject.startswith("scope:") else app.store.artifact(subject).id
