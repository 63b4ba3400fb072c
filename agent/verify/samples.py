"""The samples of a package: documents against the log, roots against the records, draws made again."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from agent import canonical, sampling
from agent.errors import VerificationError
from agent.lake.output import harmless
from agent.seal import SamplingEntry
from agent.verify import layout
from agent.verify.report import Step
from agent.verify.unpacked import Files, read, reading

TOLD = ("number", "id", "scope", "artifact", "line", "digest", "stratum", "result", "note", "tester", "tested_at")
"""Columns of the table of items that the log and the selection have; those of the record begin with `RECORD`."""
RECORD = "record."


@dataclass(slots=True)
class Drawn:
    """Takes the entries of sampling as they come in the log, and judges at the end."""

    files: Files
    step: Step
    _documents: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _logged: list[SamplingEntry] = field(default_factory=list)
    _results: dict[tuple[str, str], tuple[SamplingEntry, dict[str, Any]]] = field(default_factory=dict)
    """The last result of each item, by the sample and the item's number."""
    _steps: int = 0

    def take(self, entry: SamplingEntry) -> None:
        """Refuse a document that is not the one whose digest is in the log."""
        name = layout.step_file(entry.step, entry.name, entry.index)
        with self.step.trying(name):
            data = read(self.files, name)
            if hashlib.sha256(data).hexdigest() != entry.document:
                raise VerificationError("it is not the document whose digest is in the log")
            document = canonical.loads(data)
            self._steps += 1
            if entry.step == "result":
                at = entry.name, str(document["item"])
                if at not in self._results or self._results[at][0].index < entry.index:
                    self._results[at] = entry, document
                return
            self._documents[entry.step, entry.name] = document
            if entry.step == "draw":
                self._logged.append(entry)

    def end(self) -> None:
        """Take each population's root again from its records, and make each draw again."""
        repeated = 0
        self._logged.sort(key=lambda entry: entry.index)
        names = set(self.files.names())
        for draw in self._logged:
            if layout.draws_file(draw.name) in names:
                self._readable(layout.draws_file(draw.name), self._told, draw.name)
            if layout.items_file(draw.name) in names:
                self._readable(layout.items_file(draw.name), self._items, draw.name)
        for name in [name for step, name in self._documents if step == "population"]:
            with self.step.trying(name):
                digests = self._population(name)
                if digests is not None:
                    repeated += self._draws(name, digests)
        if self._steps:
            self.step.says = f"{self._steps:,} steps, {repeated:,} draws repeated"
        else:
            self.step.open("there is no sample")

    def _readable(self, file: str, judge: Callable[[str], None], name: str) -> None:
        """Judge a file that nobody signed; one that is no JSON or no table is refused."""
        with self.step.trying(file):
            try:
                judge(name)
            except (ValueError, csv.Error) as error:
                raise VerificationError(f"it cannot be read: {error}") from error

    def _told(self, name: str) -> None:
        """Raise where the list of draws beside a sample is not that of the log."""
        said = canonical.loads(read(self.files, layout.draws_file(name)))
        root = self._documents["draw", name].get("root")
        told = [{"name": one.name, **self._documents["draw", one.name], "document": f"sha256:{one.document}",
                 "leaf": one.index, "recorded_at": one.recorded_at}
                for one in self._logged if self._documents["draw", one.name].get("root") == root]
        if said != canonical.loads(canonical.document(told)):
            raise VerificationError(f"the log has {', '.join(one['name'] for one in told)}, and the list is another")

    def _items(self, name: str) -> None:
        """Raise where the table of items says otherwise than selection, results and records."""
        if ("selection", name) not in self._documents:
            raise VerificationError("the selection that it is of does not lie here")
        items = self._documents["selection", name]["items"]
        records = self._records(self._documents["draw", name]["population"], {item["digest"] for item in items})
        with reading(self.files, layout.items_file(name)) as data:
            rows = csv.DictReader(io.TextIOWrapper(data, "utf-8", newline=""), strict=True)
            for item, row in zip_longest(items, rows):
                if item is None or row is None:
                    raise VerificationError(f"it has more items than the selection of {len(items)}, or fewer")
                entry, result = self._results.get((name, str(item["number"])), (None, {}))
                told = {**item, **{one: result.get(one) for one in ("result", "note", "tester")},
                        "tested_at": entry.recorded_at if entry else None}
                record = records.get(item["digest"])
                if "concealed" in item:  # by the key of its scope; the record has the id in the clear
                    told["id"] = row.get("id") if record is None else record.get("id")
                wrong = [one for one in TOLD if row.get(one) != harmless(told[one])]
                if record is not None:
                    wrong += [one for one, cell in row.items() if one and one.startswith(RECORD)
                              and not same_cell(cell, record.get(one.removeprefix(RECORD)))]
                if wrong:
                    raise VerificationError(f"item {item['number']} is another in {', '.join(wrong)}")

    def _records(self, population: str, wanted: set[str]) -> dict[str, dict[str, Any]]:
        """Return records of a population by their digests, none where they do not lie here."""
        file, found = layout.population_file(population), {}
        if file in set(self.files.names()):
            with reading(self.files, file) as lines:
                for line in lines:
                    digest = hashlib.sha256(line.removesuffix(b"\n")).hexdigest()
                    if digest in wanted:
                        found[digest] = canonical.loads(line)
        return found

    def _population(self, name: str) -> list[bytes] | None:
        """Return the digests of a population in order, None where its records do not lie here."""
        document, file = self._documents["population", name], layout.population_file(name)
        if file not in set(self.files.names()):
            return None
        with reading(self.files, file) as lines:
            digests = sorted(hashlib.sha256(line.removesuffix(b"\n")).digest() for line in lines)
        if sampling.population_root(digests).hex() != document.get("root"):
            raise VerificationError(f"{file} makes another root than the one in the log")
        return digests

    def _draws(self, population: str, digests: list[bytes]) -> int:
        repeated = 0
        for (step, name), draw in self._documents.items():
            selection = self._documents.get(("selection", name))
            if step != "draw" or draw.get("population") != population or selection is None:
                continue
            with self.step.trying(name):
                found = [bytes.fromhex(item["digest"]) for item in selection["items"]]
                repeated += self._again(draw, digests, found)
        return repeated

    def _again(self, draw: dict[str, Any], digests: list[bytes], found: list[bytes]) -> bool:
        """Raise where the items are not those of the draw; strata and judgement are only looked for in the records."""
        method, seed, size = draw["method"], draw["seed"], draw["size"]
        if method == "random":
            expected = sampling.select(digests, seed, size)
        elif method == "systematic":
            root = bytes.fromhex(draw["root"])
            expected = [digests[at] for at in sorted(sampling.positions(seed, root, len(digests), size))]
        else:
            if strange := set(found) - set(digests):
                raise VerificationError(f"{min(strange).hex()} is not in the population")
            return False
        if found != expected:
            raise VerificationError("the draw made again gives other items")
        return True


def same_cell(cell: str | None, value: Any) -> bool:
    """Return whether a cell is of a value; a number in canonical JSON may be written otherwise than it was sealed."""
    if cell == harmless(value):
        return True
    with suppress(ValueError):
        return isinstance(value, (int, float, list, dict)) and bool(canonical.loads(cell or "") == value)
    return False
