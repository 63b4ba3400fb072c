"""`sample`: how many to test, which ones, what was found, and what that says of the rest."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli import asked, rates, session
from agent.cli.application import add, options
from agent.cli.commands.drawing import draw

RESULTS = ("pass", "deviation", "not_applicable")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="Samples of evidence: plan, draw, record, evaluate; anybody can repeat a draw.",
                        no_args_is_help=True)
    for command, name in ((plan, ""), (draw, ""), (record, ""), (evaluate, ""), (list_, "list"), (show, "")):
        add(group, command, name)
    app.add_typer(group, name="sample")


def _result(text: str) -> str:
    said = text.replace("-", "_").replace(" ", "_").lower()
    if said not in RESULTS:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(RESULTS)}")
    return said


Name = Annotated[str, typer.Argument(metavar="SAMPLE", help="The sample, such as S1; annexa sample list shows them.")]


def plan(
    context: typer.Context,
    confidence: rates.Confidence = None,
    tolerable: rates.Tolerable = None,
    expected: rates.Expected = None,
    allowed: rates.Allowed = None,
    population: Annotated[int | None, typer.Option("--population", metavar="N", min=0, help="How many records there "
                                                   "are. Default: not known, or more than 100,000.")] = None,
    json: asked.Json = False,
) -> None:
    """Tell how many items to test: by confidence and rates, or the table of conventions where none are named."""
    from agent.cli.show import samples

    if tolerable is None and (confidence or expected or allowed is not None or population is not None):
        raise typer.BadParameter("name a --tolerable rate")
    if tolerable is None:
        table, source = _table(context)
        if json:
            session.emit(samples.table_json(table, source))
        else:
            samples.table(session.screen(context), table, source)
        return
    answer = rates.planned({"confidence": confidence, "tolerable": tolerable, "expected": expected, "allowed": allowed},
                      population)
    session.emit(answer) if json else samples.plan(session.screen(context), answer)


def _table(context: typer.Context) -> Any:
    from agent.assembly.frequencies import frequencies

    config = session.configured(context, needed=False)
    return frequencies(config.mappings.directories if config else ())


def record(
    context: typer.Context,
    sample: Name,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Its number in the sample, its id, or a beginning of "
                                        "its digest.")],
    result: Annotated[str, typer.Argument(metavar="RESULT", callback=_result, help="pass, deviation or "
                                          "not_applicable.", autocompletion=lambda: list(RESULTS))],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What was found; needed unless it is a pass.")
                    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who tested it. Default: the login name.")] = "",
    json: asked.Json = False,
) -> None:
    """Record what the test of an item found; a later result of the item replaces it, and both stay in the log."""
    with session.opened(context, writer=True) as app:
        from agent.assembly import samples

        kept = samples.record(app, sample, item, result, note, by or getpass.getuser())
    if json:
        session.emit(kept)
    else:
        session.screen(context).line(f"{kept['sample']}, item {kept['item']} ({kept['id']}): {kept['result']}, "
                                     f"leaf {kept['leaf']:,} of the log")


def evaluate(
    context: typer.Context, sample: Name, confidence: rates.Confidence = None, tolerable: rates.Tolerable = None,
    json: asked.Json = False,
) -> None:
    """Tell the upper limit of the deviation rate, and whether it is below the tolerable one."""
    from agent.cli.show import samples

    with session.opened(context) as app:
        from agent.assembly.samples import evaluate as evaluated

        try:
            answer = evaluated(app, sample, rates.rate(confidence) if confidence else None,
                               rates.rate(tolerable) if tolerable else None)
        except ValueError as error:
            from agent.errors import ConfigurationError

            raise ConfigurationError(str(error), advice="See annexa sample evaluate --help") from error
    session.emit(samples.plain_rates(answer)) if json else samples.evaluation(session.screen(context), answer)


def list_(context: typer.Context, json: asked.Json = False) -> None:
    """List every population with all draws on it, so that nobody can try seeds until one pleases."""
    from agent.cli.show import samples

    with session.opened(context) as app:
        from agent.assembly.samples import listed

        found = listed(app)
        if json:
            session.emit({"populations": found})
        else:
            samples.listed(session.screen(context), found, app.config.timezone)


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A sample such as S1, or a population such as P1.")],
    records: Annotated[Path | None, typer.Option("--records", metavar="FILE", help="Write the population's records to "
                                                 "this file, canonical JSON, one a line: to repeat the draw.")] = None,
    content: Annotated[bool, typer.Option("--content", help="With the record of each item.")] = False,
    json: asked.Json = False,
) -> None:
    """Show a sample with its items and results, or a population with its completeness and draws."""
    from agent.cli.show import samples as shown

    with session.opened(context) as app:
        from agent.assembly import samples

        if name.upper().startswith("P"):
            answer = next((one for one in samples.listed(app) if one["name"] == name.upper()), None)
            answer = answer or samples.population_of(app, name)
        else:
            answer = samples.sample(app, name)
            if content:
                answer["items"] = samples.contents(app, name)
                seen = sorted({one["artifact"] for one in answer["items"]})
                app.note("view", seen, detail=f"items of the sample {answer['name']}")
        if records is not None:
            from agent.assembly.sampling import write_records

            of = answer["population"]["name"] if "items" in answer else answer["name"]
            written = write_records(app, of, records)
            app.note("download", detail=f"{written} records of {of} to {records.absolute()}")
            if not options(context).quiet:
                session.say(f"{written:,} records of {of} written to {records}")
        if json:
            session.emit(answer)
        else:
            shown.one(session.screen(context), answer, app.config.timezone)
