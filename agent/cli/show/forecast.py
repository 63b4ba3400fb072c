"""`annexa forecast` as people read it: who has to act by when, then the controls that will not be fresh."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Column, Screen, plain
from agent.cli.show.status import NARROW, Context, coverage, header, legend, stacked
from agent.evidence.report import Action, ControlStatus, Forecast
from agent.model import Coverage, Freshness

_NEVER = datetime.max.replace(tzinfo=UTC)
_PLACES = 3
NOBODY = "nobody named (see `owners:`)"


@dataclass(frozen=True, slots=True)
class Grouped:
    """The same action over several boundaries."""

    action: Action
    places: tuple[str, ...]


def forecast(
    screen: Screen, answer: Forecast, context: Context, *, everything: bool = False, how: bool = False,
    limit: int | None = None,
) -> None:
    """Print the forecast: what people have to do, sorted by its last day, then what will not be fresh."""
    header(screen, answer.as_of, answer.audit, context)
    for warning in answer.warnings:
        screen.line(words.marked("", words.WARN, screen.signs), warning)
    to_do = [one for one in answer.actions if one.kind != "explain"]
    lost = [one for one in answer.actions if one.kind == "explain"]
    _actions(screen, "Who has to act by when", to_do, answer.as_of, context.zone, how=how,
             limit=limit)
    if not to_do:
        screen.line(words.marked("nobody has to do anything before this audit", words.GOOD, screen.signs))
    elif not how and any(one.guidance for one in to_do):
        screen.line("--how tells how each is done.")
    if lost:
        _actions(screen, "Gaps that nothing repairs any more: prepare the explanation", lost, answer.as_of,
                 context.zone, how=how, limit=limit)
    _controls(screen, answer, everything=everything, limit=limit)


def grouped(actions: Iterable[Action]) -> list[Grouped]:
    """Return the actions by their last day, the same ones in several boundaries as one."""
    groups: dict[Action, list[str]] = {}
    for one in sorted(actions, key=_order):
        where = one.scope + (f"/{one.boundary}" if one.boundary and one.boundary != one.scope else "")
        groups.setdefault(replace(one, scope="", boundary=""), []).append(where)
    return [Grouped(action, tuple(places)) for action, places in groups.items()]


def _order(one: Action) -> tuple[datetime, str, str, datetime, str, str]:
    began = one.period.start if one.period else _NEVER
    return (one.by or _NEVER, one.owner, one.requirement, began, one.scope, one.boundary)


def _actions(
    screen: Screen, title: str, actions: Iterable[Action], now: datetime, zone: tzinfo, *, how: bool,
    limit: int | None,
) -> None:
    screen.heading(title)
    last = None
    groups = grouped(actions)
    for one in groups[:limit]:
        action = one.action
        if (until := _until(action, now, zone)) != last:
            screen.line(Text(until, style="bold"))
            last = until
        level = words.BAD if action.by and action.by <= now else words.WARN
        what = f"{action.title}  {action.owner or NOBODY}, {_places(one.places)}"
        screen.indented(2, words.marked(plain(what), level, screen.signs))
        for said in _details(one, now, zone, how=how):
            screen.indented(6, said)
    if limit is not None and len(groups) > limit:
        screen.line(f"and {len(groups) - limit:,} more")


def _places(places: tuple[str, ...]) -> str:
    return "in " + (", ".join(places) if len(places) <= _PLACES else f"{len(places):,} places, {places[0]} first")


def _until(action: Action, now: datetime, zone: tzinfo) -> str:
    if action.by is None:
        return "No longer possible" if action.kind == "explain" else "At any time"
    days = words.days_until(action.by, now, zone)
    return f"By {words.day(action.by, zone)}, {words.distance(days)}"


def _details(one: Grouped, now: datetime, zone: tzinfo, *, how: bool) -> Iterable[str]:
    action = one.action
    if action.not_before and action.not_before > now:
        yield f"not before {words.day(action.not_before, zone)}, or it would be stale again"
    controls = f" (control{'s' if len(action.controls) > 1 else ''} {', '.join(action.controls)})"
    times = f", {action.periods:,} periods" if action.periods > 1 else ""
    yield f"{action.why}{times}{controls if action.controls else ''}"
    if how and action.guidance:
        yield action.guidance


def troubled(control: ControlStatus) -> bool:
    """Return whether a control will not be fresh even if all goes as scheduled, or has lost a period."""
    if control.not_applicable:
        return False
    return control.unassigned or control.planned is not Freshness.FRESH or control.coverage is Coverage.GAP


def _controls(screen: Screen, answer: Forecast, *, everything: bool, limit: int | None) -> None:
    shown = [one for one in answer.controls if everything or troubled(one)]
    screen.heading("Controls at the end of the audit's last day")
    if shown:
        order = {state: place for place, state in enumerate(Freshness)}
        shown.sort(key=lambda one: order[one.planned] if one.planned else -1)
        _table(screen, shown[:limit])
        if limit is not None and len(shown) > limit:
            screen.line(f"and {words.count(len(shown) - limit, 'more control')} that will not be fresh")
    rest = len(answer.controls) - len(shown)
    if rest:
        screen.line(f"{words.count(rest, 'control')} will be fresh as planned{' or are not applicable' * _none(answer)}"
                    "; --all lists every control.")


def _table(screen: Screen, shown: Sequence[ControlStatus]) -> None:
    if screen.width < NARROW:
        for one in shown:
            planned, held, covered = _ahead(one, screen)
            named = [("planned: ", planned), ("if nothing more: ", held), ("", covered)]
            stacked(screen, one, [Text(name) + said for name, said in named if said])
        return
    screen.table(
        [Column("Control"), Column("Title", flexible=True), Column("As planned"), Column("If nothing more"),
         Column("Coverage")],
        ([one.id, one.title, *_ahead(one, screen, bare=True)] for one in shown),
    )
    legend(screen, shown)


def _none(answer: Forecast) -> bool:
    return any(one.not_applicable for one in answer.controls)


def _ahead(one: ControlStatus, screen: Screen, *, bare: bool = False) -> tuple[Text, Text, Text]:
    if one.unassigned or one.not_applicable:
        said = words.marked("unassigned", words.BAD, screen.signs) if one.unassigned else Text("not applicable")
        return (said, Text(), Text())
    return (words.state(one.planned, screen.signs), words.state(one.held, screen.signs),
            coverage(one, screen, bare=bare))
