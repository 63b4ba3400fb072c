"""One control with the requirements below it, as `annexa status --control` prints them."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Screen, plain
from agent.cli.show import periods
from agent.cli.show.status import reason, states
from agent.evidence.report import ControlStatus, Holding
from agent.evidence.why import unowed

ROWS = 5
"""As many exceptions of a check are shown."""
_LABEL = 12


def control(screen: Screen, one: ControlStatus, now: datetime, zone: tzinfo) -> None:
    """Print a control: its three axes, then each requirement in each boundary with its periods and exceptions."""
    screen.line(Text(f"{plain(one.id)} {plain(one.title)}", style="bold"), f" ({one.theme})")
    screen.line(Text("   ").join([part for part in states(one, screen) if part]))
    if one.unassigned:
        screen.line("No requirement that decides on it is owed by any scope: connect a scope, or bring a document.")
    for role, holdings in (("", one.primary), ("supporting, does not decide", one.supporting)):
        for holding in holdings:
            _holding(screen, holding, role, now, zone)


def _holding(screen: Screen, one: Holding, role: str, now: datetime, zone: tzinfo) -> None:
    screen.blank()
    where = one.scope if one.boundary in ("", one.scope) else f"{one.scope}, {one.boundary}"
    name = f" ({one.boundary_name})" if one.boundary_name not in ("", one.scope) else ""
    screen.line(Text(plain(one.requirement.title), style="bold"), f"  {one.requirement.id}",
                Text(f"  {role}" if role else "", style="italic"))
    _row(screen, "Where", f"{where}{name}")
    if one.owner:
        _row(screen, "Who", one.owner)
    _row(screen, "Freshness", words.state(one.freshness.state, screen.signs), f"  {reason(one, zone)}")
    if one.freshness.artifact:
        _row(screen, "", f"{one.freshness.collector} {short(one.freshness.artifact)}")
    drawn = periods.parts(one.coverage, now, zone, screen.signs)
    _row(screen, "Coverage", words.coverage(one.coverage.state, unowed([one]), screen.signs))
    if drawn:
        _row(screen, "", screen.flow(drawn, by=_LABEL + 3))
    why = "" if one.conclusion.checks else f"  {one.conclusion.reason}"
    _row(screen, "Conclusion", words.state(one.conclusion.state, screen.signs), why)
    _checks(screen, one, zone)
    if one.excepted:
        _row(screen, "", "accepted by an exception in force")


def short(artifact: str) -> str:
    """Return the beginning of an artifact's id, enough for `annexa evidence show`."""
    return artifact[: len("sha256:") + 16]


def _row(screen: Screen, label: str, *parts: Text | str) -> None:
    screen.hanging(f"  {label}", *parts, by=_LABEL + 2)


def _checks(screen: Screen, one: Holding, zone: tzinfo) -> None:
    for check in one.conclusion.checks:
        said = words.count(check.count, "exception") if check.count else check.reason or "no exceptions"
        closed = f", {check.closed:,} closed by a later record" if check.closed else ""
        _row(screen, "", words.state(check.state, screen.signs),
             f"  {check.title or check.check}: {said} in {words.count(check.records, 'record')}{closed}")
        for other in check.alternatives:
            found = words.count(other.count, "exception") if other.count else other.reason or "no exceptions"
            _row(screen, "", f"  {other.collector}: {found} in {words.count(other.records, 'record')}")
        for row in check.exceptions[:ROWS]:
            cells = [f"{key} {_value(value, zone)}" for key, value in row.items() if value is not None]
            _row(screen, "", "  " + ", ".join(cells))
        if check.count > ROWS:
            _row(screen, "", f"  and {check.count - ROWS:,} more")


def _value(value: Any, zone: tzinfo) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " and ".join(value)
    return words.moment(value, zone) if isinstance(value, datetime) else str(value)
