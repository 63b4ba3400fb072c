"""`status`, `forecast`, `audits` and `alerts`: what the evidence says, at any instant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import asked, session, when
from agent.cli.application import add

if TYPE_CHECKING:
    from agent.assembly import App
    from agent.cli.show.status import Context
    from agent.evidence.report import ControlStatus

FAIL_ON = ("missing", "stale", "expiring", "gap", "late", "due", "deficient", "unknown", "unassigned")
"""What `--fail-on` can name."""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    add(app, status)
    add(app, forecast)
    add(app, audits)
    add(app, alerts)


def _fail_on(text: str | None) -> str | None:
    for name in _listed(text):
        if name not in FAIL_ON:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(FAIL_ON)}")
    return text


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


Control = Annotated[
    str | None,
    typer.Option("--control", metavar="ID", autocompletion=asked.controls, help="Show one control, such as 8.13, "
                 "with its requirements, their periods and exceptions."),
]
Most = Annotated[
    int | None, typer.Option("--limit", "-n", min=1, help="Print at most so many of each, the worst or first ones.")
]
FailOn = Annotated[
    str | None,
    typer.Option("--fail-on", metavar="STATES", callback=_fail_on, autocompletion=lambda: list(FAIL_ON),
                 help=f"Exit with 1 where something is so: {', '.join(FAIL_ON)}; commas between."),
]


def _about(app: App, framework: str) -> Context:
    from agent.cli.show.status import Context
    from agent.mapping import TITLES

    return Context(app.config.organization, TITLES.get(framework, framework), app.config.timezone)


def status(
    context: typer.Context,
    as_of: asked.AsOf = None,
    framework: asked.Framework = None,
    scope: asked.Scope = None,
    control: Control = None,
    everything: asked.Everything = False,
    limit: Most = None,
    fail_on: FailOn = None,
    json: asked.Json = False,
) -> None:
    """Show what is fresh, expiring, stale and missing, control by control, worst first."""
    from dataclasses import replace

    from agent.cli import show

    with session.opened(context) as app:
        zone = app.config.timezone
        answer = app.status(when.instant(as_of, zone), framework, scope)
        if control is not None:
            named = _named(answer.controls, control)
            of = [one.requirement.id for one in (*named.primary, *named.supporting)]
            if of and not json:  # the page shows the exceptions themselves
                answer = app.status(answer.as_of, framework, scope, of=of)
                named = _named(answer.controls, control)
            answer = replace(answer, controls=(named,))
        if json:
            session.emit(answer.as_json())
        elif control is not None:
            most = None if everything else limit or show.control.MOST
            show.control.control(session.screen(context), answer.controls[0],
                                 show.control.View(answer.as_of, zone, most))
        else:
            about = _about(app, answer.framework)
            show.status.status(session.screen(context), answer, about, everything=everything, limit=limit)
        if any(wrong(one, _listed(fail_on)) for one in answer.controls):
            raise typer.Exit(1)
        _whole(app)


def _whole(app: App) -> None:
    """End with the status of a store that failed where an answer lacks records, and say why on stderr."""
    from agent.errors import StoreError

    for why in sorted(app.locked):
        session.say(f"answered without what only records tell: {why}")
    if app.locked:
        raise typer.Exit(StoreError.exit_status)


def _named(controls: tuple[ControlStatus, ...], name: str) -> ControlStatus:
    from agent.errors import ConfigurationError
    from agent.nearest import meant

    bare = name.removeprefix("A.")
    for one in controls:
        if bare in (one.id, one.id.removeprefix("A.")):
            return one
    raise ConfigurationError(f"there is no control {name!r} here",
                             advice=meant(name, [one.id for one in controls]) or "See annexa controls")


def wrong(control: ControlStatus, states: list[str]) -> bool:
    """Return whether a control, or a primary requirement of it that is not excepted, is in one of the states."""
    if control.not_applicable or control.excepted:
        return False
    if control.unassigned:
        return "unassigned" in states
    found = {control.freshness, control.coverage, control.conclusion}
    for one in control.primary:
        if not one.excepted:
            found |= {one.freshness.state, one.coverage.state, one.conclusion.state}
    return not found.isdisjoint(states)


def forecast(
    context: typer.Context,
    as_of: asked.AsOf = None,
    framework: asked.Framework = None,
    audit: Annotated[
        str | None, typer.Option("--audit", metavar="NAME", help="The audit, by its name. Default: the next one.")
    ] = None,
    everything: asked.Everything = False,
    limit: Most = None,
    how: Annotated[bool, typer.Option("--how", help="Tell how each thing is done.")] = False,
    json: asked.Json = False,
) -> None:
    """Show who must act by when, and what will not be fresh at the end of the next audit."""
    from agent.cli import show

    with session.opened(context) as app:
        answer = app.forecast(when.instant(as_of, app.config.timezone), framework, audit)
        if json:
            session.emit(answer.as_json(app.config.timezone))
        else:
            about = _about(app, answer.framework)
            show.forecast.forecast(session.screen(context), answer, about, everything=everything, how=how, limit=limit)
        _whole(app)


def audits(context: typer.Context, as_of: asked.AsOf = None, json: asked.Json = False) -> None:
    """List the audits: those with dates, and those that the certificate owes."""
    from agent.cli import show
    from agent.config import planned

    config = session.configured(context)
    assert config is not None
    instant = when.instant(as_of, config.timezone) or datetime.now(UTC)
    listed = planned(config, instant)
    if json:
        session.emit({"as_of": instant, "audits": [show.audits.as_json(one) for one in listed]})
    else:
        show.audits.audits(session.screen(context), listed, config.timezone)


def alerts(
    context: typer.Context, as_of: asked.AsOf = None, limit: Most = None, json: asked.Json = False
) -> None:
    """List what alerts are about: the states that call somebody and hold, and why; at a later day, what will call."""
    from agent.cli import show

    with session.opened(context) as app:
        now, zone = app.clock(), app.config.timezone
        instant = when.instant(as_of, zone) or now
        listed = app.alerts(instant)
        if json:
            session.emit({"as_of": instant, "alerts": listed})
        else:
            about = show.alerts.Asked(instant, zone, ahead=instant > now)
            show.alerts.alerts(session.screen(context), listed, about, limit)
        _whole(app)
