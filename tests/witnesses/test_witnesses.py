"""Witnesses over HTTP: shown each head with its proof, asked again, believed by their key alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.seal import read_witness
from agent.store import Store
from agent.witnesses import Asker, Known, waiting
from tests.fixtures.store import Place, keep, record
from tests.lab.witness import Witness, read_note


@pytest.fixture
def witness() -> Iterator[Witness]:
    with Witness().serving() as running:
        yield running


def known(*witnesses: Witness) -> list[Known]:
    return [Known(one.url, read_witness(one.vkey)) for one in witnesses]


def asker(store: Store, place: Place, *witnesses: Witness) -> Asker:
    return Asker(store.objects, place.data, known(*witnesses), lambda: place.now)


def grow(store: Store, count: int, since: int = 0) -> None:
    for at in range(since, since + count):
        keep(store, [f"r{at}"])
    record(store)


def introduce(store: Store, *witnesses: Witness) -> None:
    for one in witnesses:
        one.trust(store.objects.get("log/verifier-key").decode())


def told(store: Store, place: Place, *witnesses: Witness) -> list[str]:
    return waiting(store.objects, place.data, known(*witnesses))


def test_each_head_is_cosigned_by_each_witness(place: Place, witness: Witness) -> None:
    with Witness("other.example/2").serving() as other, place.open() as store:
        introduce(store, witness, other)
        for size, more in ((1, 1), (4, 3), (300, 296), (301, 1)):
            grow(store, more, size - more)
            assert told(store, place, witness, other)[0].startswith("not yet cosigned by witness.example/w1")
            done = asker(store, place, witness, other).run()
            assert (done.kept, done.waiting) == (2, 0)
            note = store.objects.get(f"log/cosignatures/{size:012}/{witness.key_id.hex()}")
            head = read_note(note)
            assert [name for name, _hint, _data in head.signatures] == [head.origin, witness.name]
            assert told(store, place, witness, other) == []
            assert asker(store, place, witness, other).run().kept == 0
        assert witness.asked == [0, 1, 4, 300]


def test_a_witness_that_remembers_more_than_we_kept_is_asked_again_from_there(place: Place, witness: Witness) -> None:
    with place.open() as store:
        introduce(store, witness)
        grow(store, 3)
        asker(store, place, witness).run()
        shutil.rmtree(place.file("log/cosignatures"))
        grow(store, 2, 3)
        assert asker(store, place, witness).run().kept == 1
        assert witness.asked == [0, 0, 3]


def test_a_log_that_was_rolled_back_is_told_apart(place: Place, witness: Witness, tmp_path: Path) -> None:
    with place.open() as store:
        introduce(store, witness)
        grow(store, 2)
    shutil.copytree(place.data, tmp_path / "before", ignore=shutil.ignore_patterns("before"))
    with place.open() as store:
        grow(store, 3, 2)
        asker(store, place, witness).run()
    old = Place(tmp_path / "before", f"sqlite:///{tmp_path}/before/annexa.db")
    with old.open() as store:
        assert asker(store, old, witness).run().waiting == 1
        (line,) = told(store, old, witness)
        assert "has seen 5 leaves of this log, which has 2: it was rolled back" in line
        grow(store, 4, 10)  # another past, as long
        old.now += timedelta(hours=2)
        assert asker(store, old, witness).run().waiting == 1
        assert "refuses the proof" in told(store, old, witness)[0]


def test_another_log_of_the_same_size_is_told_apart(place: Place, witness: Witness, tmp_path: Path) -> None:
    with place.open() as store:
        introduce(store, witness)
        grow(store, 2)
    shutil.copytree(place.data, tmp_path / "before", ignore=shutil.ignore_patterns("before"))
    with place.open() as store:
        grow(store, 1, 2)
        asker(store, place, witness).run()
    old = Place(tmp_path / "before", f"sqlite:///{tmp_path}/before/annexa.db")
    with old.open() as store:
        grow(store, 1, 20)
        assert asker(store, old, witness).run().kept == 0
        assert "another root at this size" in told(store, old, witness)[0]


@pytest.mark.parametrize(("status", "said"), [(503, "answers 503"), (404, "does not know this log"),
                                              (403, "does not know the key"), (400, "answers 400")])
def test_a_witness_that_does_not_cosign_is_left_alone_for_a_while(
    place: Place, witness: Witness, status: int, said: str
) -> None:
    witness.broken = status
    with place.open() as store:
        introduce(store, witness)
        grow(store, 1)
        assert asker(store, place, witness).run().waiting == 1
        (line,) = told(store, place, witness)
        assert said in line
        assert "none of 1 leaves" in line
        witness.broken = 0
        assert asker(store, place, witness).run().waiting == 1  # not yet asked again
        assert witness.asked == []
        place.now += timedelta(seconds=31)
        assert asker(store, place, witness).run().kept == 1
        assert told(store, place, witness) == []


def test_a_witness_that_knows_the_log_by_another_key(place: Place, witness: Witness) -> None:
    with place.open() as store:
        introduce(store, witness)
        (origin,) = witness.logs
        witness.logs[origin] = (b"abcd", witness.public)
        grow(store, 1)
        asker(store, place, witness).run()
        assert "does not know the key" in told(store, place, witness)[0]
        witness.logs.clear()
        place.now += timedelta(hours=2)
        asker(store, place, witness).run()
        assert "does not know this log" in told(store, place, witness)[0]


def test_nobody_there(place: Place) -> None:
    absent = Witness(url="http://127.0.0.1:1")
    with place.open() as store:
        grow(store, 1)
        assert asker(store, place, absent).run().waiting == 1
        assert "does not answer" in told(store, place, absent)[0]


def test_a_cosignature_of_another_key_is_not_kept(place: Place, witness: Witness) -> None:
    stranger = Witness(witness.name, url=witness.url)
    with place.open() as store:
        introduce(store, witness)
        grow(store, 1)
        assert asker(store, place, stranger).run().waiting == 1
        assert "with no cosignature of witness.example/w1" in told(store, place, stranger)[0]
        assert not place.file("log/cosignatures").exists()


def test_no_log_no_question(place: Place, witness: Witness) -> None:
    with place.open() as store:
        assert asker(store, place, witness).run().waiting == 0
        assert told(store, place, witness) == []


def test_a_verifier_key_is_read_as_it_is_published() -> None:
    witness = Witness()
    found = read_witness(witness.vkey)
    assert (found.name, found.key, found.hint) == (witness.name, witness.public, witness.key_id)
    assert found.verifier_key() == witness.vkey
    name, number, key = witness.vkey.split("+", 2)
    for wrong, why in [
        (f"{name}+00000000+{key}", "its hash is"), (f"+{number}+{key}", "no Ed25519 key"), (name, "no Ed25519 key"),
        (f"{name}+{number}+{key[:-4]}", "no Ed25519 key"), (f"{name}+{number}+!", "not written name"),
        (f"{name}+{number}+Bq{key[2:]}", "no Ed25519 key"), (f"a b+{number}+{key}", "no Ed25519 key"),
    ]:
        with pytest.raises(ValueError, match=why):
            read_witness(wrong)
