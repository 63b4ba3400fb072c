"""Log sinks: where logs are routed to, of what, and what is left out on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource

EXCLUSIONS = "logging.list_exclusions"
HEADER = Header(
    id="gcp.log_sinks",
    title="Log sinks",
    kind="log_source",
    population="Every log sink of the project, folder or organization, those that Google makes included.",
    provider="gcp",
    per="boundary",
    calls=(
        Api("logging.list_sinks", ("logging.sinks.list",)),
        Api(EXCLUSIONS, ("logging.exclusions.list",)),
    ),
    limits=(
        "Whether a sink's writer may write to its destination Google does not tell here.",
        "`covers` reads the filter for the names of audit logs; what else a filter says stays in the record.",
    ),
)
AUDIT = {"activity": "admin activity", "system_event": "system events", "data_access": "data access",
         "policy": "policy refusals"}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one log source per sink; exclusions of the whole parent go with each of them."""
    parent = run.client.parent
    outside = list(run.client.read(EXCLUSIONS, key="exclusions", parent=parent))
    for sink in run.client.population("logging.list_sinks", key="sinks", parent=parent, page_size=1000):
        raw = [{"operation": "logging.list_sinks", "item": sink}, {"operation": EXCLUSIONS, "item": outside}]
        yield Record(_row(parent, sink, outside), raw)


def _row(parent: str, sink: dict[str, Any], outside: list[dict[str, Any]]) -> LogSource:
    return LogSource(
        f"//logging.googleapis.com/{parent}/sinks/{sink['name']}",
        name=sink["name"],
        enabled=not sink.get("disabled", False),
        covers=[*_where(sink), *_what(sink.get("filter", "")), *_left_out([*(sink.get("exclusions") or ()), *outside])],
        destination=sink.get("destination"),
    )


def _where(sink: dict[str, Any]) -> list[str]:
    return ["children"] if sink.get("includeChildren") else []


def _what(text: str) -> list[str]:
    """Return which audit logs a filter takes: all without one, else those that it names and does not deny."""
    if not text.strip():
        return ["everything"]
    if "NOT" in text or "-log" in text or "!=" in text:
        return ["filtered"]
    if "cloudaudit.googleapis.com" not in text:
        return ["filtered"]
    named = [word for name, word in AUDIT.items() if f"cloudaudit.googleapis.com/{name}" in text
             or f"cloudaudit.googleapis.com%2F{name}" in text]
    return named or list(AUDIT.values())


def _left_out(exclusions: list[dict[str, Any]]) -> list[str]:
    """Return a mark for each exclusion in force that drops something of the audit logs."""
    return [
        f"excludes:{one.get('name', '')}" for one in exclusions
        if not one.get("disabled") and "cloudaudit" in one.get("filter", "")
    ]
