"""`store check`, `store rebuild` and `store compact`: what is kept, the catalog over it, and a copy for questions."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from agent.cli import asked, session
from agent.cli.application import add, options


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="What is kept: check it, rebuild its catalog, compact its records.", no_args_is_help=True)
    add(group, check)
    add(group, rebuild)
    add(group, compact)
    app.add_typer(group, name="store")


def check(
    context: typer.Context,
    deep: Annotated[bool, typer.Option("--deep", help="Read every object and every tile of the log, too.")] = False,
    json: asked.Json = False,
) -> None:
    """Check that what is kept is what was recorded; exit with 3 where it is not."""
    from agent.cli import watch

    with session.opened(context) as app, watch.counting(options(context), "Checking") as progress:
        problems = app.store.check(deep=deep, progress=progress)
    if json:
        session.emit({"problems": [asdict(one) for one in problems]})
    else:
        screen = session.screen(context)
        for one in problems:
            screen.line(one.line())
        said = f"{len(problems):,} problems" if problems else "what is kept is what was recorded"
        screen.line(said if deep or problems else f"{said}; --deep reads every object, too")
    if problems:
        raise typer.Exit(3)


def compact(context: typer.Context, json: asked.Json = False) -> None:
    """Compact the records of every month for `query`; `collect` and `serve` do it for the last two."""
    from agent.assembly import compacting

    with session.opened(context, writer=True) as app:
        done = compacting.everything(app)
    if json:
        session.emit({"written": done.written, "left_out": done.left_out})
    else:
        said = "files written; they hold nothing of their own and can be deleted"
        session.screen(context).line(f"{done.written:,} {said}")
    for line in done.left_out:
        session.say(f"left out: {line}")
    if done.left_out:
        raise typer.Exit(3)


def rebuild(context: typer.Context, json: asked.Json = False) -> None:
    """Make the catalog again, in an empty database, from objects, envelopes and the log alone."""
    from agent.cli import logs, watch
    from agent.store import Store

    logs.to_console(options(context).verbose, quiet=options(context).quiet)
    config = session.configured(context)
    assert config is not None
    with watch.counting(options(context), "Rebuilding") as progress:
        made = Store.rebuild(
            config.database.reveal() if config.database else f"sqlite:///{config.data / 'annexa.db'}",
            config.artifacts or str(config.data / "artifacts"),
            data=config.data, clock=lambda: datetime.now(UTC), write_once=config.write_once, progress=progress,
        )
    if json:
        session.emit(asdict(made))
    else:
        screen = session.screen(context)
        for problem in made.problems:
            screen.line(problem)
        screen.line(f"{made.artifacts:,} artifacts, {made.voided:,} voided; {made.pending:,} runs were not in the log "
                    "yet and will be recorded by the next command that writes")
    if made.problems:
        raise typer.Exit(3)
