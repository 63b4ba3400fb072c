"""`sample draw`: the population's root into the log, then the auditor's seed, then the items."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import asked, rates, session, when
from agent.cli.application import options

if TYPE_CHECKING:
    from agent.assembly import App
    from agent.assembly.populations import Asked
    from agent.assembly.sampling import Draw

Frequency = Annotated[str | None, typer.Option("--frequency", metavar="NAME", help="The size by convention for a "
                                               "control that runs so often: the most that the table has.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does it. Default: the login name.")]
Requirement = Annotated[str | None, typer.Option("--requirement", metavar="ID", autocompletion=asked.requirements,
                                                 help="The requirement whose records are the population.")]
Since = Annotated[str | None, typer.Option("--from", metavar="WHEN", callback=when.check, help="The first day of the "
                                           "period. Default: the period of the next audit.")]
Until = Annotated[str | None, typer.Option("--to", metavar="WHEN", callback=when.check,
                                           help="The day or instant before which the period ends.")]


def draw(
    context: typer.Context,
    requirement: Requirement = None,
    scope: asked.Scopes = None,
    since: Since = None,
    until: Until = None,
    where: Annotated[str, typer.Option("--where", metavar="SQL", help="Only records for which this is true: an "
                                       "expression over the columns of the kind, as in annexa query.")] = "",
    population: Annotated[str | None, typer.Option("--population", metavar="NAME", help="Draw from this population of "
                                                   "the log, such as P1, instead of a new one.")] = None,
    seed: Annotated[str | None, typer.Option("--seed", metavar="TEXT", help="The auditor's seed, any text. Default: "
                                             "asked for once the root is in the log.")] = None,
    size: Annotated[int | None, typer.Option("--size", "-n", metavar="N", min=1, help="So many items.")] = None,
    confidence: rates.Confidence = None,
    tolerable: rates.Tolerable = None,
    expected: rates.Expected = None,
    allowed: rates.Allowed = None,
    frequency: Frequency = None,
    stratify: Annotated[str, typer.Option("--stratify", metavar="COLUMN", help="Of each value of this column its "
                                          "share, at least one.")] = "",
    systematic: Annotated[bool, typer.Option("--systematic", help="At even distances in the order of digests.")
                          ] = False,
    item: Annotated[list[str] | None, typer.Option("--item", metavar="ID", help="By judgement: this record; may be "
                                                   "repeated.")] = None,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="By judgement: why these.")] = "",
    by: By = "",
    json: asked.Json = False,
) -> None:
    """Draw a sample: the population's root goes into the log, then the seed, then the items are shown."""
    from agent.cli.show import samples

    del scope, since, until, where, seed, size, confidence, tolerable, expected, allowed, frequency  # handed on by name
    del requirement, stratify, systematic, item, why, by
    said = dict(context.params)
    _fits(said)
    with session.opened(context, writer=True) as app:
        from agent.assembly import sampling
        from agent.assembly.samples import population_of, sample

        if population is not None:
            logged, name = population_of(app, population), None
            wanted = _draw(context, app, said, logged)
            if wanted is not None:
                name = sampling.drawn(app, logged["name"], wanted)
        else:
            logged, name = sampling.new(app, _asked(app, said), lambda found: _draw(context, app, said, found))
        answer = {"population": logged, "sample": sample(app, name) if name else None}
        if json:
            session.emit(answer)
        else:
            samples.drawn(session.screen(context), answer, app.config.timezone)


def _fits(said: dict[str, Any]) -> None:
    """Raise where the options do not go together."""
    if (said["population"] is None) == (said["requirement"] is None):
        raise typer.BadParameter("name a --requirement for a new population, or a --population of the log")
    if said["population"] and (said["scope"] or said["since"] or said["until"] or said["where"]):
        raise typer.BadParameter("a population of the log has its scopes, period and filter already")
    if sum(bool(said[name]) for name in ("stratify", "systematic", "item")) > 1:
        raise typer.BadParameter("name one of --stratify, --systematic and --item")
    if said["item"] and (said["size"] or said["tolerable"] or said["frequency"] or said["seed"] is not None):
        raise typer.BadParameter("items by judgement need no size and no seed")
    if said["item"] and not said["why"].strip():
        raise typer.BadParameter("say --why these items: a judgement is kept with its reason")
    if sum(said[name] is not None for name in ("size", "tolerable", "frequency")) > 1:
        raise typer.BadParameter("name one of --size, --tolerable (with --confidence) and --frequency")
    if said["tolerable"] is None and any(said[name] is not None for name in ("confidence", "expected", "allowed")):
        raise typer.BadParameter("name a --tolerable rate")


def _asked(app: App, said: dict[str, Any]) -> Asked:
    from agent.assembly.populations import Asked
    from agent.errors import ConfigurationError
    from agent.model import Window

    now, zone = app.clock(), app.config.timezone
    start, end = when.instant(said["since"], zone), when.instant(said["until"], zone)
    audit = app.audit(now)
    if (start is None or end is None) and audit is None:
        raise ConfigurationError("no audit lies ahead whose period could be taken", advice="Name --from and --to")
    if audit is not None:
        start, end = start or audit.period.start, end or audit.period.end
    assert start is not None
    assert end is not None
    if start >= end:
        raise ConfigurationError("the period ends before it begins", advice="Correct --from or --to")
    return Asked(requirement=said["requirement"], scopes=tuple(app.known_scopes(said["scope"])),
                 period=Window(start, end), where=said["where"].strip(), as_of=now)


def _draw(context: typer.Context, app: App, said: dict[str, Any], logged: dict[str, Any]) -> Draw | None:
    """Return the draw that is asked for; the seed is asked for now that the root is in the log."""
    from agent.assembly.sampling import Draw

    who = said["by"] or getpass.getuser()
    if said["item"]:
        return Draw(method="judgemental", ids=tuple(said["item"]), why=said["why"], size=lambda _: 0,
                    basis={"size": "chosen by judgement"}, drawn_by=who)
    if not any(said[name] is not None for name in ("size", "tolerable", "frequency")):
        return None
    basis = _basis(app, said, logged["size"])
    seed = said["seed"] if said["seed"] is not None else _ask(context, logged)
    if seed is None:
        return None
    method = "stratified" if said["stratify"] else "systematic" if said["systematic"] else "random"
    return Draw(seed=seed, method=method, size=lambda _: int(basis["size"]), basis=basis, by=said["stratify"],
                drawn_by=who)


def _basis(app: App, said: dict[str, Any], population: int) -> dict[str, Any]:
    if said["tolerable"] is not None:
        return {**rates.planned(said, population), "by": "confidence"}
    if said["frequency"] is not None:
        from agent.assembly.frequencies import CONVENTION, chosen, frequencies

        table, source = frequencies(app.config.mappings.directories)
        row = chosen(said["frequency"], table)
        return {"by": "frequency", "frequency": row.frequency, "size": row.most, "least": row.least, "table": source,
                "note": CONVENTION}
    return {"by": "size", "size": said["size"]}


def _ask(context: typer.Context, logged: dict[str, Any]) -> str | None:
    """Ask the auditor for the seed, where somebody is there to be asked."""
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        return None
    if not options(context).quiet:
        session.say(f"{logged['name']}: {logged['size']:,} records, root {logged['root']}, leaf {logged['leaf']}")
    return str(typer.prompt("Seed, any text", err=True, default="", show_default=False))
