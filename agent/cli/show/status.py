"""`annexa status` as people read it: how it stands, then each control that needs somebody, worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from rich.text import Text

from agent.assess import NOT_OWED
from agent.cli import words
from agent.cli.screen import Column, Screen, plain
from agent.evidence.report import ControlStatus, Holding, Status
from agent.evidence.why import BY_FRESHNESS, NOTHING_YET, unowed
from agent.model import Audit, Conclusion, Coverage, Freshness

NARROW, WIDE = 72, 116
_LABEL, _ID = 12, 8
_AXES: tuple[tuple[str, type[StrEnum]], ...] = (
    ("freshness", Freshness), ("coverage", Coverage), ("conclusion", Conclusion)
)


@dataclass(frozen=True, slots=True)
class Context:
    """Whose answer it is: the organization, the framework's title and the time zone of its days."""

    organization: str
    framework: str
    zone: tzinfo


def status(
    screen: Screen, answer: Status, context: Context, *, everything: bool = False, limit: int | None = None
) -> None:
    """Print the answer: header, summary of the three axes, warnings and the controls, worst first."""
    header(screen, answer.as_of, answer.audit, context)
    summary(screen, answer.summary)
    for warning in answer.warnings:
        screen.line(words.marked("", words.WARN, screen.signs), warning)
    ordered = sorted(answer.controls, key=weight, reverse=True)
    shown = [one for one in ordered if everything or needs_somebody(one)]
    screen.blank()
    if shown:
        _controls(screen, shown[:limit], context.zone)
        legend(screen, shown[:limit])
    if limit is not None and len(shown) > limit:
        screen.line(f"and {words.count(len(shown) - limit, 'more control')}")
    hidden = len(ordered) - len(shown)
    if hidden:
        screen.blank()
        verb = "needs" if hidden == 1 else "need"
        screen.line(f"{words.count(hidden, 'control')} {verb} nothing now; --all lists every control.")


def header(screen: Screen, as_of: datetime, audit: Audit | None, context: Context) -> None:
    """Print the organization, the framework, the instant, and how far the next audit is."""
    dot = f" {screen.signs.dot} "
    zone = getattr(context.zone, "key", str(context.zone))
    screen.line(
        Text(plain(context.organization), style="bold"), dot, context.framework, dot,
        f"as of {words.moment(as_of, context.zone)} {zone}",
    )
    if audit is None:
        screen.line("No audit is known: add `audits:` or `certificate:` to the configuration.")
        return
    days = words.days_until(audit.starts, as_of, context.zone)
    first, last = words.day(audit.starts, context.zone), words.last_day(audit.end, context.zone)
    span = first if first == last else f"{first} to {last}"
    screen.line(f"Next audit: {audit.kind}, {span}, {words.distance(days)}")


def summary(screen: Screen, counts: Mapping[str, Any]) -> None:
    """Print the counts of each axis, and of the controls that stand beside them."""
    screen.blank()
    for axis, states in _AXES:
        known = counts.get(axis, {})
        parts = [
            words.marked(f"{known.get(one, 0):,} {words.word(one)}", words.level(one) if known.get(one) else words.NONE,
                         screen.signs)
            for one in states
        ]
        if known.get(NOT_OWED):
            parts.append(words.marked(f"{known[NOT_OWED]:,} without a period owed", words.NONE, screen.signs))
        screen.hanging(Text(axis.capitalize(), style="bold"), screen.flow(parts, by=_LABEL, gap=3), by=_LABEL)
    rest = [f"{counts[one]:,} {one.replace('_', ' ')}" for one in ("unassigned", "not_applicable", "excepted")
            if counts.get(one)]
    if rest:
        screen.hanging(Text("Beside", style="bold"), ", ".join(rest), by=_LABEL)


def weight(control: ControlStatus) -> tuple[int, int]:
    """Return how bad a control is: its worst axis first, then all of them together."""
    if control.not_applicable:
        return (-1, 0)
    if control.unassigned:
        return (words.WEIGHTS[words.BAD], words.WEIGHTS[words.BAD])
    each = [words.WEIGHTS[words.level(one)] for one in (control.freshness, control.coverage, control.conclusion)]
    return (max(each), sum(each))


def needs_somebody(control: ControlStatus) -> bool:
    """Return whether something is not as it should be: unknown conclusions alone do not call anybody."""
    return weight(control)[0] >= words.WEIGHTS[words.WARN]


def why(control: ControlStatus, zone: tzinfo) -> str:
    """Return what is wrong with a control, in the words of its worst requirement."""
    if control.unassigned:
        return "no requirement is owed by any scope"
    if not control.primary:
        return ""
    worst = min(control.primary, key=lambda one: (list(Freshness).index(one.freshness.state),
                                                  list(Coverage).index(one.coverage.state)))
    more = len(control.primary) - 1
    also = f" (and {words.count(more, 'more')})".replace("mores", "more") if more else ""
    return f"{place(worst)}: {reason(worst, zone)}{also}"


def place(holding: Holding) -> str:
    """Return a requirement and where it is owed."""
    where = holding.boundary_name or holding.boundary
    return f"{holding.requirement.id} in {holding.scope}" + (f"/{where}" if where and where != holding.scope else "")


def reason(holding: Holding, zone: tzinfo) -> str:
    """Return the freshness of a requirement with its dates or its reason."""
    answer = holding.freshness
    if answer.reason or answer.evidence_time is None:
        return answer.reason or "no evidence"
    until = "stale since" if answer.state is Freshness.STALE else "fresh until"
    end = f", {until} {words.day(answer.stale_at, zone)}" if answer.stale_at else ""
    return f"evidence of {words.day(answer.evidence_time, zone)}{end}"


def states(control: ControlStatus, screen: Screen, *, bare: bool = False) -> tuple[Text, Text, Text]:
    """Return the three axes of a control in words; `bare` in a table, where `legend` tells what is left out."""
    if control.not_applicable:
        return (words.marked("not applicable", words.NONE, screen.signs), Text(), Text())
    if control.unassigned:
        return (words.marked("unassigned", words.BAD, screen.signs), Text(), Text())
    fresh = words.state(control.freshness, screen.signs)
    if control.excepted:
        fresh.append(" (excepted)")
    return (fresh, coverage(control, screen, bare=bare), words.state(control.conclusion, screen.signs))


def coverage(control: ControlStatus, screen: Screen, *, bare: bool = False) -> Text:
    """Return the coverage of a control in words, or why it says nothing; `bare`: only that it says nothing."""
    if why_not := unowed(control.primary):
        return words.marked("" if bare else why_not, words.NONE, screen.signs)
    return words.state(control.coverage, screen.signs)


def legend(screen: Screen, shown: Iterable[ControlStatus]) -> None:
    """Print what a bare `-` under coverage means, where one stands in the table above."""
    why = {unowed(one.primary): None for one in shown if one.primary}
    if screen.width >= NARROW and (said := [one for one in (BY_FRESHNESS, NOTHING_YET) if one in why]):
        screen.line(f"Coverage {screen.signs.none}: no period was owed, {' or '.join(said)}.")


def stacked(screen: Screen, one: ControlStatus, said: Sequence[Text]) -> None:
    """Print a control on two lines, for a narrow screen: its title, and below it how it stands."""
    screen.hanging(Text(one.id, style="bold"), one.title, by=_ID)
    screen.hanging("", screen.flow(said, by=_ID), by=_ID)


def _controls(screen: Screen, controls: Iterable[ControlStatus], zone: tzinfo) -> None:
    if screen.width < NARROW:
        for one in controls:
            stacked(screen, one, [part for part in states(one, screen) if part])
        return
    wide = screen.width >= WIDE
    columns = [Column("Control"), Column("Title", flexible=True), Column("Freshness"), Column("Coverage"),
               Column("Conclusion"), *([Column("Why", flexible=True)] if wide else [])]
    screen.table(columns, ([one.id, one.title, *states(one, screen, bare=True), *([why(one, zone)] if wide else [])]
                           for one in controls))
