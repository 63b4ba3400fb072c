"""Bytes by path in a directory: what is read, what is gone, and that no path leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.errors import GoneError, StoreError
from agent.store.local import LocalObjects


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    (tmp_path / "outside").write_bytes(b"secret")
    return LocalObjects(tmp_path / "store", writer=True)


def test_what_is_put_is_read(objects: LocalObjects) -> None:
    objects.put("log/entries/000", b"one")
    assert objects.get("log/entries/000") == b"one"
    with objects.stream("log/entries/000") as file:
        assert (file.read(2), file.read()) == (b"on", b"e")


def test_what_is_not_there_is_gone(objects: LocalObjects) -> None:
    with pytest.raises(GoneError, match="log/checkpoint is gone from the store"):
        objects.get("log/checkpoint")
    with pytest.raises(GoneError):
        objects.stream("log/checkpoint")


def test_a_directory_is_no_object(objects: LocalObjects) -> None:
    objects.put("log/entries/000", b"one")
    with pytest.raises(StoreError, match="Cannot read log/entries"):
        objects.get("log/entries")


@pytest.mark.parametrize("path", ["../outside", "log/../../outside", "/etc/hostname", "log//entries", "./log", ""])
def test_a_path_does_not_lead_out(objects: LocalObjects, path: str) -> None:
    """A statement names the path of its object; whoever wrote it must not choose what is read."""
    with pytest.raises(StoreError, match="is no path of a store"):
        objects.get(path)
    with pytest.raises(StoreError, match="is no path of a store"):
        objects.stream(path)
