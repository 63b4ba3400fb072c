"""One control with the requirements below it, as `annexa status --control` prints them: the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Screen, plain
from agent.cli.show import periods
from agent.cli.show.status import reason, states
from agent.evidence.report import ControlStatus, Holding
from agent.evidence.why import unowed
from agent.model import WORST
from agent.model.conclusions import CheckResult

MOST = 2
"""As many places of a requirement are shown, and as many exceptions of a check."""
_NAMED = 4
"""As many of the places that stand alike are named."""
_LABEL = 12
_ROW = 5
"""The cells before an exception: it has the width, since ids are long."""


@dataclass(frozen=True, slots=True)
class View:
    """How much is shown, at which instant, in the days of which zone; `most` None: everything."""

    now: datetime
    zone: tzinfo
    most: int | None = MOST

    def cut(self, number: int) -> int:
        """Return how many of so many are left out."""
        return 0 if self.most is None else max(number - self.most, 0)


def control(screen: Screen, one: ControlStatus, view: View) -> None:
    """Print a control: its three axes, then each requirement, its worst places with their periods and exceptions."""
    screen.line(Text(f"{plain(one.id)} {plain(one.title)}", style="bold"), f" ({one.theme})")
    screen.line(Text("   ").join([part for part in states(one, screen) if part]))
    if one.unassigned:
        screen.line("No requirement that decides on it is owed by any scope: connect a scope, or bring a document.")
    for holdings in _requirements(one.primary):
        _requirement(screen, holdings, "", view)
    if one.supporting and view.most is not None:
        screen.heading("Supporting, do not decide; --all shows them like those above")
        for holdings in _requirements(one.supporting):
            _brief(screen, holdings)
        return
    for holdings in _requirements(one.supporting):
        _requirement(screen, holdings, "supporting, does not decide", view)


def _requirements(holdings: Iterable[Holding]) -> list[list[Holding]]:
    """Return the places of each requirement, the worst requirement and the worst place first."""
    found: dict[str, list[Holding]] = {}
    for one in sorted(holdings, key=_rank):
        found.setdefault(one.requirement.id, []).append(one)
    return list(found.values())


def _rank(one: Holding) -> tuple[int, ...]:
    return tuple(WORST[state] for state in _axes(one))


def _axes(one: Holding) -> tuple[Any, Any, Any]:
    return one.freshness.state, one.coverage.state, one.conclusion.state


def _brief(screen: Screen, holdings: Sequence[Holding]) -> None:
    worst, places = holdings[0], words.count(len(holdings), "place")
    screen.indented(2, Text(plain(worst.requirement.title), style="bold"), f"  {worst.requirement.id}, {places}")
    more = "the worst: " if len(holdings) > 1 else ""
    fresh, _, conclusion = (words.state(state, screen.signs) for state in _axes(worst))
    covered = words.coverage(worst.coverage.state, unowed([worst]), screen.signs)
    screen.indented(6, Text(more), Text("   ").join([fresh, covered, conclusion]))


def _requirement(screen: Screen, holdings: Sequence[Holding], role: str, view: View) -> None:
    requirement = holdings[0].requirement
    screen.blank()
    screen.line(Text(plain(requirement.title), style="bold"), f"  {requirement.id}",
                Text(f"  {role}" if role else "", style="italic"))
    groups = _alike(holdings, view)
    for number, group in enumerate(groups[:view.most]):
        if number:
            screen.blank()
        _group(screen, group, view)
    if view.cut(len(groups)):
        left = [one for group in groups[view.most:] for one in group]
        screen.blank()
        many = words.count(len(left), "more place")
        screen.indented(2, f"and {many}: ", *_counted(screen, left), "; --all shows them")


def _counted(screen: Screen, holdings: Iterable[Holding]) -> Iterator[Text]:
    """Yield how many holdings are in each state that is the worst of their three, with commas between."""
    counts = Counter(max(_axes(one), key=lambda state: words.WEIGHTS[words.level(state)]) for one in holdings)
    for number, (state, many) in enumerate(counts.items()):
        yield Text(", " if number else "")
        yield words.marked(f"{many:,} {words.word(state)}", words.level(state), screen.signs)


def _alike(holdings: Iterable[Holding], view: View) -> list[list[Holding]]:
    """Return the holdings of which the same is to be said together; those with exceptions stand alone."""
    groups: dict[tuple[Any, ...], list[Holding]] = {}
    for one in holdings:
        checks = tuple((check.check, check.state, check.records, check.closed, check.reason, check.alternatives)
                       for check in one.conclusion.checks)
        alone = one.boundary if any(check.count for check in one.conclusion.checks) else ""
        said = (*_axes(one), one.owner, one.excepted, reason(one, view.zone), one.coverage.periods, one.coverage.gaps,
                one.coverage.owed, one.conclusion.reason, checks, alone)
        groups.setdefault(said, []).append(one)
    return list(groups.values())


def _group(screen: Screen, group: Sequence[Holding], view: View) -> None:
    one = group[0]
    _row(screen, "Where", "; ".join(_where(each) for each in group[:_NAMED if view.most is not None else None]),
         f"; and {words.count(len(group) - _NAMED, 'more place')}" if view.cut(len(group)) and len(group) > _NAMED
         else "")
    if one.owner:
        _row(screen, "Who", one.owner)
    _row(screen, "Freshness", words.state(one.freshness.state, screen.signs), f"  {reason(one, view.zone)}")
    if one.freshness.artifact and len(group) == 1:
        _row(screen, "", f"{one.freshness.collector} {short(one.freshness.artifact)}")
    drawn = periods.parts(one.coverage, view.now, view.zone, screen.signs, everything=view.most is None)
    _row(screen, "Coverage", words.coverage(one.coverage.state, unowed([one]), screen.signs))
    if drawn:
        _row(screen, "", screen.flow(drawn, by=_LABEL + 3))
    why = "" if one.conclusion.checks else f"  {one.conclusion.reason}"
    _row(screen, "Conclusion", words.state(one.conclusion.state, screen.signs), why)
    for check in one.conclusion.checks:
        _check(screen, check, view)
    if one.excepted:
        _row(screen, "", "accepted by an exception in force")


def _where(one: Holding) -> str:
    where = one.scope if one.boundary in ("", one.scope) else f"{one.scope}, {one.boundary}"
    return f"{where} ({one.boundary_name})" if one.boundary_name not in ("", one.scope, one.boundary) else where


def short(artifact: str) -> str:
    """Return the beginning of an artifact's id, enough for `annexa evidence show`."""
    return artifact[: len("sha256:") + 16]


def _row(screen: Screen, label: str, *parts: Text | str) -> None:
    screen.hanging(f"  {label}", *parts, by=_LABEL + 2)


def _check(screen: Screen, check: CheckResult, view: View) -> None:
    said = words.count(check.count, "exception") if check.count else check.reason or "no exceptions"
    closed = f", {check.closed:,} closed by a later record" if check.closed else ""
    _row(screen, "", words.state(check.state, screen.signs),
         f"  {check.title or check.check}: {said} in {words.count(check.records, 'record')}{closed}")
    for other in check.alternatives:
        found = words.count(other.count, "exception") if other.count else other.reason or "no exceptions"
        _row(screen, "", f"  {other.collector}: {found} in {words.count(other.records, 'record')}")
    shown = check.exceptions[:view.most]
    for row in shown:
        cells = [Text(plain(f"{key} {_value(value, view.zone)}")) for key, value in row.items() if value is not None]
        for cell in cells[:-1]:
            cell.append(",")
        screen.hanging("    -", screen.flow([screen.unbroken(cell, _ROW) for cell in cells], by=_ROW, gap=1), by=_ROW)
    if check.count > len(shown):
        screen.hanging("", f"and {check.count - len(shown):,} more", by=_ROW)


def _value(value: Any, zone: tzinfo) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " and ".join(value)
    return words.moment(value, zone) if isinstance(value, datetime) else str(value)
