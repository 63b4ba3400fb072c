"""What can befall the store and the program itself, as the person sees it who runs it."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.assembly.company import NOW as THEN
from tests.assembly.company import REGIONS, Company, restore
from tests.faults.person import annexa, collected, refused, sound
from tests.lab.aws import faults
from tests.schedule.served import environ, serving

LIST = "backup.list_restore_jobs"
NOW = datetime.now(UTC)
SIZE = 6 * 1024 * 1024


def test_a_clock_that_jumps_back(firm: Company) -> None:
    firm.restores(restore("r-1", THEN - timedelta(days=1)))
    firm.now = THEN
    firm.collect()
    firm.now = THEN - timedelta(days=3)
    with capture_logs() as logs:
        assert {one.outcome for one in firm.collect()} == {"succeeded"}
    assert "clock is behind the log" in {one["event"] for one in logs}
    firm.now = THEN + timedelta(hours=1)
    firm.collect()
    with firm.app(writer=False) as app:
        rows = sorted(app.store.recorded(), key=lambda row: row.leaf)
        assert [row.recorded_at for row in rows] == [*[THEN] * 4, *[firm.now] * 2], "the log never goes back"
        assert [row.collected_at for row in rows[2:4]] == [THEN - timedelta(days=3)] * 2
        assert app.store.check(deep=True) == []
        control = next(one for one in app.status().controls if one.id == "8.13")
    (found,) = [one for one in control.primary if one.requirement.id == "backup-restore-tests"]
    assert found.freshness.evidence_time == THEN - timedelta(days=1)


def test_two_agents_on_one_store(firm: Company) -> None:
    with serving(firm) as served:
        served.wait_for("run ended", 2)
        served.until(lambda: served.get("/healthz")[0] == 200)
        for command in (["collect"], ["collect", "--json"], ["serve", "--port", "0"]):
            line = refused(annexa(firm, *command))
            assert line.startswith(f"Another agent writes this store: process {served.process.pid} on ")
            assert line.endswith(". Stop it, or wait until it is done")
        assert annexa(firm, "status").status == 0, "who only reads does so beside it"
        sound(firm)
        assert served.end() == 0
    collected(firm, 0)


def test_a_store_of_a_newer_version(firm: Company) -> None:
    collected(firm, 0)
    with sqlite3.connect(firm.folder / "annexa-data" / "annexa.db") as catalog:
        catalog.execute("UPDATE alembic_version SET version_num = '9999'")
    catalog.close()
    for command in (["collect"], ["serve", "--port", "0"], ["status"], ["query", "SELECT 1"], ["store", "check"]):
        line = refused(annexa(firm, *command))
        assert "newer schema 9999" in line
        assert "Install" in line


@pytest.mark.parametrize("file", ["annexa.db", "keys/signing-key.pem"])
def test_what_is_damaged_is_named(firm: Company, file: str) -> None:
    collected(firm, 0)
    (firm.folder / "annexa-data" / file).write_bytes(b"this is not what it was" * 1000)
    line = refused(annexa(firm, "collect"))
    assert "rebuild" in line if file == "annexa.db" else "no private key" in line


def in_catalog(firm: Company) -> set[str]:
    """Return the artifacts that are recorded, as the database alone says it."""
    file = firm.folder / "annexa-data" / "annexa.db"
    if not file.exists():
        return set()
    catalog = sqlite3.connect(file)
    try:
        tables = {name for (name,) in catalog.execute("SELECT name FROM sqlite_master")}
        return {name for (name,) in catalog.execute("SELECT id FROM artifact")} if "artifact" in tables else set()
    finally:
        catalog.close()


@pytest.mark.timeout(300)
def test_kill_nine_in_mid_run_loses_nothing_and_keeps_nothing_half(firm: Company) -> None:
    seed = int(os.environ.get("ANNEXA_TEST_SEED", "0")) or random.randrange(1, 2**32)
    print(f"ANNEXA_TEST_SEED={seed}")
    chance = random.Random(seed)
    firm.double.script({LIST: [{"RestoreJobs": [restore(f"r-{number}", NOW)]} for number in range(12)]})
    firm.double.fault(LIST, faults.slow(0.05))
    firm.write()
    recorded: set[str] = set()
    for wait in (0, 1, 4, 9, 15, 22, 24):
        before = len(firm.double.called(LIST))
        with subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "collect"], cwd=firm.folder, env=environ(firm),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:
            while process.poll() is None and len(firm.double.called(LIST)) - before < wait:
                time.sleep(0.005)
            time.sleep(chance.uniform(0.0, 0.4))
            process.send_signal(signal.SIGKILL)
        recorded |= in_catalog(firm)
    firm.double.reset()
    assert [run["records"] for run in collected(firm, 0)] == [12, 12]
    sound(firm)
    with firm.app(writer=False) as app:
        rows = {row.id: row for row in app.store.artifacts()}
        assert recorded <= rows.keys(), "what was recorded stays"
        assert sorted(row.leaf for row in rows.values()) == list(range(len(rows)))
        for row in rows.values():
            assert row.outcome == "succeeded"
            assert len(list(app.store.open_artifact(row.id).records())) == row.records == 12
    staging = firm.folder / "annexa-data" / "artifacts" / "staging"
    assert list(staging.iterdir()) == []
    said = json.loads(annexa(firm, "query", "SELECT count(*) AS n FROM backup_test", "--json").out)
    assert said[0]["n"] == 12


@contextmanager
def small(data: Path) -> Iterator[Path]:
    """Give the data directory a disk of its own, of a few megabytes."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    data.mkdir(exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={SIZE}"]
    mounted = subprocess.run(["mount", *options, "tmpfs", data], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"needs the right to mount: {mounted.stderr.strip()}")
    try:
        yield data
    finally:
        subprocess.run(["umount", "-l", data], check=True)


@contextmanager
def filled(disk: Path, leave: int) -> Iterator[None]:
    file = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
    with file.open("wb") as filler:
        filler.write(bytes(max(free - leave, 0)))
    yield
    file.unlink()


def noise(firm: Company) -> None:
    """Let each region list restore jobs that do not compress: some 300 KB."""
    chance = random.Random(7)
    jobs = [{**restore(f"r-{number}", NOW), "StatusMessage": chance.randbytes(600).hex()} for number in range(500)]
    firm.restores(*jobs)


@pytest.mark.timeout(300)
def test_a_full_disk(firm: Company) -> None:
    noise(firm)
    with small(firm.folder / "annexa-data") as disk:
        kept = len(collected(firm, 0))
        outcomes = set()
        for leave in (0, 60, 250, 450, 700):
            with filled(disk, leave * 1024):
                done = annexa(firm, "collect", "--json", "--quiet")
            outcomes.add(done.status)
            if done.status:
                line = refused(done)
                assert any(said in line for said in ("disk is full", "disk fails or is full", "No space left"))
                assert ". " in line, "and what to do next"
            else:
                kept += 2
        assert 3 in outcomes
        sound(firm)
        kept += len(collected(firm, 0))
        sound(firm)
        with firm.app(writer=False) as app:
            assert len(app.store.artifacts()) >= kept


def test_a_full_disk_at_the_first_start(firm: Company) -> None:
    with small(firm.folder / "annexa-data") as disk, filled(disk, 8192):
        assert "full" in refused(annexa(firm, "collect", "--quiet"))


def test_a_data_directory_that_can_only_be_read(firm: Company) -> None:
    with small(firm.folder / "annexa-data") as disk:
        collected(firm, 0)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for command in (["collect"], ["serve", "--port", "0"]):
            line = refused(annexa(firm, *command))
            assert "read-only" in line.lower()
            assert "writable" in line
        assert annexa(firm, "status").status == 0
        assert annexa(firm, "query", "SELECT id FROM backup_test").status == 0
        assert annexa(firm, "evidence", "list").status == 0
        sound(firm)
        doctor = annexa(firm, "doctor")
        assert "cannot be written" in doctor.out


def test_a_data_directory_that_cannot_be_made(firm: Company) -> None:
    (firm.folder / "annexa-data").write_text("a file is in its place")
    line = refused(annexa(firm, "collect"), 2)
    assert "annexa-data cannot be made: File exists" in line
    firm.more = "data: /proc/annexa"
    assert "/proc/annexa cannot be made" in refused(annexa(firm, "collect"), 2)


BROKEN = '''
from agent.collector import Api, Header

HEADER = Header(
    id="aws.acme_doors", title="Doors", kind="asset", population="Every door of every building.", provider="aws",
    per="boundary", calls=(Api("ec2.describe_instances", ("ec2:DescribeInstances",)),),
)
import acme_that_is_not_there
'''


def test_a_broken_collector_of_another_package_takes_nothing_else_down(firm: Company) -> None:
    plugin = firm.folder / "plugin"
    named = plugin / "acme-1.0.dist-info"
    named.mkdir(parents=True)
    (named / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (named / "entry_points.txt").write_text("[annexa.collectors]\naws.acme_doors = acme_doors\n")
    (plugin / "acme_doors.py").write_text(BROKEN)
    path = {"PYTHONPATH": f"{plugin}{os.pathsep}{Path(__file__).parents[2]}"}
    firm.collectors = ("aws.backup_restore_jobs", "aws.acme_doors")
    why = "ModuleNotFoundError: No module named 'acme_that_is_not_there'"
    said = f"collector aws.acme_doors (acme_doors) cannot be loaded: {why}. Repair or remove the package that offers it"
    runs = collected(firm, 3, **path)
    assert [(run["collector"], run["outcome"], run["region"]) for run in runs] == [
        ("aws.acme_doors", "failed", ""), *[("aws.backup_restore_jobs", "succeeded", region) for region in REGIONS],
    ]
    assert runs[0]["error"] == said
    assert annexa(firm, "status", **path).status == 0
    listed = annexa(firm, "collectors", "list", "aws.*", **path)
    assert (listed.status, listed.err) == (0, f"annexa: warning: {said}\n")
    assert "aws.acme_doors" in listed.out
    assert "aws.backup_restore_jobs" in listed.out
    doctor = annexa(firm, "doctor", **path)
    assert "acme_that_is_not_there" in doctor.out
    assert annexa(firm, "mapping", "lint", **path).status == 0
    sound(firm, **path)
