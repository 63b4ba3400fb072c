"""Objects at rest are ciphertext; the key of a scope opens them, and nothing else; destroying it erases."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import zstandard

from agent.cipher import encrypted
from agent.errors import GoneError, LockedError, StoreError, VerificationError
from agent.store.local import LocalObjects
from agent.store.scopekeys import KEYS, ScopeKeys
from agent.store.wrapping import open_wrapper
from tests.fixtures.kms import local_aws
from tests.fixtures.store import START, Place, keep, record

PERSON = "grace.hopper@example.com"


@pytest.fixture
def safe(either: Place) -> Place:
    """A place whose objects are encrypted by a key file outside of it."""
    return locked(either)


def locked(place: Place) -> Place:
    key = place.data.parent / f"{place.data.name}.kek"
    place.options["encryption"] = f"file:{key}"
    return place


def holding(folder: Path, what: str) -> list[Path]:
    """Return the files that hold a text in the clear, as it is or within zstd."""
    found = []
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        data = file.read_bytes()
        with contextlib.suppress(zstandard.ZstdError):
            data += zstandard.ZstdDecompressor().decompressobj().decompress(data)
        if what.encode() in data or base64.b64encode(what.encode()) in data:
            found.append(file)
    return found


def test_an_object_is_ciphertext_and_reads_as_before(safe: Place) -> None:
    with safe.open() as store:
        name = keep(store, [PERSON])
        (row,) = record(store)
        opened = store.open_artifact(name)
        assert [one["record"]["id"] for one in opened.records()] == [PERSON]
        assert store.check(deep=True) == []
        held = store.objects.keys.of("prod")
        assert held is not None
        assert encrypted(row.path)
        assert row.path == f"objects/{row.path.split('/')[1]}/{row.object[:2]}/{row.object}.{held.id}.enc"
        assert row.stored_size == store.objects.size(row.path)
    assert holding(safe.data, PERSON) == []
    with safe.open(writer=False) as store:
        assert len(list(store.open_artifact(name).records())) == 1


def test_without_encryption_nothing_changes(place: Place) -> None:
    with place.open() as store:
        keep(store, [PERSON])
        (row,) = record(store)
    assert row.path.endswith(".ndjson.zst")
    assert len(holding(place.data, PERSON)) == 1
    assert not (place.data / "keys" / KEYS).exists()


def test_turned_on_later_both_are_read_and_the_same_content_has_two_paths(place: Place) -> None:
    with place.open() as store:
        before = keep(store, ["a"])
        record(store)
    with locked(place).open() as store:
        after = keep(store, ["a"], started_at=START + timedelta(days=1))
        record(store)
        rows = {row.id: row for row in store.artifacts()}
        assert rows[before].object == rows[after].object
        assert rows[before].path != rows[after].path
        assert [len(list(store.open_artifact(one).records())) for one in (before, after)] == [1, 1]
        assert store.check(deep=True) == []
    place.options.pop("encryption")
    with place.open() as store:
        assert len(list(store.open_artifact(before).records())) == 1
        with pytest.raises(LockedError, match=r"encrypted by the data key [0-9a-f]{32} of the scope prod, which file:"):
            store.open_artifact(after)


def test_each_scope_has_a_key_and_a_second_writer_the_same(safe: Place) -> None:
    with safe.open() as store:
        keep(store, ["a"])
        keep(store, ["a"], scope="test")
        record(store)
        first = store.objects.keys.held()
    with safe.open() as store:
        keep(store, ["b"])
        record(store)
        assert store.objects.keys.held() == first
        assert {one.scope for one in first} == {"prod", "test"}
        assert len({one.id for one in first}) == 2
        assert store.objects.keys.check() == 2
    assert (safe.data / "keys" / KEYS).stat().st_mode & 0o777 == 0o600


def test_rebuilding_needs_no_key(safe: Place) -> None:
    with safe.open() as store:
        name = keep(store, ["a"])
        record(store)
    if not safe.database.startswith("sqlite"):
        return
    (safe.data / "annexa.db").unlink()
    from agent.store import Store

    made = Store.rebuild(safe.database, str(safe.data / "artifacts"), data=safe.data, clock=lambda: safe.now)
    assert (made.artifacts, made.problems) == (1, [])
    with safe.open() as store:
        assert len(list(store.open_artifact(name).records())) == 1
        assert store.check(deep=True) == []


def test_what_is_wrong_with_the_keys_is_one_line(place: Place, tmp_path: Path) -> None:
    key = Path(locked(place).options["encryption"].removeprefix("file:"))
    with place.open() as store:
        name = keep(store, ["a"])
        record(store)
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with pytest.raises(StoreError, match=r"can be read by others \(mode 0644\)"), place.open():
        pass
    key.chmod(0o600)
    said = key.read_bytes()
    key.unlink()
    with pytest.raises(StoreError, match="is not there"), place.open():
        pass
    assert not key.exists(), "a lost wrapping key is never made anew over keys that it wrapped"
    key.write_bytes(b"no key\n")
    key.chmod(0o600)
    with pytest.raises(StoreError, match="is no wrapping key"), place.open():
        pass
    key.write_bytes(os.urandom(32).hex().encode())
    with place.open() as store, pytest.raises(LockedError, match=r"is wrapped by file:[0-9a-f]{16}, and file:"):
        store.open_artifact(name)
    key.write_bytes(said)
    file = place.data / "keys" / KEYS
    file.chmod(0o640)
    with pytest.raises(StoreError, match=r"data keys .* can be read by others"), place.open():
        pass
    file.chmod(0o600)
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    with pytest.raises(StoreError, match="cannot be read"), place.open():
        pass
    file.write_bytes(whole)
    with pytest.raises(StoreError, match="is no address of a wrapping key"):
        open_wrapper("gcpkms:x")
    with place.open() as store:
        assert len(list(store.open_artifact(name).records())) == 1


def test_wrapped_keys_that_change_places_do_not_open(place: Place) -> None:
    with locked(place).open() as store:
        mine, other = keep(store, ["a"]), keep(store, ["b"], scope="test")
        record(store)
    file = place.data / "keys" / KEYS
    said = json.loads(file.read_bytes())
    first, second = said["keys"]
    for names in (("wrapped",), ("wrapped", "id"), ("scope",)):
        changed = {**said, "keys": [{**first, **{name: second[name] for name in names}},
                                    {**second, **{name: first[name] for name in names}}]}
        file.write_bytes(json.dumps(changed).encode())
        with place.open() as store:
            for name in (mine, other):
                with pytest.raises(VerificationError, match="does not open") as refused:
                    store.open_artifact(name)
                assert not isinstance(refused.value, (LockedError, GoneError))


def test_another_key_wrapped_under_an_id_is_refused(place: Place) -> None:
    """By whoever has the wrapping key: what is then written would not be what the erasure's leaf names."""
    with locked(place).open() as store:
        keep(store, ["a"])
        record(store)
    file = place.data / "keys" / KEYS
    said = json.loads(file.read_bytes())
    (one,) = said["keys"]
    wrapper = open_wrapper(place.options["encryption"])
    one["wrapped"] = base64.b64encode(wrapper.wrap(bytes(32), {"scope": "prod", "key": one["id"]})).decode()
    file.write_bytes(json.dumps(said).encode())
    with place.open() as store, pytest.raises(VerificationError, match="is another one"):
        keep(store, ["b"])


def test_wrapping_anew_is_one_step_and_touches_no_object(safe: Place, tmp_path: Path) -> None:
    with safe.open() as store:
        name = keep(store, ["a"])
        (row,) = record(store)
        before = store.objects.raw(row.path).read()
        assert store.objects.keys.rewrap(f"file:{tmp_path}/other.kek") == 1
        assert store.objects.raw(row.path).read() == before
        assert len(list(store.open_artifact(name).records())) == 1
    with safe.open(writer=False) as store, pytest.raises(LockedError, match="is wrapped by file:"):
        store.open_artifact(name)
    safe.options["encryption"] = f"file:{tmp_path}/other.kek"
    with safe.open() as store:
        assert len(list(store.open_artifact(name).records())) == 1
        keep(store, ["b"])
        record(store)
        assert store.check(deep=True) == []


def test_an_erasure_takes_the_records_and_leaves_the_log(safe: Place) -> None:
    with safe.open() as store:
        mine, other = keep(store, [PERSON]), keep(store, ["b"], scope="test")
        record(store)
        held = store.objects.keys.of("prod")
        assert held is not None
        act = store.erase("prod", "asked for by the person", "Ada", safe.now)
        assert (act.kind, act.subject, act.name, act.by, act.leaf) == ("erasure", "scope:prod", held.id, "Ada", 2)
        assert store.acts("erasure")[0].done
        row = store.artifact(mine)
        assert (row.deleted_at, store.objects.size(row.path)) == (safe.now, None)
        with pytest.raises(GoneError, match="were erased on 2026-03-01T12:00:00Z by Ada: asked for by the person"):
            store.open_artifact(mine)
        assert store.statement(mine).provenance.records == 1
        assert len(list(store.open_artifact(other).records())) == 1
        assert store.check(deep=True) == []
        assert not store.objects.keys.has(held.id)
        # What comes afterwards has another key, and may be the same content.
        again = keep(store, [PERSON], started_at=START + timedelta(days=1))
        record(store)
        assert store.objects.keys.of("prod") != held
        assert len(list(store.open_artifact(again).records())) == 1
        assert store.check(deep=True) == []
    assert holding(safe.data, PERSON) == []


def test_a_key_that_a_backup_brings_back_is_destroyed_again(place: Place) -> None:
    with locked(place).open() as store:
        keep(store, ["a"])
        record(store)
        before = (place.data / "keys" / KEYS).read_bytes()
        store.erase("prod", "asked for", "Ada", place.now)
    (place.data / "keys" / KEYS).write_bytes(before)
    with place.open() as store:
        assert store.objects.keys.held() == []


def test_ciphertext_that_stays_says_nothing_any_more(safe: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a write-once bucket: what is locked cannot be deleted."""
    def refuse(_objects: LocalObjects, path: str) -> None:
        raise StoreError(f"Cannot delete {path}: locked")

    monkeypatch.setattr(LocalObjects, "erase", refuse)
    with safe.open() as store:
        mine = keep(store, [PERSON])
        (row,) = record(store)
        store.erase("prod", "asked for", "Ada", safe.now)
        assert store.acts("erasure")[0].done
        assert store.objects.size(row.path) is not None
        with pytest.raises(GoneError, match="were erased on"):
            store.open_artifact(mine)
        assert store.check(deep=True) == []
    assert holding(safe.data, PERSON) == []


def test_clear_objects_of_an_erased_scope_go_or_it_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with place.open() as store:
        keep(store, [PERSON])
        (row,) = record(store)
    with locked(place).open() as store:
        keep(store, ["b"], started_at=START + timedelta(days=1))
        record(store)
        with monkeypatch.context() as patch:
            patch.setattr(LocalObjects, "locked_until", lambda _objects, _path: START + timedelta(days=9))
            with pytest.raises(StoreError, match=r"lies there in the clear, and the store locks it until 2026-03-10"):
                store.erase("prod", "asked for", "Ada", place.now)
        assert store.acts() == []
        store.erase("prod", "asked for", "Ada", place.now)
        assert store.objects.size(row.path) is None
        assert store.check(deep=True) == []
    assert holding(place.data, PERSON) == []


def test_what_refuses_an_erasure(place: Place) -> None:
    with locked(place).open() as store:
        mine = keep(store, ["a"])
        record(store)
        for reason, by in (("", "Ada"), ("why", " "), ("x" * 700, "Ada"), ("a\nb", "Ada")):
            with pytest.raises(StoreError):
                store.erase("prod", reason, by, place.now)
        with pytest.raises(StoreError, match="Nothing of the scope other is there"):
            store.erase("other", "asked for", "Ada", place.now)
        for subject in (mine, "scope:prod"):
            store.hold(subject, "a case", "Ada")
            with pytest.raises(StoreError, match="A hold covers the scope prod: H"):
                store.erase("prod", "asked for", "Ada", place.now)
            store.release(subject, "", "over", "Ada")
        assert store.acts("erasure") == []
        assert len(list(store.open_artifact(mine).records())) == 1


def test_a_rebuild_knows_what_was_erased(place: Place) -> None:
    with locked(place).open() as store:
        mine = keep(store, ["a"])
        record(store)
        store.erase("prod", "asked for", "Ada", place.now)
        later = keep(store, ["b"], started_at=START + timedelta(days=1))
        record(store)
        rows = {row.id: row.model_dump() for row in store.artifacts()}
    (place.data / "annexa.db").unlink()
    from agent.store import Store

    made = Store.rebuild(place.database, str(place.data / "artifacts"), data=place.data, clock=lambda: place.now)
    assert (made.artifacts, made.acts, made.problems) == (2, 1, [])
    with place.open() as store:
        for name in (mine, later):
            assert {**rows[name], "stored_size": 0} == {**store.artifact(name).model_dump(), "stored_size": 0}
        assert store.check(deep=True) == []
        assert len(list(store.open_artifact(later).records())) == 1


class Service:
    """A local KMS with keys in it."""

    def __init__(self) -> None:
        self.client: Any = boto3.client("kms")

    def key(self) -> str:
        return str(self.client.create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with local_aws(monkeypatch):
        yield Service()


def test_keys_wrapped_by_aws_kms(place: Place, kms: Service) -> None:
    arn = kms.key()
    place.options["encryption"] = f"awskms:{arn}"
    with place.open() as store:
        name, other = keep(store, [PERSON]), keep(store, ["b"], scope="test")
        record(store)
        held = store.objects.keys.of("prod")
        assert held is not None
        assert held.by == f"awskms:{arn}"
        assert store.objects.keys.check() == 2
    with place.open(writer=False) as store:
        assert len(list(store.open_artifact(name).records())) == 1
    # By KMS alone, with the context, and not without.
    blob = base64.b64decode(held.wrapped)
    opened = kms.client.decrypt(CiphertextBlob=blob, EncryptionContext={"scope": "prod", "key": held.id})
    assert len(opened["Plaintext"]) == 32
    with pytest.raises(kms.client.exceptions.InvalidCiphertextException):
        kms.client.decrypt(CiphertextBlob=blob, EncryptionContext={"scope": "test", "key": held.id})
    file = place.data / "keys" / KEYS
    said = json.loads(file.read_bytes())
    first, second = said["keys"]
    swapped = [{**first, "wrapped": second["wrapped"]}, {**second, "wrapped": first["wrapped"]}]
    file.write_bytes(json.dumps({**said, "keys": swapped}).encode())
    with place.open(writer=False) as store, pytest.raises(VerificationError, match="does not open"):
        store.open_artifact(other)
    file.write_bytes(json.dumps(said).encode())
    with place.open() as store:
        store.objects.keys.rewrap(f"awskms:{kms.key()}")
        assert len(list(store.open_artifact(name).records())) == 1
        store.objects.keys.rewrap(f"file:{place.data.parent / 'local.kek'}")
        assert len(list(store.open_artifact(name).records())) == 1
    assert holding(place.data, PERSON) == []


def test_a_kms_that_refuses_is_one_line(place: Place, kms: Service) -> None:
    place.options["encryption"] = f"awskms:{kms.key()}"
    with place.open() as store:
        name = keep(store, ["a"])
        record(store)
    place.options["encryption"] = "awskms:alias/none"
    with place.open(writer=False) as store, pytest.raises(StoreError, match=r"The wrapping key .* cannot be used") as told:
        store.open_artifact(name)
    assert "kms:Decrypt" in told.value.line()
    keys = ScopeKeys(place.data / "none.json", "awskms:alias/none")
    with pytest.raises(StoreError, match="cannot be used"):
        keys.sealing("prod")
    assert keys.held() == []
