"""Log sinks: where logs are routed to, of what, and what is left out on the way."""

from __future__ import annotations

import re
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
        "`covers` reads the filter for the names of audit logs; a filter that asks for more than names is `filtered`.",
        "An exclusion counts as one of audit logs unless it is of other logs by their names.",
    ),
)
AUDIT = {"activity": "admin activity", "system_event": "system events", "data_access": "data access",
         "policy": "policy refusals"}
AUDITED = "cloudaudit.googleapis.com"
NAMED = re.compile(r"""\blog_id\(\s*"([^"]*)"\s*\)|\blogName\s*(?:=~|[:=])\s*"?([^\s"()]+)"?""", re.IGNORECASE)
WHOLE = re.compile(r"""\blog_id\(\s*"([^"]*)"\s*\)|\blogName\s*=\s*"?([^\s"()~]+)"?""", re.IGNORECASE)
"""How a filter names a log: by its id, or by its name; `WHOLE` leaves out names of which it gives a part."""
ALONE = re.compile(r"\blogName\s*=\s*[^~]", re.IGNORECASE)
JOINED = re.compile(r"\bOR\b|[\s()]")
"""What may stand between the names without narrowing a filter."""
OTHERWISE = re.compile(r"\b(OR|NOT)\b|!=|-log|(^|\s)-")
"""What may let a filter reach beyond the logs that it names."""


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one log source per sink; exclusions of the whole parent go with each of them."""
    parent = run.client.parent
    outside = list(run.client.read(EXCLUSIONS, key="exclusions", parent=parent))
    for sink in run.client.population("logging.list_sinks", key="sinks", parent=parent, page_size=1000):
        raw = [{"operation": "logging.list_sinks", "item": sink}, {"operation": EXCLUSIONS, "item": outside}]
        yield Record(_row(parent, sink, outside), raw)


def _row(parent: str, sink: dict[str, Any], outside: list[dict[str, Any]]) -> LogSource:
    taken = _what(sink.get("filter", ""), children=bool(sink.get("includeChildren")))
    return LogSource(
        f"//logging.googleapis.com/{parent}/sinks/{sink['name']}",
        name=sink["name"],
        enabled=not sink.get("disabled", False),
        covers=[*_where(sink), *taken, *_left_out([*(sink.get("exclusions") or ()), *outside])],
        destination=sink.get("destination"),
    )


def _where(sink: dict[str, Any]) -> list[str]:
    return ["children"] if sink.get("includeChildren") else []


def _what(text: str, *, children: bool) -> list[str]:
    """Return which audit logs a filter takes whole: all without one, else those that it names and asks no more of."""
    if not text.strip():
        return ["everything"]
    named = _named(NAMED, text)
    alternatives = len(re.findall(r"\bOR\b", text)) + 1
    alone = children and ALONE.search(text)  # the log of one parent, not those of the projects below it
    if alone or alternatives < len(named) or JOINED.sub("", NAMED.sub("", text)):
        return ["filtered"]
    if any(re.search(f"{AUDITED}(/|%2F)?$", one) for one in named):
        return list(AUDIT.values())
    return [
        word for name, word in AUDIT.items() if any(re.search(f"{AUDITED}(/|%2F){name}\\$?$", one) for one in named)
    ] or ["filtered"]


def _named(names: re.Pattern[str], text: str) -> list[str]:
    return [method or equal for method, equal in names.findall(text)]


def _left_out(exclusions: list[dict[str, Any]]) -> list[str]:
    """Return a mark for each exclusion in force that may drop something of the audit logs."""
    return [
        f"excludes:{one.get('name', '')}" for one in exclusions
        if not one.get("disabled") and not _elsewhere(one.get("filter", ""))
    ]


def _elsewhere(text: str) -> bool:
    """Return whether a filter is of logs that it names in full, none of them an audit log, whatever else it asks."""
    named = _named(WHOLE, text)
    return bool(named) and not OTHERWISE.search(text) and not any(AUDITED in one for one in named)
