"""The ZIP by readers that are not ours: zipfile and unzip."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.export.zip64 import Zip64
from tests.needs import need


def written(file: Path, entries: list[tuple[str, list[bytes]]]) -> list[str]:
    with file.open("wb") as out, Zip64(out) as made:
        found = [made.add(name, iter(pieces)) for name, pieces in entries]
        made.add("sums", made.sums())
        made.end()
    return found


@given(st.lists(st.tuples(st.text("aé/ü中. -", min_size=1, max_size=30), st.lists(st.binary(max_size=200), max_size=4)),
                max_size=12, unique_by=lambda one: one[0]))
def test_what_goes_in_comes_out(entries: list[tuple[str, list[bytes]]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "it.zip"
        digests = written(file, entries)
        with zipfile.ZipFile(file) as found:
            assert found.testzip() is None
            assert [one.filename for one in found.infolist()] == [*(name for name, _ in entries), "sums"]
            assert [found.read(name) for name, _ in entries] == [b"".join(pieces) for _, pieces in entries]
            assert all(one.date_time == (1980, 1, 1, 0, 0, 0) for one in found.infolist())
            assert found.read("sums").decode() == "".join(
                f"{digest}  {name}\n" for digest, (name, _) in zip(digests, entries, strict=True))


def test_more_entries_than_a_plain_zip_can_count(tmp_path: Path) -> None:
    file = tmp_path / "many.zip"
    written(file, [(f"{number:06}", [b"x"]) for number in range(70_000)])
    with zipfile.ZipFile(file) as found:
        assert len(found.infolist()) == 70_001
        assert found.read("069999") == b"x"


def test_unzip_reads_it(tmp_path: Path) -> None:
    need("unzip")
    file = tmp_path / "it.zip"
    written(file, [("a/b.txt", [b"hello\n" * 100]), ("é.txt", [b""])])
    done = subprocess.run(["unzip", "-tq", file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_offsets_beyond_four_gigabytes(tmp_path: Path) -> None:
    """Random pieces do not compress: the entry after them begins beyond 32 bits, on a sparse file."""
    file = tmp_path / "far.zip"
    with file.open("wb") as out, Zip64(out) as made:
        made.add("before", b"1")
        out.seek((1 << 32) + 5)  # as if so much had been written
        made.add("after", os.urandom(1000))
        made.end()
    with zipfile.ZipFile(file) as found:
        assert found.getinfo("after").header_offset > 1 << 32
        assert (found.read("before"), len(found.read("after"))) == (b"1", 1000)
    assert file.stat().st_blocks * 512 < 1 << 20
