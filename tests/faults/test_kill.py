"""kill -9 at any instant: nothing lost, nothing half-kept."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.worker import work
from tests.fixtures.store import Place, record

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.faults.worker", "agent.store.migrate", "alembic.command"])


def whole(data: Path) -> bool:
    """Open the store as the next start would, and check all that was promised; return whether the work had ended."""
    file = data / "promised"
    promised = file.read_text().splitlines() if file.exists() else []
    place = Place(data, f"sqlite:///{data}/annexa.db", now=datetime.now(UTC))
    with place.open() as store:
        record(store)
        rows = list(store.recorded())
        assert store.check(deep=True) == []
        assert [row.leaf for row in rows] == list(range(len(rows)))
        kept = {line.split()[1] for line in promised if line.startswith("kept ")}
        assert kept <= {row.id for row in rows}
        by_leaf = {row.leaf: row.id for row in rows}
        for line in promised:
            if line.startswith("recorded "):
                _, leaf, artifact = line.split()
                assert by_leaf[int(leaf)] == artifact
        assert all(row.records in {0, 50} for row in rows)
        assert [one.recorded_at for one in rows] == sorted(one.recorded_at for one in rows)
    assert list((data / "artifacts" / "staging").iterdir()) == []
    return bool(promised) and promised[-1] == "done"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_forty_random_instants(tmp_path: Path) -> None:
    seed = int(os.environ.get("ANNEXA_TEST_SEED", "0")) or random.randrange(1, 2**32)
    print(f"ANNEXA_TEST_SEED={seed}")
    chance = random.Random(seed)
    for kill in range(40):
        process = FORK.Process(target=work, args=(str(tmp_path), 10_000))
        process.start()
        time.sleep(chance.uniform(0.0, 0.5))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL, f"kill {kill}"
        whole(tmp_path)
    with Place(tmp_path, f"sqlite:///{tmp_path}/annexa.db").open(writer=False) as store:
        assert store.artifacts(), "no run was kept before it was killed"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_before_every_change_of_a_file(tmp_path: Path) -> None:
    step, done = 0, False
    while not done:
        step += 1
        data = tmp_path / str(step)
        data.mkdir()
        process = FORK.Process(target=work, args=(str(data), 2, step))
        process.start()
        process.join()
        done = whole(data)
        assert done == (process.exitcode == 0), f"step {step}"
    assert step > 40
