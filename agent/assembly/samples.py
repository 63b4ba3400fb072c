"""Samples as they stand in the log: listed, looked into, tested, evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

from agent import canonical, sampling
from agent.assembly import telling
from agent.assembly.app import Parts
from agent.assembly.items import readable, reference
from agent.errors import ConfigurationError, StoreError, VerificationError
from agent.lake.pieces import Piece
from agent.lake.population import records
from agent.store import SamplingRow

RESULTS = ("pass", "deviation", "not_applicable")


def keep(app: Parts, step: str, facts: dict[str, Any], document: dict[str, Any]) -> SamplingRow:
    """Put a step of sampling into the log; what else waits is recorded with it."""
    return app.store.keep_step(
        step, facts, document, lambda session, rows: telling.flipper(app, app.clock()).derive(session, rows))


def told(row: SamplingRow) -> dict[str, Any]:
    """Return a step as machines read it: its document, its name, and where the log has it."""
    return {"name": row.name, **canonical.loads(row.body), "document": f"sha256:{row.document}", "leaf": row.leaf,
            "recorded_at": row.recorded_at}


def population_of(app: Parts, name: str) -> dict[str, Any]:
    """Return a population by its name; raises `ConfigurationError` where there is none."""
    return _named(app, "population", name)


def _named(app: Parts, step: str, name: str) -> dict[str, Any]:
    rows = {row.name: row for row in app.store.sampled(step=step)}
    row = rows.get(name.upper())
    if row is None:
        what = "sample" if step == "draw" else step
        raise ConfigurationError(f"there is no {what} {name!r}", advice="annexa sample list shows them")
    return told(row)


def selection(app: Parts, name: str) -> list[dict[str, Any]] | None:
    """Return the items of a draw as they were found, None where it was interrupted before."""
    rows = [row for row in app.store.sampled(name=name) if row.step == "selection"]
    return [dict(readable(app, one)) for one in canonical.loads(rows[0].body)["items"]] if rows else None


def sample(app: Parts, name: str, before: int | None = None) -> dict[str, Any]:
    """Return a draw with its population and its items, each with its last result and how many it had.

    `before`: results from that leaf of the log on are left out.
    """
    draw = _named(app, "draw", name)
    items = selection(app, draw["name"])
    if items is None:
        raise StoreError(f"The draw {draw['name']} was interrupted before its items were found",
                         advice="Draw again with the same words; it stays the same draw")
    results: dict[str, list[dict[str, Any]]] = {}
    for row in app.store.sampled(name=draw["name"], step="result"):
        if before is not None and row.leaf >= before:
            continue
        results.setdefault(canonical.loads(row.body)["item"], []).append(told(row))
    for item in items:
        found = results.get(str(item["number"]), [])
        last = found[-1] if found else {}
        item |= {"result": last.get("result"), "note": last.get("note"), "tester": last.get("tester"),
                 "tested_at": last.get("recorded_at"), "results": len(found)}
    return {**draw, "population": population_of(app, draw["population"]), "items": items}


def listed(app: Parts) -> list[dict[str, Any]]:
    """Return every population with all draws on it, in the order of the log.

    Populations of one root are one: each lists the draws on all of them. Raises `VerificationError` where log and
    catalog disagree on a step, for a draw might be hidden.
    """
    for subject, detail in app.store.wrong_steps():
        raise VerificationError(f"{subject}: {detail}", advice="Find out more with `annexa store check --deep`")
    draws = [told(row) for row in app.store.sampled(step="draw")]
    for draw in draws:
        with suppress(StoreError):
            draw["evaluation"] = counts(sample(app, draw["name"])["items"])
    return [{**one, "draws": [draw for draw in draws if draw["root"] == one["root"]]}
            for one in map(told, app.store.sampled(step="population"))]


def record(app: Parts, name: str, which: str, result: str, note: str, tester: str) -> dict[str, Any]:
    """Put the result of an item into the log; an item is named by number, id or a beginning of its digest."""
    if result not in RESULTS:
        raise ConfigurationError(f"{result!r} is no result", advice=f"It is one of {', '.join(RESULTS)}")
    if result != "pass" and not note.strip():
        raise ConfigurationError(f"a result of {result} needs a note", advice="Say with --note what was found")
    if not tester.strip() or not tester.isprintable() or not (note.isprintable() or "\n" in note):
        raise ConfigurationError("the tester and the note hold no control characters", advice="Write plain text")
    drawn_ = sample(app, name)
    item = _item(drawn_, which)
    row = keep(
        app, "result",
        {"sample": drawn_["name"], "item": item["digest"], "number": item["number"], "result": result,
         "tester": tester},
        {"sample": drawn_["name"], "item": str(item["number"]), "digest": item["digest"], **reference(item),
         "scope": item["scope"], "result": result, "note": note, "tester": tester, "before": item["results"]},
    )
    return {**told(row), "id": item["id"]}


def _item(drawn_: dict[str, Any], which: str) -> dict[str, Any]:
    items: Sequence[dict[str, Any]] = drawn_["items"]
    for found in (
        [one for one in items if one["id"] == which],
        [one for one in items if which.isdecimal() and one["number"] == int(which)],
        [one for one in items if len(which) >= 6 and one["digest"].startswith(which.lower())],
    ):
        if len(found) > 1:
            raise ConfigurationError(f"{which!r} names {len(found)} items", advice="Name the item by its number")
        if found:
            return found[0]
    near = get_close_matches(which, [one["id"] for one in items if one["id"] is not None], n=1)
    raise ConfigurationError(f"the sample {drawn_['name']} has no item {which!r}", advice=(
        f"Did you mean {near[0]!r}?" if near else f"annexa sample show {drawn_['name']} lists them"))


def counts(items: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return how many items have which result, and how many none."""
    found = [item["result"] for item in items]
    return {"items": len(found), **{one: found.count(one) for one in RESULTS}, "open": found.count(None)}


def evaluate(
    app: Parts, name: str, confidence: sampling.Rate | None = None, tolerable: sampling.Rate | None = None,
    before: int | None = None,
) -> dict[str, Any]:
    """Return the upper limit of the deviation rate and what it says; the draw's own parameters unless others are given.

    Items that are not applicable are left out of the tested ones, and the population stays as large
    as it is, which is the cautious side.
    """
    drawn_ = sample(app, name, before)
    tally = counts(drawn_["items"])
    basis, size = drawn_["basis"], drawn_["population"]["size"]
    confidence = confidence or basis.get("confidence")
    tolerable = tolerable or basis.get("tolerable")
    tested, deviations = tally["pass"] + tally["deviation"], tally["deviation"]
    answer: dict[str, Any] = {
        "sample": drawn_["name"], "population": drawn_["population"]["name"], "population_size": size, **tally,
        "tested": tested, "confidence": confidence, "tolerable": tolerable, "upper_limit": None,
        "completeness": drawn_["population"]["completeness"], "method": drawn_["method"],
    }
    if drawn_["method"] == "judgemental" or confidence is None:
        return {**answer, "conclusion": "no_statement",
                "reason": "a sample by judgement says nothing of the rest of the population"
                if drawn_["method"] == "judgemental" else "no confidence was named; name one, and a tolerable rate"}
    if tested:
        answer["upper_limit"] = sampling.upper_limit(
            size=tested, deviations=deviations, confidence=confidence, population=size)
    if tally["open"]:
        return {**answer, "conclusion": "open", "reason": f"{tally['open']} items have no result yet"}
    if tolerable is None or not tested:
        return {**answer, "conclusion": "no_statement",
                "reason": "no tolerable rate was named" if tested else "no item was applicable"}
    good = sampling.accepts(size=tested, deviations=deviations, confidence=confidence, tolerable=tolerable,
                            population=size)
    return {**answer, "conclusion": "accepted" if good else "not_accepted", "reason": _reason(answer, good)}


def _reason(answer: dict[str, Any], good: bool) -> str:
    side = "below" if good else "not shown to be below"
    return (f"with {float(answer['confidence']):.0%} confidence the rate is {side} the tolerable "
            f"{float(answer['tolerable']):.2%}")


def _piece(app: Parts, artifact: str) -> Piece:
    return app.shelf.piece(app.store.present(app.store.artifact(artifact)))


def contents(app: Parts, name: str, before: int | None = None) -> list[dict[str, Any]]:
    """Return the items of a sample with their records, read from their artifacts and proven."""
    items = sample(app, name, before)["items"]
    by_artifact: dict[str, set[int]] = {}
    for item in items:
        by_artifact.setdefault(item["artifact"], set()).add(item["line"])
    found = {one: records(_piece(app, one), lines) for one, lines in by_artifact.items()}
    return [{**item, "record": found[item["artifact"]][item["line"]]["record"]} for item in items]
