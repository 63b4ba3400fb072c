"""`mapping lint` and `mapping test`: a mapping is checked and tested like code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import asked, session
from agent.cli.application import add

if TYPE_CHECKING:
    from agent.config import Config
    from agent.mapping.lint import Complaint


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="The mapping of evidence to controls: check it, test it.", no_args_is_help=True)
    add(group, lint)
    add(group, timelines, "test")
    app.add_typer(group, name="mapping")


def lint(
    context: typer.Context,
    folders: Annotated[list[Path] | None, typer.Argument(
        metavar="FOLDER...", help="Folders with requirements of your own. Default: those of the configuration.",
    )] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")] = False,
    json: asked.Json = False,
) -> None:
    """Check the mapping: every control, collector, column, duration and SQL that it names."""
    from agent.cli import words

    config = None if folders else session.configured(context, needed=False)
    complaints = _complaints(folders or _folders(config), config)
    errors = sum(one.level == "error" for one in complaints)
    if json:
        session.emit({"complaints": [_complaint(one) for one in complaints]})
    else:
        screen = session.screen(context)
        for one in complaints:
            screen.line(one.line())
        screen.line(f"{words.count(errors, 'error')}, {words.count(len(complaints) - errors, 'warning')}")
    if errors or (strict and complaints):
        raise typer.Exit(2)


def _folders(config: Config | None) -> list[Path]:
    return [config.folder / one for one in config.mappings.directories] if config else []


def _complaints(folders: list[Path], config: Config | None) -> tuple[Complaint, ...]:
    """Return what is wrong with the mapping, and where a configuration's `redact:` takes what it reads."""
    from agent.assembly import redact_lint
    from agent.mapping import packaged_texts
    from agent.mapping.lint import lint_texts
    from agent.mapping.load import build_partly, own_texts
    from agent.registry import Registry

    texts = dict(packaged_texts())
    for folder in folders:
        texts |= own_texts(folder)
    found = lint_texts(texts, {one.id: one.kind for one in Registry.load().headers()})
    return (*found, *redact_lint.complaints(config, Registry.load(), build_partly(texts)[0])) if config else found


def _complaint(one: Complaint) -> dict[str, Any]:
    place = one.place
    return {"level": one.level, "file": place.file if place else None, "line": place.line if place else None,
            "column": place.column if place else None, "message": one.message, "advice": one.advice or None}


def timelines(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="YAML files with timelines.")],
    json: asked.Json = False,
) -> None:
    """Run timelines of artifacts against the states that they expect; exit with 1 where one differs."""
    from agent import vectors
    from agent.cli.timelines import cases, qualifies

    reports = [(file, vectors.run(cases(file), qualifies)) for file in files]
    passed, failed = sum(one.passed for _, one in reports), sum(one.failed for _, one in reports)
    if json:
        session.emit({"passed": passed, "failed": failed, "messages": [
            {"file": str(file), "message": message} for file, one in reports for message in one.messages
        ]})
    else:
        screen = session.screen(context)
        for file, one in reports:
            for message in one.messages:
                screen.line(f"{file}: {message}")
        screen.line(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)
