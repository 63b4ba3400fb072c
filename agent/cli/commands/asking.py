"""`query`: SQL over the records of the evidence."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from agent.cli import asked, session, when
from agent.cli.application import add, options

if TYPE_CHECKING:
    from agent.assembly import App
    from agent.lake.query import Asked, Result

FORMATS = ("table", "json", "csv", "parquet")
MOST = 1_000
"""As many rows a table on a screen has."""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    add(app, query)
    add(app, diff)


def _format(text: str) -> str:
    if text not in FORMATS:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(FORMATS)}")
    return text


def _memory(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"[1-9]\d{0,5} ?[MG]B", text):
        raise typer.BadParameter(f"{text!r} is no size such as 512MB or 2GB")
    return text


Form = Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", callback=_format,
                                   autocompletion=lambda: list(FORMATS), help=", ".join(FORMATS) + ".")]


def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the evidence kinds (account, asset, "
                                       "backup_test, ...); - reads it from standard input.")],
    form: Form = "table",
    json: asked.Json = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Over all artifacts, not only the newest.")] = False,
    proven: Annotated[bool, typer.Option("--proven", help="Read the sealed objects alone, no Parquet made of them.")
                      ] = False,
    scope: asked.Scope = None,
    as_of: asked.AsOf = None,
    memory: Annotated[str | None, typer.Option("--memory", metavar="SIZE", callback=_memory, help="The most memory it "
                                               "may use, such as 512MB or 2GB. Default: 512MB.")] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", metavar="N", min=0.001, help="The most time that it may "
                                                  "take. Default: 300.")] = None,
) -> None:
    """Ask the records with SQL: one view an evidence kind, over the newest accepted artifacts."""
    form = "json" if json else form
    if form == "parquet" and output is None:
        raise typer.BadParameter("Parquet needs a file: --output FILE")
    text = sys.stdin.read() if sql == "-" else sql
    with session.opened(context) as app:
        from agent.assembly import keeping
        from agent.lake.query import Asked

        keeping.seen(app, scope)
        asking = Asked(as_of=when.instant(as_of, app.config.timezone), scope=scope, everything=everything,
                        memory=memory, seconds=seconds, proven=proven)
        if form == "parquet" and output is not None:
            written = app.lake.parquet(text, output, asking)
        else:
            written = _answer(app, context, text, asking, form, output)
        app.note("query" if output is None else "download", detail=f"{written} rows: {text}")
        gone = keeping.erased(app, scope)
    if not options(context).quiet:
        for line in gone:
            session.say(f"left out: {line}")
    if output is not None and not options(context).quiet:
        session.say(f"{written:,} rows written to {output}")


def _answer(app: App, context: typer.Context, sql: str, asking: Asked, form: str, output: Path | None) -> int:
    from agent.errors import StoreError

    with app.lake.query(sql, asking) as result:
        if output is None:
            return _print(context, result, form)
        try:
            with output.open("w", encoding="utf-8", newline="") as out:
                return _write(result, "csv" if form == "table" else form, out)
        except OSError as error:
            raise StoreError(f"{output} cannot be written: {error.strerror}") from error


def _print(context: typer.Context, result: Result, form: str) -> int:
    if form == "table":
        return _table(context, result)
    sys.stdout.flush()
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
    try:
        return _write(result, form, out)
    finally:
        out.detach()


def _write(result: Result, form: str, out: TextIO) -> int:
    from agent.lake.output import write_csv, write_json

    return write_csv(result, out) if form == "csv" else write_json(result, out)


def _table(context: typer.Context, result: Result) -> int:
    from agent.cli import words
    from agent.cli.screen import Column
    from agent.lake.output import table

    screen = session.screen(context)
    rows = list(table(result, MOST + 1))
    screen.table([Column(name, flexible=True) for name in result.columns], rows[:MOST])
    screen.blank()
    more = f"the first {MOST:,} rows; --format csv has all" if len(rows) > MOST else words.count(len(rows), "row")
    screen.line(more)
    return len(rows)


def diff(
    context: typer.Context,
    requirement: Annotated[str, typer.Argument(metavar="REQUIREMENT", autocompletion=asked.requirements,
                                               help="The requirement whose records are compared.")],
    since: Annotated[str, typer.Option("--from", metavar="WHEN", callback=when.check, help="What was known then: RFC "
                                       "3339, or a day, which is its local midnight.")],
    until: Annotated[str, typer.Option("--to", metavar="WHEN", callback=when.check, help="And what was known then.")],
    scope: asked.Scopes = None,
    json: asked.Json = False,
) -> None:
    """Tell which records were added, removed, changed or erased between two dates, place by place."""
    from agent.cli.show import differences

    with session.opened(context) as app:
        from agent.assembly.differing import Asked, differing

        zone = app.config.timezone
        start, end = when.instant(since, zone), when.instant(until, zone)
        assert start is not None
        assert end is not None
        asking = Asked(requirement=requirement, since=start, until=end, scopes=tuple(app.known_scopes(scope)))
        with differing(app, asking) as (found, answer):
            if json:
                session.emit(differences.as_json(found, answer, start, end))
            else:
                differences.shown(session.screen(context), found, answer, zone)
