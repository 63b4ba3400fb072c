"""The samples of a package: documents against the log, roots against the records, draws made again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from agent import canonical, sampling
from agent.errors import VerificationError
from agent.seal import SamplingEntry
from agent.verify import layout
from agent.verify.report import Step
from agent.verify.unpacked import Files, read, reading


@dataclass(slots=True)
class Drawn:
    """Takes the entries of sampling as they come in the log, and judges at the end."""

    files: Files
    step: Step
    _documents: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
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
            if entry.step != "result":
                self._documents[entry.step, entry.name] = document

    def end(self) -> None:
        """Take each population's root again from its records, and make each draw again."""
        repeated = 0
        for name in [name for step, name in self._documents if step == "population"]:
            with self.step.trying(name):
                digests = self._population(name)
                if digests is not None:
                    repeated += self._draws(name, digests)
        if self._steps:
            self.step.says = f"{self._steps:,} steps, {repeated:,} draws repeated"
        else:
            self.step.open("there is no sample")

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
