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

from agent.errors import GoneError
from agent.store import Store
from agent.verify import places
from tests.faults.worker import PERSON, encrypted, erase, work
from tests.fixtures.store import Place, record

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.faults.worker", "agent.store.migrate", "agent.store.rotation", "alembic.command"])


KILLS, STORES = 200, 20
"""So many kills on so many stores, each killed again and again while it grows."""


def whole(data: Path) -> bool:
    """Open the store as the next start would, and check all that was promised; return whether the work had ended."""
    file = data / "promised"
    promised = file.read_text().splitlines() if file.exists() else []
    place = Place(data, f"sqlite:///{data}/annexa.db", now=datetime.now(UTC))
    with place.open() as store:
        record(store)
        store.finish_deletions()  # those whose leaf came only now; the next start does the same
        rows = list(store.recorded())
        assert store.check(deep=True) == []
        beside = [act.leaf for act in store.acts()] + sorted({one.leaf or -1 for one in store.accesses()})
        voids = sum(1 for row in rows if row.voided_at)
        size = int(store.objects.get("log/checkpoint").split(b"\n")[1]) if rows else 0
        leaves = [row.leaf for row in rows]
        assert leaves == sorted(set(leaves)), "each artifact has one leaf, in the order of the log"
        assert len(rows) + len(beside) + voids == size, "every leaf is of something that is there"
        kept = {line.split()[1] for line in promised if line.startswith("kept ")}
        assert kept <= {row.id for row in rows}
        by_leaf = {row.leaf: row.id for row in rows}
        for line in promised:
            if line.startswith("recorded "):
                _, leaf, artifact = line.split()
                assert by_leaf[int(leaf)] == artifact
        assert all(row.records in {0, 50} for row in rows)
        _done(store, promised)
        (data / "trust.pem").write_text("\n".join(era.text() for era in store.eras()))
        assert [one.recorded_at for one in rows] == sorted(one.recorded_at for one in rows)
    assert list((data / "artifacts" / "staging").iterdir()) == []
    outside = data.parent / f"{data.name}.pem"
    (data / "trust.pem").replace(outside)
    if rows:
        report = places.folder(data, outside, None, lambda _done, _all: None)
        assert report.holds, [(step.name, step.findings) for step in report.steps]
    return bool(promised) and promised[-1] == "done"


def _done(store: Store, promised: list[str]) -> None:
    """Check what was said to be done with artifacts: void, held, looked at, deleted."""
    said: dict[str, list[str]] = {}
    for line in promised:
        what, _, artifact = line.partition(" ")
        said.setdefault(what, []).append(artifact)
    assert all(store.artifact(one).voided_at for one in said.get("void", ()))
    assert {f"scope:{one}" for one in said.get("hold", ())} <= {one.subject for one in store.holds()}
    noted = [(one.artifact, one.action) for one in store.accesses()]
    assert set(said.get("noted", ())) <= {artifact for artifact, _action in noted}
    assert len(noted) == len(set(noted)), "an access is in the log once"
    assert all(one.leaf is not None for one in store.accesses())
    assert len(store.acts("key")) >= len(said.get("rotated", ()))
    for one in said.get("deleted", ()):
        assert store.artifact(one).deleted_at
    assert all(act.done for act in store.acts("deletion"))


def _progress(data: Path, more: int) -> None:
    """Wait until the worker has promised so many things more, however slow the machine is."""
    file = data / "promised"
    wanted = more + (file.read_bytes().count(b"\n") if file.exists() else 0)
    while not file.exists() or file.read_bytes().count(b"\n") < wanted:
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_hundred_random_instants(tmp_path: Path) -> None:
    seed = int(os.environ.get("ANNEXA_TEST_SEED", "0")) or random.randrange(1, 2**32)
    print(f"ANNEXA_TEST_SEED={seed}")
    chance = random.Random(seed)
    for number in range(STORES):
        data = tmp_path / str(number)
        data.mkdir()
        for kill in range(KILLS // STORES):
            process = FORK.Process(target=work, args=(str(data), 10_000))
            process.start()
            if kill % 2:
                _progress(data, chance.randrange(1, 6))
            time.sleep(chance.uniform(0.0, 0.02 if kill % 2 else 0.4))
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            assert process.exitcode == -signal.SIGKILL, f"kill {kill} of store {number}"
            whole(data)
        with Place(data, f"sqlite:///{data}/annexa.db").open(writer=False) as store:
            assert store.artifacts(), "every second kill comes after something was kept"


def erased(data: Path) -> bool:
    """Open the store as the next start would: what was promised holds, and nothing is half erased."""
    file = data / "promised"
    promised = dict.fromkeys(file.read_text().splitlines() if file.exists() else [])
    with encrypted(data).open() as store:
        record(store)
        assert store.check(deep=True) == []
        acts = store.acts("erasure")
        assert all(act.done for act in acts)
        for row in store.recorded():
            said = f"erased {row.id}"
            if any(act.leaf > row.leaf for act in acts):
                with pytest.raises(GoneError, match="were erased on"):
                    store.open_artifact(row.id)
            else:
                assert said not in promised
                assert len(list(store.open_artifact(row.id).records())) == 1
        assert {line.split()[1] for line in promised if line.startswith("kept ")} <= {
            row.id for row in store.recorded()}
        rows = list(store.recorded())
        (data.parent / f"{data.name}.pem").write_text("\n".join(era.text() for era in store.eras()))
    if acts and not any(row.deleted_at is None and row.records for row in rows[:1]):
        assert [one for one in data.rglob("*") if one.is_file() and PERSON.encode() in one.read_bytes()] == []
    if rows:
        report = places.folder(data, data.parent / f"{data.name}.pem", None, lambda _done, _all: None,
                               encrypted(data).options["encryption"])
        assert report.holds, [(step.name, step.findings) for step in report.steps]
    return "done" in promised


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_erasure_cut_off_before_each_change_of_a_file(tmp_path: Path) -> None:
    """Kill before every second change, beginning at one of the first two; a second start goes through to the end."""
    step, done = random.randrange(2) - 1, False
    while not done:
        step += 2
        print(f"step {step}")
        data = tmp_path / str(step)
        data.mkdir()
        process = FORK.Process(target=erase, args=(str(data), step))
        process.start()
        process.join()
        done = erased(data)
        assert done == (process.exitcode == 0)
        if not done:
            again = FORK.Process(target=erase, args=(str(data),))
            again.start()
            again.join()
            assert again.exitcode == 0
            assert erased(data)
    assert step > 60


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_before_the_changes_of_files_one_by_one(tmp_path: Path) -> None:
    """Kill before every third change of a file, beginning at one of the first three."""
    seed = int(os.environ.get("ANNEXA_TEST_SEED", "0")) or random.randrange(1, 2**32)
    print(f"ANNEXA_TEST_SEED={seed}")
    step, done = random.Random(seed).randrange(3) - 2, False
    while not done:
        step += 3
        data = tmp_path / str(step)
        data.mkdir()
        process = FORK.Process(target=work, args=(str(data), 2, step))
        process.start()
        process.join()
        done = whole(data)
        assert done == (process.exitcode == 0), f"step {step}"
    assert step > 150
