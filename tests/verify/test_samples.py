"""The samples of a package where the log itself is signed over something that no draw gives."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent import canonical, sampling
from agent.seal import SamplingEntry
from agent.verify import layout
from agent.verify.report import Report, Step
from agent.verify.samples import Drawn
from agent.verify.unpacked import Folder

AT = datetime(2026, 3, 1, tzinfo=UTC)
LINES = [canonical.document({"id": f"r{number}"}) for number in range(20)]
DIGESTS = sorted(hashlib.sha256(line).digest() for line in LINES)
ROOT = sampling.population_root(DIGESTS).hex()
SEED = "dice 4 2 6"
CHOSEN = sampling.select(DIGESTS, SEED, 3)


def judged(folder: Path, *steps: tuple[str, str, dict[str, Any]]) -> Step:
    """Judge steps that are in the log exactly as they lie in the package, over the records of a population P1."""
    report = Report("a package")
    drawn = Drawn(Folder(folder), report.step("samples", ""))
    for index, (step, name, document) in enumerate(steps):
        data = canonical.document(document)
        file = folder / layout.step_file(step, name, index)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        drawn.take(SamplingEntry(index=index, recorded_at=AT, step=step, name=name, facts={},
                                 document=hashlib.sha256(data).hexdigest()))
    (folder / layout.population_file("P1")).write_bytes(b"".join(line + b"\n" for line in LINES))
    drawn.end()
    return report.named("samples")


def draw(method: str = "random") -> tuple[str, str, dict[str, Any]]:
    return "draw", "S1", {"population": "P1", "method": method, "seed": SEED, "size": 3, "root": ROOT}


def chosen(*digests: bytes) -> tuple[str, str, dict[str, Any]]:
    return "selection", "S1", {"items": [{"digest": one.hex()} for one in digests]}


POPULATION = ("population", "P1", {"root": ROOT})


@pytest.mark.parametrize("method", ["random", "systematic", "judgemental"])
def test_what_the_draw_gives_holds(tmp_path: Path, method: str) -> None:
    found = CHOSEN if method != "systematic" else [
        DIGESTS[at] for at in sorted(sampling.positions(SEED, bytes.fromhex(ROOT), len(DIGESTS), 3))]
    assert judged(tmp_path, POPULATION, draw(method), chosen(*found)).findings == []


@pytest.mark.parametrize("method", ["random", "systematic"])
def test_items_that_the_draw_does_not_give(tmp_path: Path, method: str) -> None:
    """Whoever drew has put another item into the log than the one that the seed gives."""
    other = next(one for one in DIGESTS if one not in CHOSEN)
    assert judged(tmp_path, POPULATION, draw(method), chosen(other, *CHOSEN[1:])).findings == [
        "S1: the draw made again gives other items"]


def test_an_item_that_is_not_in_the_population(tmp_path: Path) -> None:
    stranger = hashlib.sha256(b"of another population").digest()
    assert judged(tmp_path, POPULATION, draw("judgemental"), chosen(CHOSEN[0], stranger)).findings == [
        f"S1: {stranger.hex()} is not in the population"]


def test_a_root_of_other_records(tmp_path: Path) -> None:
    assert judged(tmp_path, ("population", "P1", {"root": "ab" * 32})).findings == [
        f"P1: {layout.population_file('P1')} makes another root than the one in the log"]
