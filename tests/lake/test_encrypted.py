"""The lake over encrypted objects: the same answers, and nothing of them is left on this disk."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import zstandard

from agent.errors import GoneError, LockedError, VerificationError
from agent.lake.compact import Compacted
from agent.lake.instants import Instants, decode, encode, nameless
from agent.lake.query import Lake
from agent.lake.shelf import Shelf, sweep
from agent.model import Account
from agent.store import Store
from tests.lake.made import day
from tests.lake.stored import ASKED, ask, keep

PERSON = "grace.hopper@example.com"


def naming(folder: Path) -> list[Path]:
    found = []
    for file in folder.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            with contextlib.suppress(zstandard.ZstdError):
                data += zstandard.ZstdDecompressor().decompressobj().decompress(data)
            if PERSON.encode() in data:
                found.append(file)
    return found


@pytest.mark.parametrize("asked", ASKED)
def test_every_question_is_answered_and_leaves_nothing(safe: Store, tmp_path: Path, asked: str) -> None:
    keep(safe, [Account(id=PERSON, mfa=False)], day(1))
    room = tmp_path / "data" / "lake"
    room.mkdir()
    assert ASKED[asked](safe, room)
    assert naming(tmp_path) == []
    (row,) = safe.artifacts()
    copies = [row.path] if safe.objects.local(row.path) else [f"lake/objects/{Path(row.path).name}"]
    file = safe.objects.local(row.path) or tmp_path / "data" / copies[0]
    data = bytearray(file.read_bytes())
    data[-3] ^= 1
    file.chmod(0o644)
    file.write_bytes(data)
    with pytest.raises(VerificationError, match="is damaged: chunk 0 was changed, moved or cut off"):
        ASKED[asked](safe, room)


def test_many_of_them_are_merged_and_never_compacted(safe: Store, tmp_path: Path) -> None:
    room = tmp_path / "data" / "lake"
    for at in range(4):
        keep(safe, [Account(id=f"{PERSON}-{at}")], day(at), region=f"r{at}")
    assert ask(Lake(Shelf(safe, room), room), "SELECT count(*) FROM account") == [(4,)]
    pieces = Shelf(safe, room).pieces("account")
    assert (Compacted(room).lacking(pieces), Compacted(room).compact(pieces)) == ([], [])
    assert naming(tmp_path) == []


def test_scratch_of_a_killed_process_goes_with_the_next_start(tmp_path: Path) -> None:
    left = tmp_path / "annexa-lake-x1"
    left.mkdir()
    (left / "account.ndjson.zst").write_bytes(zstandard.compress(PERSON.encode()))
    (tmp_path / "objects").mkdir()
    sweep(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["objects"]


def test_an_erased_scope_is_in_no_answer_and_in_no_cache(safe: Store, tmp_path: Path) -> None:
    room = tmp_path / "data" / "lake"
    mine = keep(safe, [Account(id=PERSON)], day(1))
    shelf = Shelf(safe, room)
    piece = shelf.piece(safe.artifact(mine))
    kept = encode(Instants(by_subject={PERSON: [day(1)]}))
    safe.put_summaries("q", {mine: kept})
    assert ask(Lake(shelf, room), "SELECT id FROM account") == [(PERSON,)]
    shelf.forget_scope("prod")
    safe.erase("prod", "asked for", "Ada", day(100))
    assert ask(Lake(shelf, room), "SELECT id FROM account") == []
    assert decode(safe.summaries("q")[mine]).by_subject == {"(erased 1)": (day(1),)}
    assert naming(tmp_path) == []
    assert [file for file in (room / "objects").glob("*") if file.is_file()] == []
    with pytest.raises(GoneError, match="were erased on"):
        safe.present(safe.artifact(mine))
    with pytest.raises(LockedError, match=r"it is not among the data keys|no data keys are here"):
        shelf.piece(safe.artifact(mine))
    assert PERSON not in repr(piece)
    assert piece.key is not None
    assert piece.key.secret.hex() not in repr(piece)


def test_summaries_lose_names_and_keep_instants() -> None:
    named = Instants(instants=(day(1), day(2)), by_subject={"ann": [day(1)], "bob": [day(1), day(2)]},
                     valid_until=((day(1), day(9)),))
    found = decode(nameless(encode(named)))
    assert list(found.instants) == [day(1), day(2)]
    assert {who: list(ats) for who, ats in found.by_subject.items()} == {
        "(erased 1)": [day(1)], "(erased 2)": [day(1), day(2)]}
    assert found.valid_until == ((day(1), day(9)),)
    plain = encode(Instants(instants=(day(1),)))
    assert nameless(plain) == plain
