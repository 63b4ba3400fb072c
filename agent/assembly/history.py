"""The chain of custody of an artifact, with the fields of ISO/IEC 27037: from its source to everything done since."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from agent.errors import VerificationError
from agent.store.acts import SCOPE
from agent.store.artifact import envelope_path
from agent.store.verified import read_envelope

if TYPE_CHECKING:
    from agent.assembly.app import Parts
    from agent.store import AccessRow, ActRow, ArtifactRow

OUT = frozenset({"export", "download"})
"""Accesses after which a copy is out of the store; the artifact itself never leaves it."""


class Link(TypedDict):
    """One link of the chain: when, what, by whom, from where, why; whether a copy went out, and what changed."""

    at: datetime
    what: str
    who: str
    where: str
    why: str
    detail: str
    checked_out: bool
    change: str
    leaf: int | None


def history(app: Parts, name: str) -> dict[str, Any]:
    """Return the chain of custody of an artifact."""
    row = app.store.artifact(name)
    try:
        run = read_envelope(row.id, app.store.objects.get(envelope_path(row.id)), app.store.keys.ring).provenance
    except VerificationError as error:
        raise VerificationError(f"The provenance of {row.id} does not verify: {error.message}") from error
    links = [_acquired(row), *map(_access, app.store.accesses(row.id)),
             *map(_act, app.store.acts(subjects=[row.id, SCOPE + row.scope, row.path]))]
    return {
        "artifact": row.id,
        "identification": {
            "unique_identifier": row.id, "evidence_kind": run.kind, "scope": run.scope, "boundary": run.boundary,
            "region": run.region, "source": run.source, "collector": run.collector,
        },
        "collection": {
            "collected_by": run.identity, "tool": f"annexa {run.agent_version}, collector {run.collector_version}",
            "host": run.host, "started_at": run.started_at, "finished_at": run.finished_at,
            "window": {"from": run.window.start, "to": run.window.end} if run.window else None,
            "outcome": run.outcome, "records": run.records, "lacking": [one.what for one in run.lacking],
            "changes": {"masked_before_sealing": run.masked},
        },
        "acquisition": {
            "digest": f"sha256:{row.object}", "size": row.size, "envelope": f"sha256:{row.envelope}",
            "sealed_before": row.recorded_at,
        },
        "preservation": {
            "location": row.path, "leaf": row.leaf, "recorded_at": row.recorded_at, "log": _origin(app),
            "voided": _voided(row), "deleted_at": row.deleted_at,
            "holds": [one.name for one in app.store.holds(row.id, SCOPE + row.scope)],
            "retention": _retention(app, row),
        },
        "chain": sorted(links, key=lambda link: link["at"]),
    }


def _origin(app: Parts) -> str:
    from sqlmodel import select

    from agent.store.tables import Tree

    with app.store.reading() as session:
        return str(session.exec(select(Tree.origin)).first() or "")


def _voided(row: ArtifactRow) -> dict[str, Any] | None:
    if row.voided_at is None:
        return None
    return {"at": row.voided_at, "by": row.voided_by, "reason": row.void_reason}


def _retention(app: Parts, row: ArtifactRow) -> str:
    kept = app.config.retention.of(row.kind)
    return kept.text if kept else "for ever"


def _acquired(row: ArtifactRow) -> Link:
    return Link(at=row.recorded_at, what="sealed and recorded", who="annexa", where="", why="", detail=row.path,
                checked_out=False, change="", leaf=row.leaf)


def _access(one: AccessRow) -> Link:
    change = "is no evidence from then on" if one.action == "void" else ""
    return Link(at=one.at, what=one.action, who=one.who, where=f"{one.host}, {one.client}", why=one.why,
                detail=one.detail, checked_out=one.action in OUT, change=change, leaf=one.leaf)


_CHANGES = {
    "deletion": "the object is gone, its seal and its leaf stay",
    "erasure": "the records cannot be read any more, their seal and their leaf stay",
}


def _act(one: ActRow) -> Link:
    words = {"hold": "hold placed", "release": "hold released", "deletion": "deleted under retention",
             "erasure": "erased with its scope, data key"}
    return Link(
        at=one.recorded_at, what=f"{words.get(one.kind, one.kind)} {one.name}".strip(), who=one.by, where="",
        why=one.reason, detail=one.subject, checked_out=False,
        change=_CHANGES.get(one.kind, ""), leaf=one.leaf,
    )
