"""`make bench`: every speed as a ratio to a floor measured in the same run.

Prints a table and writes `.bench/results.json`. A floor imports nothing of ours and does the same
serialisation; each pair runs in turn, ours and floor, several times, and the medians are compared.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from tests.bench import estate

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LANES = 4
TOTAL = 2_400
"""MB of artifacts that are verified."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: `ratio` compares ours with the floor, `target` is what it should reach."""

    name: str
    ours: str
    floor: str
    ratio: float
    target: str
    met: bool


def measure(script: str, *arguments: object) -> dict[str, Any]:
    """Run one bench in a process of its own and return what it printed."""
    command = [sys.executable, "-m", f"tests.bench.{script}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def ours(name: str, *arguments: object) -> dict[str, Any]:
    """Run one of ours in a fresh folder."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return measure("ours", name, *arguments, folder)


def pairs(times: int, one: Callable[[], dict[str, Any]], other: Callable[[], dict[str, Any]]) -> list[tuple[Any, Any]]:
    """Run both in turn, so that a machine that drifts drifts for both."""
    return [(one(), other()) for _ in range(times)]


def rate(found: dict[str, Any]) -> float:
    """Return records per second."""
    return float(found["records"]) / float(found["seconds"])


class Replay:
    """The replay server in a process of its own."""

    def __init__(self, records: int) -> None:
        command = [sys.executable, "-m", "tests.lab.replay", "--records", str(records), "--page", "1000"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.endpoint = str(json.loads(self._process.stdout.readline())["endpoint"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait(10)


def collection(times: int, records: int) -> list[Figure]:
    """Collection against boto3 paging alone, at the same concurrency."""
    with Replay(records // LANES) as replay:
        found = pairs(
            times,
            lambda: ours("page", replay.endpoint, LANES),
            lambda: measure("floors", "page", replay.endpoint, LANES),
        )
    return [_rates("collection, records/s against boto3 paging alone", found, 0.90), _processor(found)]


def _processor(found: list[tuple[Any, Any]], when: str = ", starting included") -> Figure:
    """Compare what both took of the processor, which a busy machine changes less than the time; no target."""
    mine = statistics.median(float(one["cpu"]) + float(one["beside_cpu"]) for one, _ in found)
    floor = statistics.median(float(other["cpu"]) for _, other in found)
    return Figure(f"  its seconds on the processor{when}", f"{mine:.1f} s", f"{floor:.1f} s",
                  mine / floor, "", met=True)


def writing(times: int, records: int) -> list[Figure]:
    """Artifact writing against streaming zstd and SHA-256."""
    found = pairs(times, lambda: ours("write", records), lambda: measure("floors", "write", records))
    return [_rates("artifact writing, records/s against zstd and SHA-256", found, 0.60)]


def sealing(times: int, records: int) -> list[Figure]:
    """Sealing, from records to the signed log, against streaming zstd and SHA-256."""
    found = pairs(times, lambda: ours("seal", records), lambda: measure("floors", "seal", records))
    return [_rates("sealing, bytes/s against zstd and SHA-256", found, 0.60)]


def encryption(times: int, records: int) -> list[Figure]:
    """What encryption costs: sealing and verifying encrypted objects against the same in the clear."""
    sealed = pairs(times, lambda: ours("seal_encrypted", records), lambda: ours("seal", records))
    with tempfile.TemporaryDirectory(prefix="bench-") as safe, tempfile.TemporaryDirectory(prefix="bench-") as clear:
        measure("ours", "fill_encrypted", 80, 8 << 20, safe)
        measure("ours", "fill", 80, 8 << 20, clear)
        read = pairs(times, lambda: measure("ours", "verify", 1, safe), lambda: measure("ours", "verify", 1, clear))
    return [_rates("sealing encrypted, bytes/s against in the clear", sealed, 0.90),
            _rates("verify encrypted, bytes/s against in the clear, 8 MB each", read, 0.90)]


def verifying(times: int) -> list[Figure]:
    """Verification of 2,400 MB in large artifacts against decompressing and hashing it alone, on every core."""
    return [figure for size in (8, 1) for figure in _verifying(times, size)]


def _verifying(times: int, size: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = measure("ours", "fill", TOTAL // size, size << 20, folder)["data"]
        found = pairs(times, lambda: measure("ours", "verify", 2, folder), lambda: measure("floors", "verify", data))
    yield _rates(f"verify, bytes/s against zstd and SHA-256, {size} MB each", found, 0.80)
    mine, floor = (statistics.median(float(pair[side]["used"]) for pair in found) for side in (0, 1))
    yield Figure("  its seconds on the processor", f"{mine:.2f} s", f"{floor:.2f} s", mine / floor, "", met=True)


def walking(leaves: int) -> list[Figure]:
    """Verification of a store of so many small artifacts against one of a tenth: its time for each, and its memory."""
    small, large = (_walked(each) for each in (leaves // 10, leaves))
    each, before = (one["seconds"] / one["leaves"] for one in (large, small))
    return [
        Figure(f"verify of a store of {leaves:,} artifacts, for each", f"{each * 1e6:.0f} us",
               f"{before * 1e6:.0f} us at {leaves // 10:,}", each / before, "<= 1.25", each / before <= 1.25),
        Figure("  in all, and on the processor", f"{large['seconds']:.0f} s", f"{large['used']:.0f} s", 1.0, "", met=True),
        Figure("  its peak memory", f"{large['peak_mb']:.0f} MB", f"{small['peak_mb']:.0f} MB at {leaves // 10:,}",
               large["peak_mb"] / small["peak_mb"], "<= 1.25", large["peak_mb"] / small["peak_mb"] <= 1.25),
    ]


def _walked(leaves: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        measure("ours", "fill", leaves, 0, folder)
        found = measure("ours", "verify", 1, folder)
    assert found["leaves"] == leaves
    return found


def sampling(times: int, records: int) -> list[Figure]:
    """A draw against reading and hashing alone, and its memory as the population grows."""
    figures = []
    peaks = [float(ours("sample", records // 5)["peak_mb"])]
    for how, said, target in (("rfc8785", "canonical by the rfc8785 library", 2.0),
                              ("orjson", "sorted by orjson, not canonical", 0.0)):
        found = pairs(times, lambda: ours("sample", records), partial(measure, "floors", "sample", records, how))
        peaks.append(max(float(mine["peak_mb"]) for mine, _ in found))
        ratio = statistics.median(rate(floor) / rate(mine) for mine, floor in found)
        mine, floor = (statistics.median(float(pair[side]["seconds"]) for pair in found) for side in (0, 1))
        figures.append(Figure(
            f"sample draw from {records:,}, cost against reading and hashing, {said}", f"{mine:.1f} s",
            f"{floor:.1f} s", ratio, f"<= {target:.2f}" if target else "", met=not target or ratio <= target,
        ))
    growth = max(peaks) / peaks[0]
    figures.append(Figure(f"peak memory of a draw from {records:,}", f"{max(peaks):.0f} MB",
                          f"{peaks[0]:.0f} MB at {records // 5:,}", growth, "<= 1.25", growth <= 1.25))
    return figures


def logging(leaves: int) -> list[Figure]:
    """One more leaf, and a proof, in a log of so many leaves against one of a thousand."""
    with tempfile.TemporaryDirectory(prefix="bench-") as one, tempfile.TemporaryDirectory(prefix="bench-") as other:
        small, large = measure("log", 1_000, one), measure("log", leaves, other)
    return [
        Figure(f"{said}, a log of {leaves:,} leaves", f"{large[name] * 1000:.1f} ms",
               f"{small[name] * 1000:.1f} ms at 1,000", large[name] / small[name], target,
               met=large[name] / small[name] <= most)
        for name, said, target, most in (
            ("append", "a run into the log, synced and published", "<= 1.50", 1.5),
            # The proof has twice as many hashes, each from a tile of its own.
            ("proof", "a proof of inclusion", "<= 8.00", 8.0),
        )
    ]


def packing(sizes: tuple[int, int]) -> list[Figure]:
    """Export of an audit package: its speed, and its memory as the artifacts grow."""
    small, large = (ours("package", size) for size in sizes)
    growth = large["peak_mb"] / small["peak_mb"]
    speed = sizes[1] / large["seconds"]
    return [
        Figure(f"peak memory of a package of {sizes[1]:,} MB of artifacts", f"{large['peak_mb']:.0f} MB",
               f"{small['peak_mb']:.0f} MB at {sizes[0]:,} MB", growth, "<= 1.10", growth <= 1.1),
        Figure("  its speed: records proven, as NDJSON and CSV, deflated", f"{speed:.0f} MB/s", "", 1.0, "", met=True),
    ]


def _rates(name: str, found: list[tuple[Any, Any]], target: float) -> Figure:
    ratio = statistics.median(rate(one) / rate(other) for one, other in found)
    mine, floor = (statistics.median(rate(pair[side]) for pair in found) for side in (0, 1))
    return Figure(name, f"{mine:,.0f}/s", f"{floor:,.0f}/s", ratio, f">= {target:.2f}", ratio >= target)


def assessing(artifacts: int) -> list[Figure]:
    """All answers over a large catalog, and those that one more artifact changes."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        mine = measure("ours", "assess", artifacts, folder)
        floor = measure("floors", "assess", mine["database"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    full, one = float(mine["seconds"]), float(mine["incremental_seconds"])
    base = float(floor["seconds"])
    return [
        Figure(f"assess {artifacts:,} artifacts, all {mine['units']:,} units", f"{full:.2f} s",
               f"{base:.3f} s (SQLite, newest of each)", full / base, "", met=True),
        Figure(f"assess after one more, {artifacts:,} artifacts", f"{one * 1000:.1f} ms", "", one / 0.050,
               "<= 50 ms", one <= 0.050),
    ]


def starting(times: int) -> list[Figure]:
    """Start-up of the command line against Python with Typer alone."""
    annexa = [str(Path(sys.executable).with_name("annexa")), "--help"]
    bare = [sys.executable, "-c", "import typer"]
    mine, floor = ([_wall(command) for _ in range(times * 3)] for command in (annexa, bare))
    a, b = statistics.median(mine), statistics.median(floor)
    floored = f"{b * 1000:.0f} ms (import typer)"
    return [Figure("annexa --help", f"{a * 1000:.0f} ms", floored, a / b, "<= 300 ms", a <= 0.3)]


def _wall(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - began


def memory(sizes: tuple[int, ...]) -> list[Figure]:
    """Peak memory of the agent as the records grow, with ten services' clients, and of the process beside it."""
    found = []
    for size in sizes:
        with Replay(size // LANES) as replay:
            found.append(ours("memory", replay.endpoint, LANES))
    peaks, beside = ([float(one[name]) for one in found] for name in ("peak_mb", "beside_mb"))
    figures = [
        Figure(f"peak memory at {size:,} records, {found[0]['clients']} services", f"{peak:.0f} MB",
               f"{peaks[0]:.0f} MB at {sizes[0]:,}", peak / peaks[0], "<= 1.10, 200 MB",
               peak / peaks[0] <= 1.10 and peak < 200)
        for size, peak in zip(sizes[1:], peaks[1:], strict=True)
    ]
    return figures + [
        Figure(f"its process that reads evidence, {size:,} records", f"{peak:.0f} MB",
               f"{beside[0]:.0f} MB at {sizes[0]:,}", peak / beside[0], "<= 450 MB", peak <= 450)
        for size, peak in zip(sizes[1:], beside[1:], strict=True)
    ] + [
        # Their peaks need not fall together, so the sum is an upper bound; it is what a container must hold.
        Figure(f"both together, {size:,} records, at most", f"{one + two:.0f} MB",
               f"{peaks[0] + beside[0]:.0f} MB at {sizes[0]:,}", (one + two) / (peaks[0] + beside[0]),
               "<= 1.10, 200 MB", (one + two) / (peaks[0] + beside[0]) <= 1.10 and one + two < 200)
        for size, one, two in zip(sizes[1:], peaks[1:], beside[1:], strict=True)
    ]


def estates(times: int, records: int) -> list[Figure]:
    """One collect over four clouds against the same SDKs alone, as many readers each; and its memory on the way.

    The SDKs' own lists make a model of each item, which takes minutes where the agent takes seconds: they
    read a tenth. The bare floor asks Azure and Graph for bytes, as the agent does, and counts what JSON holds.
    """
    few = list(estate.measured(records // 10, ["ours", "floor"] * times))
    all_ = list(estate.measured(records, ["ours", "bare"] * times))
    found = [(one, few[n + 1]) for n, one in enumerate(few) if one["of"] == "ours"]
    bare = [(one, all_[n + 1]) for n, one in enumerate(all_) if one["of"] == "ours"]
    return [
        _rates(f"collect of {records // 10:,} over four clouds, records/s against the SDKs' own lists", found, 0.90),
        _processor(found, ""),
        replace(_rates(f"collect of {records:,}, records/s against bytes through the same SDKs", bare, 0.0), target=""),
        _processor(bare, ""),
        *_memory_of([one for one, _ in bare], records),
    ]


def _memory_of(found: list[dict[str, Any]], records: int) -> list[Figure]:
    """Compare the memory of the agent at the end of a collect with that after a tenth of it."""
    worst = max(found, key=lambda one: one["peak_mb"])
    held = {int(mark): int(mb) for mark, mb in worst["mb"].items()}
    early, late = held.get(records // 10, min(held.values())), held[max(held)]
    way = ", ".join(f"{mb} at {mark:,}" for mark, mb in sorted(held.items()))
    return [
        Figure(f"  peak memory of the agent at {records:,} records", f"{worst['peak_mb']:.0f} MB", f"{way}",
               worst["peak_mb"] / 300, "< 300 MB", worst["peak_mb"] < 300),
        Figure("  its memory at the end against a tenth of the way", f"{late} MB", f"{early} MB", late / early, "<= 1.10",
               late / early <= 1.10),
        Figure("  peak memory of the process beside it", f"{worst['beside_mb']:.0f} MB", "", 1.0, "", met=True),
    ]


def main() -> int:
    """Measure, print the table, write the JSON; the exit status is 0 whatever the speeds are."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--records", type=int, default=200_000, help="records of the throughput benches")
    parser.add_argument("--artifacts", type=int, default=1_000_000, help="artifacts of the assess bench")
    parser.add_argument("--times", type=int, default=3, help="pairs of each throughput bench")
    parser.add_argument("--package", type=int, default=0, help="MB of artifacts of the package bench, such as 10000")
    named = ["collection", "writing", "sealing", "encryption", "verify", "assess", "start", "memory", "sampling", "log",
             "verify-log", "package", "estate"]
    parser.add_argument("--leaves", type=int, default=100_000, help="artifacts of the store of the verify-log bench")
    parser.add_argument("--estate", type=int, default=1_000_000, help="records of the bench over four clouds")
    parser.add_argument("--only", choices=named, help="one bench")
    chosen = parser.parse_args()
    benches: dict[str, Callable[[], list[Figure]]] = {
        "start": lambda: starting(chosen.times),
        "writing": lambda: writing(chosen.times, chosen.records),
        "sealing": lambda: sealing(chosen.times, chosen.records),
        "encryption": lambda: encryption(chosen.times, chosen.records),
        "verify": lambda: verifying(max(chosen.times, 5)),
        "collection": lambda: collection(chosen.times, chosen.records),
        "memory": lambda: memory((10_000, 100_000, 1_000_000)),
        "assess": lambda: assessing(chosen.artifacts),
        "sampling": lambda: sampling(1, 1_000_000),
        "log": lambda: logging(1_000_000),
        "verify-log": lambda: walking(chosen.leaves),
        "estate": lambda: estates(min(chosen.times, 2), chosen.estate),
        "package": lambda: packing((64, 1_024) if not chosen.package else (64, chosen.package)),
    }
    figures: list[Figure] = []
    for name, bench in benches.items():
        if chosen.only in {None, name}:
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            figures.extend(bench())
    _report(figures)
    return 0


def _report(figures: list[Figure]) -> None:
    rows = [("", "ours", "floor", "ratio", "target", "")]
    rows += [
        (one.name, one.ours, one.floor, f"{one.ratio:.2f}", one.target, "met" if one.met else "NOT MET")
        for one in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    target = ROOT / ".bench"
    target.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.platform()}
    found = {"machine": machine, "figures": [asdict(one) for one in figures]}
    (target / "results.json").write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    sys.exit(main())
