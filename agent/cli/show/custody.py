"""Holds, the retention and a chain of custody as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from agent.cli import words
from agent.cli.screen import Column, Screen, plain

if TYPE_CHECKING:
    from agent.store import ActRow
    from agent.store.retention import Due

PARTS = ("identification", "collection", "acquisition", "preservation")
_LABEL = 24


def holds(screen: Screen, found: Sequence[ActRow], zone: tzinfo) -> None:
    """Print the holds in force."""
    if not found:
        screen.line("No hold is in force.")
        return
    columns = [Column("Hold"), Column("Since"), Column("On", flexible=True), Column("By and why", flexible=True)]
    screen.table(columns, (
        [one.name, words.day(one.recorded_at, zone), one.subject, f"{one.by}: {one.reason}"] for one in found
    ))


def retention(screen: Screen, due: Due, zone: tzinfo, *, dry_run: bool) -> None:
    """Print what was deleted, or would be, and what a hold keeps."""
    columns = [Column("Object", kept=True), Column("Kind"), Column("Scope", flexible=True), Column("Past since"),
               Column("Artifacts", right=True)]
    if due.doomed:
        screen.table(columns, (
            [one.digest[:12], f"{one.kind} ({one.retention})", one.scope, words.day(one.since, zone),
             len(one.artifacts)] for one in due.doomed
        ))
    many = words.count(len(due.doomed), "object")
    screen.line(f"{many} would be deleted" if dry_run else f"{many} deleted; their leaves say so")
    for path, until in sorted(due.locked.items()):
        screen.line(plain(f"{path} is past its retention and locked until {words.moment(until, zone)}"))
    for artifact, names in sorted(due.held.items()):
        screen.line(f"{artifact} is past its retention and kept by {', '.join(names)}")


def shown(screen: Screen, told: Mapping[str, Any], zone: tzinfo) -> None:
    """Print a chain of custody."""
    for part in PARTS:
        screen.heading(part.capitalize())
        for name, value in told[part].items():
            if value not in (None, "", [], {}):
                screen.hanging(f"  {name.replace('_', ' ')}", plain(_said(value, zone)), by=_LABEL + 2)
    screen.heading("Chain of custody")
    for link in told["chain"]:
        out = "; a copy went out" if link["checked_out"] else ""
        logged = f"leaf {link['leaf']}" if link["leaf"] is not None else "not in the log yet"
        screen.hanging(f"  {words.moment(link['at'], zone)}", plain(f"{link['what']}, {link['who']}{out} ({logged})"),
                       by=_LABEL)
        for line in (link["where"], link["why"], link["detail"], link["change"]):
            if line:
                screen.hanging("", plain(line), by=_LABEL)


def _said(value: Any, zone: tzinfo) -> str:
    if isinstance(value, datetime):
        return words.moment(value, zone)
    if isinstance(value, Mapping):
        if not value:
            return "none"
        return ", ".join(f"{name.replace('_', ' ')} {_said(one, zone)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_said(one, zone) for one in value)
    return str(value)
