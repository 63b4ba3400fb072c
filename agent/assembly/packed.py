"""The samples of a package as they stood at a checkpoint: steps, items, draws, and what repeats them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from agent.assembly import samples
from agent.assembly.app import Parts
from agent.assembly.sampling import write_records
from agent.errors import ConfigurationError, GoneError
from agent.export import Sample, Step
from agent.store import SamplingRow

log = structlog.get_logger("annexa.package")


@dataclass(frozen=True, slots=True)
class Drawn:
    """Chosen draws, and every step of the log before the checkpoint."""

    size: int
    chosen: tuple[Mapping[str, Any], ...]
    rows: tuple[SamplingRow, ...]

    def of(self, requirements: set[str]) -> Drawn:
        """Return the draws on populations of the requirements alone."""
        return replace(self, chosen=tuple(
            one for one in self.chosen if one["population"]["requirement"] in requirements))

    def artifacts(self) -> set[str]:
        """Return the artifacts that the populations are made of."""
        return {artifact for one in self.chosen for artifact in one["population"]["artifacts"]}

    def _draws(self, root: str) -> list[Mapping[str, Any]]:
        """Return every draw on populations of one root, chosen or not."""
        told = (samples.told(row) for row in self.rows if row.step == "draw")
        return [one for one in told if one["root"] == root]

    def steps(self) -> tuple[Step, ...]:
        """Return the steps of the chosen draws, of their populations, and of every other draw on these."""
        roots = {one["root"] for one in self.chosen}
        every = {one["name"] for root in roots for one in self._draws(root)}
        populations = {one["population"] for root in roots for one in self._draws(root)}
        wanted = every | populations
        return tuple(Step(row, samples.told(row)) for row in self.rows if row.name in wanted)

    def samples(self, app: Parts) -> tuple[Sample, ...]:
        """Return the chosen draws with items, records and evaluation."""
        return tuple(
            Sample(
                name=one["name"], drawn=one, contents=samples.contents(app, one["name"], self.size),
                evaluation=samples.evaluate(app, one["name"], before=self.size), draws=self._draws(one["root"]),
            )
            for one in self.chosen
        )

    def populations(self, app: Parts) -> dict[str, Callable[[Path], int]]:
        """Return what writes the records of each population of a chosen draw."""
        return {name: partial(write_records, app, name)
                for name in sorted({str(one["population"]["name"]) for one in self.chosen})}


def sampled(app: Parts, names: tuple[str, ...], size: int) -> Drawn:
    """Return the draws of the names as the log had them at a size, all that can be repeated where none is named.

    Raises `GoneError` for a named one whose population has records that were deleted or erased.
    """
    rows = tuple(row for row in app.store.sampled() if row.leaf < size)
    whole = {row.name for row in rows if row.step == "selection"}
    found = [row.name for row in rows if row.step == "draw" and row.name in whole]
    wanted = [name.upper() for name in names] or [name for name in found if _there(app, name, size)]
    if strange := [name for name in wanted if name not in found]:
        raise ConfigurationError(f"there is no sample {strange[0]!r} at this checkpoint",
                                 advice="annexa sample list shows them")
    for name in names:
        for artifact in samples.sample(app, name.upper(), size)["population"]["artifacts"]:
            app.store.present(app.store.artifact(artifact))
    return Drawn(size, tuple(samples.sample(app, name, size) for name in dict.fromkeys(wanted)), rows)


def _there(app: Parts, name: str, size: int) -> bool:
    """Return whether the records of a draw's population are still there; those that went are told of."""
    for artifact in samples.sample(app, name, size)["population"]["artifacts"]:
        try:
            app.store.present(app.store.artifact(artifact))
        except GoneError as error:
            log.warning("a sample is left out of the package", sample=name, why=error.message)
            return False
    return True
