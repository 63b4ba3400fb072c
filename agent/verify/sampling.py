"""The steps of sampling against the log: each document is the logged one, each row says the same, no draw is hidden."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlmodel import col, func, select

from agent.errors import VerificationError
from agent.seal import Entry, SamplingEntry
from agent.store.catalog import Catalog
from agent.store.objects import Objects
from agent.store.sampled import LETTERS, differing, restored
from agent.store.tables import SamplingRow
from agent.verify.report import Step

PROVES = "each population, draw and result is kept as it was logged, and no draw is hidden"


@dataclass(slots=True)
class Steps:
    """Compares bundle by bundle; `end` looks for rows that no entry names."""

    objects: Objects
    catalog: Catalog | None
    step: Step
    steps: int = 0
    _numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LETTERS, 0))

    def bundle(self, entries: Iterable[Entry]) -> None:
        """Compare the steps of a bundle of entries with their documents and, where there is a catalog, their rows."""
        found = [entry for entry in entries if isinstance(entry, SamplingEntry)]
        if not found:
            return
        rows: dict[int, SamplingRow] = {}
        with self.step.trying():
            rows = self._rows(found)
        for entry in found:
            self.steps += 1
            self._number(entry)
            with self.step.trying(f"{entry.step} {entry.name}"):
                if self.catalog is None:
                    restored(entry, self.objects)
                elif detail := differing(entry, rows.get(entry.index), self.objects):
                    raise VerificationError(detail)

    def _rows(self, found: list[SamplingEntry]) -> dict[int, SamplingRow]:
        if self.catalog is None:
            return {}
        leaves = [entry.index for entry in found]
        with self.catalog.read() as session:
            query = select(SamplingRow).where(col(SamplingRow.leaf).between(leaves[0], leaves[-1]))
            return {row.leaf: row for row in session.exec(query)}

    def _number(self, entry: SamplingEntry) -> None:
        """Refuse a population or draw that has not the next number: a name given twice hides the first."""
        if entry.step not in self._numbers:
            return
        expected = f"{LETTERS[entry.step]}{self._numbers[entry.step] + 1}"
        if entry.name != expected:
            self.step.refuse(f"leaf {entry.index}: the {entry.step} is named {entry.name}, it is {expected}")
        self._numbers[entry.step] += 1

    def end(self) -> None:
        """Refuse rows that no entry names, and say how many steps there are."""
        if self.catalog is not None:
            with self.step.trying(), self.catalog.read() as session:
                count = session.exec(select(func.count()).select_from(SamplingRow)).one()
                if count > self.steps:
                    self.step.refuse(f"{count - self.steps} step(s) of the catalog are not in the signed log")
        draws = self._numbers["draw"]
        self.step.says = f"{self.steps:,} steps, {draws:,} of them draws" if self.steps else "there are none"
