"""Samples: the population's root into the log, then the auditor's seed, then the items; results, and what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from agent import __version__, canonical, sampling
from agent.assembly.app import Parts
from agent.assembly.items import item, named
from agent.assembly.populations import Asked, choose
from agent.assembly.samples import keep, population_of, selection, told
from agent.errors import ConfigurationError, StoreError, VerificationError
from agent.lake.population import Population, gather
from agent.model import Window
from agent.store import SamplingRow

METHODS = ("random", "systematic", "stratified", "judgemental")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A draw as an auditor asks for it; `size` follows from the population's size."""

    seed: str = ""
    method: str = "random"
    size: Callable[[int], int]
    basis: dict[str, Any]
    by: str = ""
    ids: tuple[str, ...] = ()
    why: str = ""
    drawn_by: str


def new(app: Parts, asked: Asked, then: Callable[[dict[str, Any]], Draw | None]) -> tuple[dict[str, Any], str | None]:
    """Log the root of a population, then ask for a draw and make it; returns the population and the sample's name.

    `then` is called once the root is in the log; what it returns is drawn, None leaves it at the population.
    """
    chosen = choose(app, asked)
    with gather(chosen.wanted, app.room) as population:
        if not population.size:
            raise ConfigurationError("the population has no record", advice="Widen the period, the scopes or --where")
        document = {
            "requirement": asked.requirement, "kind": chosen.wanted.kind, "collectors": chosen.collectors,
            "scopes": asked.scopes, "period": {"from": asked.period.start, "to": asked.period.end},
            "where": asked.where, "as_of": asked.as_of, "root": population.root.hex(), "size": population.size,
            "read": population.read, "artifacts": chosen.artifacts, "completeness": chosen.completeness,
            "agent_version": __version__,
        }
        row = keep(app, "population", {"root": document["root"], "size": document["size"]}, document)
        logged = told(row)
        draw = then(logged)
        if draw is None:
            return logged, None
        if draw.by:
            return logged, drawn(app, row.name, draw)
        return logged, _drawn(app, row.name, population, draw)


def drawn(app: Parts, name: str, draw: Draw) -> str:
    """Draw from a population in the log and return the sample's name; the same draw again is the same sample."""
    with again(app, name, draw.by) as population:
        return _drawn(app, name, population, draw)


@contextmanager
def again(app: Parts, name: str, by: str = "") -> Iterator[Population]:
    """Yield a population gathered again; raises `VerificationError` where its root is not the one in the log."""
    logged = population_of(app, name)
    moments = (logged["period"]["from"], logged["period"]["to"], logged["as_of"])
    start, end, as_of = (datetime.fromisoformat(one) for one in moments)
    asked = Asked(requirement=logged["requirement"], scopes=tuple(logged["scopes"]), period=Window(start, end),
                  where=logged["where"], as_of=as_of)

    chosen = choose(app, asked, by)
    if set(chosen.artifacts) != set(logged["artifacts"]):  # the mapping is another one since
        pieces = [app.shelf.piece(app.store.present(app.store.artifact(one))) for one in logged["artifacts"]]
        chosen = replace(chosen, wanted=replace(chosen.wanted, kind=logged["kind"], pieces=pieces))
    with gather(chosen.wanted, app.room) as population:
        if population.root.hex() != logged["root"]:
            raise VerificationError(
                f"The population {name} cannot be made again: its root is not the one in the log",
                advice="Its --where may ask for the time or for chance; else run annexa store check --deep",
            )
        yield population


def _drawn(app: Parts, name: str, population: Population, draw: Draw) -> str:
    items = population.named(draw.ids) if draw.method == "judgemental" else []
    size = len(items) or min(draw.size(population.size), population.size)
    shares = sampling.allocate(population.strata, size) if draw.method == "stratified" else {}
    size = sum(shares.values()) or size
    document = {
        "population": name, "root": population.root.hex(), "method": draw.method, "seed": draw.seed, "size": size,
        "by": draw.by, "allocation": shares, "basis": draw.basis, "why": draw.why, "drawn_by": draw.drawn_by,
        **named(app, items),
    }
    row = _same(app, document) or keep(app, "draw", {
        key: document[key] for key in ("population", "root", "method", "seed", "size")}, document)
    if selection(app, row.name) is None:
        found = items or population.items(_select(population, draw, size, shares))
        keep(app, "selection", {"sample": row.name, "size": len(found)},
              {"sample": row.name, "items": [{"number": at, **item(app, one)} for at, one in enumerate(found, 1)]})
    return row.name


def _select(population: Population, draw: Draw, size: int, shares: dict[str, int]) -> list[bytes]:
    if draw.method == "systematic":
        places = sampling.positions(draw.seed, population.root, population.size, size)
        wanted = dict.fromkeys(places)
        return [digest for at, digest in enumerate(population.digests()) if at in wanted]
    if draw.method == "stratified":
        return [digest for stratum, share in shares.items() for digest in population.select(draw.seed, share, stratum)]
    return population.select(draw.seed, size)


def _same(app: Parts, document: dict[str, Any]) -> SamplingRow | None:
    """Return the draw that was made so before, whoever made it."""
    own = canonical.loads(canonical.document({**document, "drawn_by": ""}))
    return next((row for row in app.store.sampled(step="draw")
                 if {**canonical.loads(row.body), "drawn_by": ""} == own), None)


def write_records(app: Parts, name: str, target: Path) -> int:
    """Write the canonical JSON of each record of a population, a line each; returns how many."""
    part = target.with_name(f".{target.name}.part")
    written = 0
    try:
        with again(app, name) as population, part.open("wb") as out:
            for line in population.lines():
                out.write(line + b"\n")
                written += 1
        part.replace(target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return written
