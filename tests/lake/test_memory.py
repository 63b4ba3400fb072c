"""Memory stays flat at a hundred times the records."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

PROGRAM = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from agent.lake.checks import Population, run_checks
from agent.lake.pieces import Piece
from agent.lake.query import Lake, Asked
from agent.lake.summary import summarise
from agent.model import Check, Duration, Requirement

at = datetime(2026, 1, 1, tzinfo=UTC)
piece = Piece(artifact="sha256:a", digest=sys.argv[2], path=Path(sys.argv[1]), kind="backup_test", scope="s", collector="c",
              collected_at=at, recorded_at=at)
rule = Requirement(id="r", title="", primary=(), kind="backup_test", cadence=Duration(3), max_age=Duration(3),
                   qualifies="outcome = 'completed' AND size_bytes % 1000 = 0",
                   checks=(Check(id="c", title="", exceptions="SELECT id FROM records WHERE outcome = 'failed'"),))

class Shelf:
    def pieces(self, kind, *, as_of, scope):
        return [piece]

found = len(summarise(piece, rule).instants)
(result,) = run_checks(rule, Population("backup_test", [piece], at))
with Lake(Shelf()).query("SELECT id, occurred_at FROM backup_test", Asked(everything=True)) as answer:
    rows = sum(len(batch) for batch in answer.batches)
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([found, result.records, result.count, rows, peak]))
"""


def measured(path: Path, count: int) -> list[int]:
    digest = hashlib.sha256()
    with path.open("wb") as file, zstandard.ZstdCompressor().stream_writer(file) as out:
        for at in range(count):
            outcome = "failed" if at % 100 == 7 else "completed"
            record = {"id": f"arn:aws:backup:eu-west-1:123456789012:restore-job/{at:09}", "resource": f"db-{at % 500}",
                      "outcome": outcome, "size_bytes": at, "occurred_at": "2025-11-05T06:07:08.123456Z"}
            raw = {"RestoreJobId": str(at), "Status": outcome}
            line = json.dumps({"record": record, "raw": raw}).encode() + b"\n"
            digest.update(line)
            out.write(line)
    program = [sys.executable, "-c", PROGRAM, str(path), digest.hexdigest()]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1, done.stdout  # nothing writes beside the answer
    told: list[int] = json.loads(done.stdout)
    return told


@pytest.mark.slow
def test_a_hundred_times_the_records_take_no_more_than_the_limit(tmp_path: Path) -> None:
    small = measured(tmp_path / "small", 10_000)
    large = measured(tmp_path / "large", 1_000_000)
    assert small[:4] == [10, 10_000, 100, 10_000]
    assert large[:4] == [1_000, 1_000_000, 10_000, 1_000_000]
    assert large[4] - small[4] < 256 * 1024, f"{small[4]} kB and {large[4]} kB"
    assert large[4] < 450 * 1024
