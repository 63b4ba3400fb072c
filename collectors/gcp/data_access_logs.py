"""Data access logs: who read and wrote what; opt-in, because they are many times all other entries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from agent.clients.gcp import DataAccess, Gcp
from agent.collector import Api, Header, Record, Run, Windows
from collectors.gcp._entries import CALL, entries, event

PRIVATE = "logging.privateLogEntries.list"
HELD = {kind: f"cloudresourcemanager.{kind}.testIamPermissions" for kind in ("organizations", "folders", "projects")}
HEADER = Header(
    id="gcp.data_access_logs",
    title="Data access logs",
    kind="log_event",
    population="Every entry of the window in the log of data access that the project, folder or organization itself "
    "holds, of the services and permissions to which the scope narrows it.",
    provider="gcp",
    per="boundary",
    calls=(Api(CALL, ("logging.logEntries.list", PRIVATE)), *(Api(call, (PRIVATE,)) for call in HELD.values())),
    windows=Windows(settle=timedelta(hours=1), longest=timedelta(hours=6), reach=timedelta(days=29)),
    keeps="P30D",
    opt_in=True,
    limits=(
        ("Only what is logged is here: of most services nothing is until data access logs are switched on, which "
        "gcp.audit_log_config shows."),
        "The log is kept as long as the bucket _Default keeps it, 30 days unless somebody changed it.",
        ("Google lets a project read about sixty pages of a thousand a minute, for all windows together: a place with "
        "more than three million entries in six hours is not read to the end of a window unless the scope narrows it."),
        "What the scope narrows away by `data_access` is not read; each run says in its notes what that was.",
        "`writes_only` goes by the sort of permission that Google checked, which some services do not log.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one event per entry; raises `CallError` without the permission: an empty list would then say nothing."""
    run.client.needs(HELD[run.client.parent.partition("/")[0]], PRIVATE)
    narrowed = run.client.scope.data_access
    for note in _left_out(narrowed):
        run.note(note)
    for entry in entries(run, _asked(narrowed)):
        yield Record(event(entry), entry)


def _asked(narrowed: DataAccess) -> str:
    asked = ['log_id("cloudaudit.googleapis.com/data_access")']
    if narrowed.services:
        services = " OR ".join(f'protoPayload.serviceName="{name}"' for name in narrowed.services)
        asked.append(f"({services})")
    if narrowed.writes_only:
        asked.append('protoPayload.authorizationInfo.permissionType="DATA_WRITE"')
    return " AND ".join(asked)


def _left_out(narrowed: DataAccess) -> Iterator[str]:
    if narrowed.services:
        yield f"left out by the scope: data access at every service but {', '.join(narrowed.services)}"
    if narrowed.writes_only:
        yield "left out by the scope: entries in which Google checked no permission to write data"
