"""Leaf entries, and the files of the log by C2SP tlog-tiles."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.errors import VerificationError
from agent.seal import ArtifactEntry, VoidEntry, read_entry
from agent.seal.leaf import UnknownEntry
from agent.seal.tiles import bundle, spans, tile_path, unbundle

AT = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
ARTIFACT = ArtifactEntry(index=7, artifact="sha256:" + "a" * 64, envelope="b" * 64, object="c" * 64, recorded_at=AT)
VOID = VoidEntry(index=8, artifact="sha256:" + "a" * 64, reason="wrong account", by="Example", recorded_at=AT, clock=AT)


def test_entries_are_typed_canonical_json() -> None:
    assert json.loads(ARTIFACT.write()) == {
        "type": "artifact", "index": 7, "artifact": "sha256:" + "a" * 64, "envelope": "b" * 64, "object": "c" * 64,
        "recorded_at": "2026-03-01T12:00:00.000005Z",
    }
    assert json.loads(VOID.write())["clock"] == "2026-03-01T12:00:00.000005Z"
    for entry in (ARTIFACT, VOID, replace(ARTIFACT, clock=AT)):
        data = json.loads(entry.write())
        assert json.dumps(data, sort_keys=True, separators=(",", ":")).encode() == entry.write()
        assert read_entry(entry.write()) == entry


def test_an_entry_stays_below_one_kibibyte() -> None:
    room = 1023 - len(VoidEntry(index=8, artifact="x", reason="", by="", recorded_at=AT).write())
    assert len(VoidEntry(index=8, artifact="x", reason="r" * room, by="", recorded_at=AT).write()) == 1023
    with pytest.raises(ValueError, match="1024 bytes"):
        VoidEntry(index=8, artifact="x", reason="r" * (room + 1), by="", recorded_at=AT).write()


@pytest.mark.parametrize("data", [
    b"", b"{}", b"[]", b'{"type":"other"}', ARTIFACT.write().replace(b'"index"', b'"place"'),
    ARTIFACT.write().replace(b"artifact", b"void", 1), ARTIFACT.write().replace(b"2026-", b"20-26"),
])
def test_what_is_no_entry_is_refused(data: bytes) -> None:
    with pytest.raises(VerificationError, match=r"^The log entry cannot be read: \w+Error\("):
        read_entry(data)


LATER = b'{"clock":"2026-03-01T12:00:00Z","index":9,"more":[1],"recorded_at":"2026-03-01T12:00:00.000005Z","type":"later"}'


def test_an_entry_of_a_later_version_is_placed_and_timed() -> None:
    found = read_entry(LATER)
    assert found == UnknownEntry(index=9, kind="later", data=LATER, recorded_at=AT, clock=AT.replace(microsecond=0))
    assert found.write() == LATER
    assert read_entry(LATER.replace(b'"more"', b'"critical":false,"more"')).index == 9


@pytest.mark.parametrize("critical", [b"true", b"null", b"0", b'"no"'])
def test_an_entry_of_a_later_version_that_may_not_be_passed_over(critical: bytes) -> None:
    with pytest.raises(VerificationError) as caught:
        read_entry(LATER.replace(b'"more"', b'"critical":' + critical + b',"more"'))
    assert caught.value.message == (
        "The log entry is of the type 'later', which this version of annexa does not know and may not pass over"
    )
    assert caught.value.advice == "Use the version that wrote it, or a later one"


@pytest.mark.parametrize("data", [LATER.replace(b'"index":9', b'"index":"x"'), LATER.replace(b'"index":9,', b"")])
def test_an_entry_of_a_later_version_without_its_place(data: bytes) -> None:
    with pytest.raises(VerificationError, match=r"^The log entry cannot be read: \w+Error\("):
        read_entry(data)


@pytest.mark.parametrize(("level", "index", "width", "path"), [
    (0, 0, 256, "tile/0/000"), (0, 5, 256, "tile/0/005"), (1, 999, 256, "tile/1/999"),
    (0, 1000, 256, "tile/0/x001/000"), (0, 1234067, 256, "tile/0/x001/x234/067"),
    ("entries", 1234067, 112, "tile/entries/x001/x234/067.p/112"), (2, 0, 1, "tile/2/000.p/1"),
])
def test_the_paths_of_tiles(level: int | str, index: int, width: int, path: str) -> None:
    assert tile_path(level, index, width) == path


@pytest.mark.parametrize(("size", "level", "since", "expected"), [
    (0, 0, 0, []), (1, 0, 0, [(0, 1)]), (256, 0, 0, [(0, 256)]), (257, 0, 0, [(0, 256), (1, 1)]),
    (257, 0, 256, [(1, 1)]), (300, 0, 257, [(1, 44)]), (300, 0, 300, []), (512, 0, 300, [(1, 256)]),
    (255, 1, 0, []), (256, 1, 0, [(0, 1)]), (511, 1, 256, []), (512, 1, 511, [(0, 2)]),
    (70000, 1, 0, [(0, 256), (1, 17)]), (65536, 2, 65535, [(0, 1)]), (70000, 1, 65536, [(1, 17)]),
])
def test_the_tiles_that_a_growing_tree_needs(
    size: int, level: int, since: int, expected: list[tuple[int, int]]
) -> None:
    assert list(spans(size, level, since)) == expected


def test_without_an_older_tree_every_tile_is_needed() -> None:
    assert list(spans(257, 0)) == [(0, 256), (1, 1)]
    assert list(spans(1, 0)) == [(0, 1)]


def test_bundles() -> None:
    entries = [b"", b"x", b"y" * 300, b"z" * 1023]
    data = bundle(entries)
    assert data[:2] == b"\0\0"
    assert data[2:5] == b"\0\1x"
    assert unbundle(data) == entries
    assert unbundle(b"") == []
    for cut in (1, 500, 1024, len(data) - 1 - 302):
        with pytest.raises(VerificationError, match=r"^An entry bundle of the log is cut short$"):
            unbundle(data[:-cut])
