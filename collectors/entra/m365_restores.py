"""Restores of mail, files and sites from Microsoft 365 Backup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import BackupTest

CALL = "solutions.backup_restore.restore_sessions"

HEADER = Header(
    id="entra.m365_restores",
    title="Restores from Microsoft 365 Backup",
    kind="backup_test",
    population="Every session of Microsoft 365 Backup in which mail, files or sites of the tenant are restored.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("BackupRestore-Restore.Read.All",)),),
    limits=(
        "Microsoft 365 Backup has to be switched on; backups by others are not seen.",
        "Nobody but the organization knows whether what came back was right: `validated` is null.",
    ),
)
OUTCOMES = {
    "completed": "completed", "completedwitherror": "failed", "failed": "failed", "active": "running",
    "activating": "running",
}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one test per session that was begun."""
    for session in run.client.population(CALL):
        if str(session.get("status")).lower() == "draft":
            run.skip("never begun")
        else:
            yield Record(_row(session), session)


def _row(session: dict[str, Any]) -> BackupTest:
    begun, ended = moment(session.get("createdDateTime")), moment(session.get("completedDateTime"))
    kind = str(session.get("@odata.type") or "").rpartition(".")[2].removesuffix("RestoreSession")
    return BackupTest(
        session["id"],
        resource=kind or None,
        outcome=OUTCOMES.get(str(session.get("status")).lower()),
        duration_s=(ended - begun).total_seconds() if begun and ended else None,
        occurred_at=ended or begun,
    )
