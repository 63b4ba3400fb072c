"""What changed between two dates, as people and machines read it."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Screen, plain
from agent.lake.output import cell
from agent.lake.output import plain as value

if TYPE_CHECKING:
    from agent.lake.diff import Change, Compared, Diff, Place
    from agent.lake.gone import Gone
    from agent.lake.pieces import Piece
    from agent.model import Requirement

MOST = 500
"""As many changes a screen has."""
_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def as_json(found: Requirement, diff: Diff, since: datetime, until: datetime) -> dict[str, Any]:
    """Return the difference as the machine interface writes it."""
    changes = [_change(one) for one in diff.changes()]
    return {
        "requirement": found.id, "kind": found.kind, "from": since, "to": until,
        "places": [_place(one, diff) for one in diff.places], "changes": changes,
    }


def _where(place: Place) -> dict[str, str | None]:
    return {name: part or None for name, part in place._asdict().items()}


def _place(one: Compared, diff: Diff) -> dict[str, Any]:
    def told(piece: Piece | None) -> dict[str, Any] | None:
        return {"artifact": piece.artifact, "collected_at": piece.collected_at} if piece else None

    counts = {what: diff.counts[one.place, what] for what in _SIGNS}
    return {**_where(one.place), "before": told(one.before), "after": told(one.after), "compared": one.compared,
            **counts, "erased": one.lost, "gone": [_gone(each) for each in one.gone]}


def _gone(one: Gone) -> dict[str, Any]:
    return {name: getattr(one, name)
            for name in ("artifact", "collected_at", "records", "went", "at", "by", "reason")}


def _change(one: Change) -> dict[str, Any]:
    columns = {name: {"before": value(before), "after": value(after)} for name, (before, after) in one.columns.items()}
    return {"change": one.what, **_where(one.place), "id": one.id, "columns": columns}


def shown(screen: Screen, found: Requirement, diff: Diff, zone: tzinfo) -> None:
    """Print the changes below their places, then the places that could not be compared."""
    screen.line(Text(plain(found.title), style="bold"), f"  {found.id}")
    before, hidden = None, 0
    for at, change in enumerate(diff.changes()):
        if at >= MOST:
            hidden += 1
            continue
        if change.place != before:
            screen.heading(_name(change.place))
        before = change.place
        _line(screen, change)
    if hidden:
        screen.blank()
        screen.line(f"{hidden:,} more; --json has all")
    screen.blank()
    for one in diff.places:
        _told(screen, one, diff, zone)
    if not diff.places:
        screen.line("Nothing was collected by either date.")


def _name(place: Place) -> str:
    return ", ".join(dict.fromkeys(part for part in place if part))


def _line(screen: Screen, change: Change) -> None:
    sign, color = _SIGNS[change.what]
    said = ""
    if change.what == "changed":
        said = "; ".join(f"{name}: {cell(old) or 'null'} -> {cell(new) or 'null'}"
                         for name, (old, new) in change.columns.items())
    screen.hanging(Text(sign, style=color), Text(plain(change.id)), f"  {said}" if said else "", by=2)


def _lost(screen: Screen, name: str, one: Gone, zone: tzinfo) -> None:
    """Print how the records of an artifact went, as the log says."""
    of = f"of the run of {words.moment(one.collected_at, zone)}"
    screen.line(f"{name}: {words.count(one.records, 'record')} {one.went}, {of}, "
                f"on {words.moment(one.at, zone)} by {plain(one.by)}: {plain(one.reason)}")


def _told(screen: Screen, one: Compared, diff: Diff, zone: tzinfo) -> None:
    name = _name(one.place)
    for each in one.gone:
        _lost(screen, name, each, zone)
    if not one.compared and one.gone:
        screen.line(f"{name}: not compared, what was known by the first date is gone"
                    if one.after else f"{name}: not compared, its records are gone")
        return
    if one.before is None or one.after is None:
        side = "first" if one.before is None else "second"
        screen.line(f"{name}: not compared, no evidence by the {side} date")
        return
    counts = ", ".join(f"{diff.counts[one.place, what]:,} {what}" for what in _SIGNS)
    times = " and ".join(words.moment(piece.collected_at, zone) for piece in (one.before, one.after))
    same = "; the same artifact" if one.before.artifact == one.after.artifact else ""
    screen.line(f"{name}: {counts} (collected {times}{same})")
