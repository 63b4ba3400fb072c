"""The alerts that hold, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from agent.cli import words
from agent.cli.screen import Column, Screen

_LEVELS = {"expiring": words.WARN}


@dataclass(frozen=True, slots=True)
class Asked:
    """The instant that is asked about, the zone of its days, and whether it lies ahead."""

    as_of: datetime
    zone: tzinfo
    ahead: bool = False


def alerts(screen: Screen, listed: Sequence[Mapping[str, Any]], about: Asked, limit: int | None = None) -> None:
    """Print one line for each state that calls somebody: what, of which requirement, known since when, why."""
    zone = about.zone
    if about.ahead:
        screen.line(f"By {words.moment(about.as_of, zone)}, if nothing more is collected:")
    if not listed:
        now = "" if about.ahead else " now"
        screen.line(words.marked(f"nothing calls anybody{now}", words.GOOD, screen.signs))
        return
    columns = [Column("State"), Column("Requirement", whole=True), Column("Known since"), Column("Why", flexible=True)]
    screen.table(columns, (
        [words.marked(one["condition"], _LEVELS.get(one["condition"], words.BAD), screen.signs), _what(one),
         words.day(one["since"], zone), _why(one, zone)]
        for one in listed[:limit]
    ))
    if limit is not None and len(listed) > limit:
        screen.line(f"and {len(listed) - limit:,} more")


def _what(one: Mapping[str, Any]) -> str:
    below = f"/{one['boundary']}" if one["boundary"] not in ("", one["scope"]) else ""
    return f"{one['requirement']} in {one['scope']}{below}"


def _why(one: Mapping[str, Any], zone: tzinfo) -> str:
    later = f"; told on {words.day(one['tells'], zone)}" if one["tells"] > one["since"] else ""
    return f"{one['reason'] or ''}{later}"
