"""Void, hold, release and the retention, with what follows: flips, time stamps, the access log."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent import canonical
from agent.assembly import custody, stamping, telling
from agent.canonical import timestamp
from agent.errors import ArgumentError, ConfigurationError, StoreError
from agent.nearest import meant
from agent.store.acts import SCOPE
from agent.store.keeping import said
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
        app.shelf.forget(one.kind, one.scope, one.path)
    _follow(app)
    return found


def erase(app: Parts, scope: str, reason: str, by: str) -> ActRow:
    """Erase the records of a scope: destroy its data key, and drop what of them lies here besides."""
    _known(app, SCOPE + scope)
    app.store.drain(_derive(app))
    app.store.erasable(scope, app.clock())
    # Before the leaf: what is kept here can be fetched again, and a crash behind the leaf would leave it.
    app.shelf.forget_scope(scope)
    custody.note(app, "erasure", why=reason, by=by, detail=SCOPE + scope)
    act = app.store.erase(scope, reason, by, app.clock(), _derive(app))
    _follow(app)
    return act


def erased(app: Parts, scope: str | None = None, since: datetime | None = None) -> list[str]:
    """Return a line for each erasure, of a scope or from an instant on: what answers rest on without being shown."""
    subjects = [SCOPE + scope] if scope is not None else []
    return [
        f"the records of {act.subject.removeprefix(SCOPE)} up to {timestamp(act.recorded_at)} were erased by {act.by}: "
        f"{act.reason}"
        for act in app.store.acts("erasure", subjects=subjects) if since is None or act.recorded_at >= since
    ]


def naming(app: Parts, scope: str) -> list[str]:
    """Return the samples whose documents name records of a scope by ids that are not concealed: these stay."""
    return [row.name for row in app.store.sampled(step="selection")
            if any(item["scope"] == scope and item["id"] is not None for item in canonical.loads(row.body)["items"])]


def rewrap(app: Parts, to: str, reason: str, by: str) -> int:
    """Wrap the data keys anew by another wrapping key, and return how many; the objects stay as they are."""
    if not app.config.encryption:
        raise StoreError("Nothing is encrypted here", advice="Set encryption: in the configuration")
    if to.startswith(FILE):
        to = FILE + str(Path(to.removeprefix(FILE)).absolute())
    said("Keys are wrapped anew", reason, by)
    app.store.objects.keys.check()
    count = app.store.objects.keys.rewrap(to)
    custody.note(app, "wrapping key change", why=reason, by=by, detail=to)
    _follow(app)
    return count


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


def seen(app: Parts, scope: str | None) -> None:
    """Raise `ConfigurationError` for a scope that is neither configured nor that of any artifact."""
    known = {one.name for one in app.config.scopes} | {"organization"}
    if scope is not None and scope not in known and not app.store.artifacts(scope=scope, limit=1):
        raise ConfigurationError(f"There is no scope {scope!r}", advice=meant(scope, sorted(known)))


def _known(app: Parts, subject: str) -> None:
    """Raise `ArgumentError` where a scope is meant that neither the configuration nor the store knows."""
    if subject.startswith("scope:"):
        name = subject.removeprefix("scope:")
        known = {scope.name for scope in app.config.scopes} | {"organization"}
        if name not in known and not app.store.artifacts(scope=name, limit=1):
            raise ArgumentError(f"There is no scope {name!r}", advice=f"There are: {', '.join(sorted(known))}")


def _artifact(app: Parts, subject: str) -> str:
    return "" if subject.startswith("scope:") else app.store.artifact(subject).id
