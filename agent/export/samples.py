"""The samples of a package: their steps as the log has them, populations, items to fill in, scripts to repeat them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent import canonical
from agent.export.contents import Contents, Sample
from agent.export.proofs import Proofs
from agent.export.texts import text
from agent.export.zip64 import Zip64
from agent.lake.output import harmless
from agent.model import KINDS
from agent.verify import layout

ITEM = ("number", "id", "scope", "artifact", "line", "digest", "stratum")
RESULT = ("result", "note", "tester", "tested_at")


def add(package: Zip64, contents: Contents, proofs: Proofs, room: Path) -> None:
    """Add every step with its document and proof, each population's records once, and each sample's items."""
    for step in contents.steps:
        row = step.row
        package.add(layout.step_file(row.step, row.name, row.leaf), row.body)
        package.add(layout.entry_file(row.leaf), proofs.entry(row.leaf))
        package.add(layout.proof_file(row.leaf), proofs.inclusion(row.leaf))
    for name, write in sorted(contents.populations.items()):
        file = room / "population"
        write(file)
        package.add_file(layout.population_file(name), file)
        file.unlink()
    for sample in contents.samples:
        folder = f"{layout.SAMPLES}/{sample.name}"
        package.add(layout.items_file(sample.name), _items(sample))
        package.add(layout.draws_file(sample.name), canonical.document(sample.draws) + b"\n")
        package.add(f"{folder}/evaluation.json", canonical.document(sample.evaluation) + b"\n")
    if contents.samples:
        package.add(layout.REPEAT, text("repeat.py.txt").encode())
        package.add(layout.SHELL, text("repeat.sh.txt").encode())


def _items(sample: Sample) -> bytes:
    """Return the items with their records as CSV, the results that were recorded, and room for more."""
    columns = list(KINDS[sample.drawn["population"]["kind"]].columns)
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow([*ITEM, *RESULT, *(f"record.{name}" for name in columns)])
    rows.writerows(_cells(item, columns) for item in sample.contents)
    return out.getvalue().encode()


def _cells(item: Mapping[str, Any], columns: list[str]) -> Iterator[str]:
    yield from (harmless(item[name]) for name in (*ITEM, *RESULT))
    yield from (harmless(item["record"].get(name)) for name in columns)
