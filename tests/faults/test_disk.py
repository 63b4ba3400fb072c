"""A full disk and a read-only one: one clear line, and what was kept stays whole."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.collector import Record
from agent.errors import StoreError
from agent.model import Asset
from agent.store import Store
from tests.fixtures.store import START, Place, keep, provenance, record

SIZE = 3 * 1024 * 1024


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Place]:
    """A store on a disk of three megabytes of its own."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"needs the right to mount: {mounted.stderr.strip()}")
    try:
        yield Place(disk, f"sqlite:///{disk}/annexa.db")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def _fill(disk: Path, leave: int) -> Path:
    filler = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
    with filler.open("wb") as file:
        file.write(bytes(max(free - leave, 0)))
    return filler


def _keep_noise(store: Store, hour: int) -> str:
    """Keep a run of 40 KB that does not compress."""
    chance = random.Random(hour)
    writer = store.new_object("prod")
    for number in range(10):
        writer.write(Record(Asset(id=f"{hour}-{number}"), chance.randbytes(3000)))
    staged = writer.close()
    return store.submit(staged, provenance(records=10, started_at=START + timedelta(hours=hour)))


def test_a_full_disk_at_every_step(small: Place) -> None:
    kept: list[str] = []
    refused: list[str] = []
    with small.open() as store:
        kept.append(keep(store, ["first"]))
        record(store)
    for hour, leave in enumerate(range(0, 240, 12)):
        with small.open() as store:
            filler = _fill(small.data, leave * 1024)
            try:
                kept.append(_keep_noise(store, hour))
                store.sequence(None)
            except StoreError as error:
                refused.append(error.line())
            filler.unlink()
        with small.open() as store:
            record(store)
            assert store.check(deep=True) == []
            assert {row.id for row in store.recorded()} >= set(kept)
            assert [file.name for file in store.objects.staging.iterdir()] == []
    assert refused, "the disk never was full"
    for line in refused:
        assert "disk is full: free space" in line.lower()
        assert "\n" not in line
    assert len(kept) > 1, "the disk never had room"


def test_a_full_disk_at_the_first_start(small: Place) -> None:
    filler = _fill(small.data, 8192)
    with pytest.raises(StoreError) as caught, small.open():
        pass
    assert "disk is full" in caught.value.line()
    filler.unlink()
    with small.open() as store:
        keep(store, ["a"])
        record(store)
        assert store.check(deep=True) == []


def test_a_read_only_disk_can_be_read(small: Place) -> None:
    with small.open() as store:
        name = keep(store, ["a"])
        record(store)
    subprocess.run(["mount", "-o", "remount,ro", small.data], check=True)
    with pytest.raises(StoreError, match="Read-only") as caught, small.open():
        pass
    assert caught.value.advice
    with small.open(writer=False) as store:
        assert [item["record"]["id"] for item in store.open_artifact(name).records()] == ["a"]
        assert store.check(deep=True) == []


def test_a_disk_that_becomes_read_only(small: Place) -> None:
    with small.open() as store:
        keep(store, ["a"])
        record(store)
        writer = store.new_object("prod")
        writer.abandon()
        # A file that is open for writing would keep the disk from being remounted, so lazily over it.
        subprocess.run(["mount", "--bind", small.data, small.data], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", small.data], check=True)
        try:
            with pytest.raises(StoreError) as caught:
                keep(store, ["b"])
            assert "read-only" in caught.value.line()
        finally:
            subprocess.run(["umount", "-l", small.data], check=True)
    with small.open() as store:
        assert store.check(deep=True) == []
