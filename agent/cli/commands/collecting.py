"""`collect` and `serve`: bring evidence in, once or for as long as the process lives."""

from __future__ import annotations

from typing import Annotated

import typer

from agent.cli import asked, session
from agent.cli.application import add, options


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    add(app, collect)
    add(app, serve)


def collect(
    context: typer.Context,
    collectors: asked.Collectors = None,
    scopes: asked.Scopes = None,
    due: Annotated[bool, typer.Option("--due", help="Only what is due by its schedule. Default: everything.")] = False,
    json: asked.Json = False,
) -> None:
    """Collect evidence now; a run that failed or is partial makes the exit status 3."""
    from agent.cli import watch
    from agent.cli.show import runs

    asked_for = options(context)
    with session.opened(context, writer=True) as app, watch.interruptible() as stop, \
            watch.watching(asked_for, json=json) as look:
        kept = app.collect(tuple(collectors or ()), tuple(scopes or ()), due, look.ended, look.begin, stop)
    if json:
        session.emit({"runs": [one.as_json() for one in kept]})
    else:
        runs.runs(session.screen(context), kept)
    if stop.is_set():
        session.say(f"interrupted: {len(kept):,} runs have ended and are kept, the rest will be due again")
        raise typer.Exit(130)
    if any(one.outcome != "succeeded" for one in kept):
        raise typer.Exit(3)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on. Default: `serve.host`.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")] = None,
) -> None:
    """Collect on schedule and send alerts, until stopped; /healthz and /metrics tell how it goes."""
    with session.opened(context, writer=True, service=True) as app:
        app.serve(host, port)
