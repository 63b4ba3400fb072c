"""Plans, populations, draws and what their items showed, as people and machines read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Column, Screen, plain

if TYPE_CHECKING:
    from agent.assembly.frequencies import Frequency

_LABEL = 15
_MOST = 8
_LEVELS = {"pass": words.GOOD, "deviation": words.BAD, "not_applicable": words.NONE, None: words.UNKNOWN,
           "accepted": words.GOOD, "not_accepted": words.BAD, "open": words.WARN, "no_statement": words.UNKNOWN}


def table_json(rows: Sequence[Frequency], source: str) -> dict[str, Any]:
    """Return the table of conventions as the machine interface writes it."""
    from dataclasses import asdict

    from agent.assembly.frequencies import CONVENTION

    return {"convention": CONVENTION, "source": source, "frequencies": [asdict(one) for one in rows]}


def table(screen: Screen, rows: Sequence[Frequency], source: str) -> None:
    """Print the table of conventions as such."""
    from agent.assembly.frequencies import CONVENTION

    screen.table(
        [Column("A control runs"), Column("Times a year", right=True), Column("Test", right=True),
         Column("Note", flexible=True)],
        ([one.frequency, "" if one.population is None else one.population,
          f"{one.least}" if one.least == one.most else f"{one.least} to {one.most}", one.note] for one in rows),
    )
    screen.blank()
    screen.line(f"This is {CONVENTION}. It is {source}; a frequencies.csv beside your own requirements replaces it.")
    screen.line("A size with a confidence behind it: annexa sample plan --confidence 95% --tolerable 5%")


def plan(screen: Screen, answer: Mapping[str, Any]) -> None:
    """Print how many items to test, and what was assumed."""
    of = "of any number of records" if answer["population"] is None else f"of {answer['population']:,}"
    screen.line(Text(f"Test {words.count(answer['size'], 'item')} {of}", style="bold"))
    most = answer["acceptable_deviations"]
    if most is not None:
        said = f"Up to {words.count(most, 'deviation')} among them still show, with {percent(answer['confidence'])} "
        screen.line(f"{said}confidence, a rate below {percent(answer['tolerable'])} ({answer['distribution']}, exact).")
    if answer["expected"]:
        screen.line(f"Planned for an expected rate of {percent(answer['expected'])}.")


def percent(rate: Any) -> str:
    """Return a rate as a percentage, as short as it can be."""
    return f"{float(rate) * 100:.6g} %"


def plain_rates(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer whose fractions are numbers."""
    return {key: float(value) if isinstance(value, Fraction) else value for key, value in answer.items()}


def drawn(screen: Screen, answer: Mapping[str, Any], zone: tzinfo) -> None:
    """Print the population that was logged, and the sample that was drawn from it."""
    if answer["sample"] is not None:
        one(screen, answer["sample"], zone)
        return
    _population(screen, answer["population"], zone)
    screen.blank()
    screen.line(f"Its root is in the log. Now the auditor's seed: annexa sample draw --population "
                f"{answer['population']['name']} --seed TEXT and a size (-n 25, or --confidence 95% --tolerable 5%)")


def one(screen: Screen, answer: Mapping[str, Any], zone: tzinfo) -> None:
    """Print a sample with its items, or a population with its draws."""
    if "items" not in answer:
        _population(screen, answer, zone)
        _draws(screen, answer.get("draws", []), zone)
        return
    _facts(screen, f"{answer['name']}  {words.count(len(answer['items']), 'item')}, {answer['method']}", [
        ("Seed", repr(answer["seed"]) if answer["method"] != "judgemental" else ""), ("Why", answer["why"]),
        ("Size", _basis(answer["basis"])), ("Stratified by", answer["by"]), ("Drawn by", answer["drawn_by"]),
        ("Logged", f"{_moment(answer['recorded_at'], zone)}, leaf {answer['leaf']:,}"),
    ])
    screen.blank()
    _population(screen, answer["population"], zone)
    screen.heading("Items")
    strata = bool(answer["by"])
    screen.table(
        [Column("#", right=True), Column("Record", flexible=True), Column("Artifact"), Column("Line", right=True),
         *([Column(answer["by"], flexible=True)] if strata else []), Column("Result"), Column("Note", flexible=True)],
        ([item["number"], f"{_id(item)}\n{item['digest'][:16]}", item["artifact"][7:19], item["line"],
          *([item["stratum"]] if strata else []), _result(screen, item),
          f"{item['note'] or ''} {item['tester'] or ''}".strip()] for item in answer["items"]),
    )
    for item in answer["items"]:
        if "record" in item:
            screen.heading(f"{item['number']}  {_id(item)}")
            for name, value in item["record"].items():
                if value is not None and name != "id":
                    screen.hanging(f"  {name}", str(value), by=18)


def _id(item: Mapping[str, Any]) -> str:
    """Return the id of an item, or that it went with the records of its scope, or that their key is not here."""
    return "(id erased, or its key is not here)" if item["id"] is None else str(item["id"])


def _result(screen: Screen, item: Mapping[str, Any]) -> Text:
    return words.marked((item["result"] or "open").replace("_", " "), _LEVELS[item["result"]], screen.signs)


def _basis(basis: Mapping[str, Any]) -> str:
    if basis.get("by") == "confidence":
        sure, most = percent(basis["confidence"]), percent(basis["tolerable"])
        return f"{basis['size']:,} for {sure} confidence, {most} tolerable"
    if basis.get("by") == "frequency":
        return f"{basis['size']} as {basis['frequency']}, {basis['note']}"
    return f"{basis['size']}"


def _moment(text: str | datetime, zone: tzinfo) -> str:
    return words.moment(datetime.fromisoformat(text) if isinstance(text, str) else text, zone)


def _facts(screen: Screen, title: str, facts: Sequence[tuple[str, Any]]) -> None:
    screen.line(Text(plain(title), style="bold"))
    for label, said in facts:
        if said:
            screen.hanging(f"  {label}", str(said), by=_LABEL + 2)


def _population(screen: Screen, answer: Mapping[str, Any], zone: tzinfo) -> None:
    period = answer["period"]
    _facts(screen, f"{answer['name']}  {words.count(answer['size'], 'record')} of {answer['requirement']}", [
        ("Scopes", ", ".join(answer["scopes"]) or "all"), ("Where", answer["where"]),
        ("Period", f"{_moment(period['from'], zone)} to {_moment(period['to'], zone)}"),
        ("As known", _moment(answer["as_of"], zone)),
        ("From", f"{words.count(len(answer['artifacts']), 'artifact')} with {words.count(answer['read'], 'record')}"),
        ("Root", answer["root"]), ("Logged", f"{_moment(answer['recorded_at'], zone)}, leaf {answer['leaf']:,}"),
    ])
    _completeness(screen, answer["completeness"], zone)


def _completeness(screen: Screen, found: Mapping[str, Any], zone: tzinfo) -> None:
    if found["complete"]:
        said = f"no run of {found['accepted_runs']:,} is partial or failed, and no span is without evidence"
        screen.line(words.marked(said, words.GOOD, screen.signs))
    for label, rows in (("not accepted", found["not_accepted"]), ("never read", found["never_read"]),
                        ("no evidence", found["missing"])):
        for row in rows[:_MOST]:
            place = "/".join(dict.fromkeys(row[name] for name in ("scope", "boundary", "region") if row[name]))
            told = [f"{label}: {place}"]
            if "why" in row:
                told.append(f"{row['why']} {_moment(row['collected_at'], zone)}")
            elif "from" in row:
                told.append(f"{_moment(row['from'], zone)} to {_moment(row['to'], zone)}")
            screen.line(words.marked(plain(" ".join(told)), words.WARN, screen.signs))
        if len(rows) > _MOST:
            screen.line(f"  and {len(rows) - _MOST:,} more {label}; --json has all")


def _draws(screen: Screen, draws: Sequence[Mapping[str, Any]], zone: tzinfo) -> None:
    if not draws:
        screen.line("  No draw yet.")
        return
    screen.table(
        [Column("  Draw"), Column("On"), Column("Method"), Column("Items", right=True), Column("Seed", flexible=True),
         Column("Logged"), Column("Tested", right=True), Column("Deviations", right=True)],
        ([f"  {row['name']}", row["population"], row["method"], row["size"],
          row["why"] if row["method"] == "judgemental" else repr(row["seed"]),
          _moment(row["recorded_at"], zone), _tested(row), row.get("evaluation", {}).get("deviation")]
         for row in draws),
    )


def _tested(row: Mapping[str, Any]) -> int | None:
    tally = row.get("evaluation")
    return tally["pass"] + tally["deviation"] if tally else None


def listed(screen: Screen, populations: Sequence[Mapping[str, Any]], zone: tzinfo) -> None:
    """Print every population with all draws on it."""
    if not populations:
        screen.line("No population yet. annexa sample draw --requirement ID makes one.")
    for at, population in enumerate(populations):
        if at:
            screen.blank()
        whole = "" if population["completeness"]["complete"] else "; not complete, see annexa sample show"
        screen.line(Text(f"{population['name']} ", style="bold"), plain(
            f" {words.count(population['size'], 'record')} of {population['requirement']}, logged "
            f"{_moment(population['recorded_at'], zone)}{whole}"))
        _draws(screen, population["draws"], zone)


def evaluation(screen: Screen, answer: Mapping[str, Any]) -> None:
    """Print what a sample shows of its population."""
    said = {"accepted": "accepted", "not_accepted": "not accepted", "open": "open", "no_statement": "no statement"}
    found = answer["conclusion"]
    screen.line(Text(f"{answer['sample']}  ", style="bold"), words.marked(said[found], _LEVELS[found], screen.signs),
                f": {answer['reason']}")
    for label, text in (
        ("Items", f"{answer['items']:,} of {answer['population_size']:,}"),
        ("Tested", f"{answer['tested']:,}, {words.count(answer['deviation'], 'deviation')}"),
        ("Not applicable", f"{answer['not_applicable']:,}" if answer["not_applicable"] else ""),
        ("Open", f"{answer['open']:,}" if answer["open"] else ""),
        ("Upper limit", f"{percent(round(answer['upper_limit'], 6))} at {percent(answer['confidence'])} confidence"
         if answer["upper_limit"] is not None else ""),
        ("Population", "" if answer["completeness"]["complete"]
         else "not complete; the statement is of what was collected"),
    ):
        if text:
            screen.hanging(f"  {label}", text, by=_LABEL + 2)
