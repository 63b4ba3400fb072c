"""A store in a bucket with Object Lock, on a server whose locks are real."""

from __future__ import annotations

import secrets
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from agent.assembly import App, doctor
from agent.durations import duration
from agent.errors import GoneError, StoreError
from agent.store import Store
from agent.store.artifact import envelope_path
from agent.store.retention import due
from agent.store.worm import Lock, WriteOnce
from agent.verify import places
from tests.fixtures.store import Place, keep, record
from tests.fixtures.weed import ACCESS, REGION, SECRET, client, options

NOW = datetime.now(UTC).replace(microsecond=0)
YEAR = timedelta(days=365)


def bucket(endpoint: str, *, mode: str = "COMPLIANCE", lock: bool = True) -> str:
    name = f"evidence-{secrets.token_hex(6)}"
    s3 = client(endpoint)
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
    if mode:
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": mode, "Days": 1}}})
    return name


@pytest.fixture
def locked(weed: str, tmp_path: Path) -> Place:
    """A place whose artifacts lie in a locked bucket, each for a year."""
    return Place(
        tmp_path, f"sqlite:///{tmp_path}/annexa.db", f"s3://{bucket(weed)}/annexa", now=NOW,
        options={"artifacts_options": options(weed), "write_once": True, "until": lambda _kind, at: at + YEAR},
    )


def versions(store: Store, weed: str, path: str) -> list[str]:
    assert isinstance(store.objects, WriteOnce)
    found = client(weed).list_object_versions(Bucket=store.objects._bucket, Prefix=f"annexa/{path}")
    return [one["VersionId"] for one in found.get("Versions", ())]


def test_what_is_kept_can_be_neither_deleted_nor_shortened(weed: str, locked: Place) -> None:
    with locked.open() as store:
        name = keep(store, ["a"], started_at=NOW)
        (row,) = record(store)
        assert isinstance(store.objects, WriteOnce)
        for path in (row.path, envelope_path(name)):
            assert store.objects.locked_until(path) == NOW + timedelta(seconds=2) + YEAR
            where = {"Bucket": store.objects._bucket, "Key": f"annexa/{path}"}
            (version,) = versions(store, weed, path)
            s3 = client(weed)
            with pytest.raises(ClientError, match="AccessDenied"):
                s3.delete_object(**where, VersionId=version)
            with pytest.raises(ClientError, match="AccessDenied"):
                s3.delete_object(**where, VersionId=version, BypassGovernanceRetention=True)
            with pytest.raises(ClientError, match="AccessDenied"):
                s3.put_object_retention(**where, VersionId=version, Retention={
                    "Mode": "COMPLIANCE", "RetainUntilDate": NOW + timedelta(days=2)})
        with pytest.raises(StoreError, match="Cannot delete"):
            store.objects.erase(row.path)
        assert len(list(store.open_artifact(name).records())) == 1
        assert store.check(deep=True) == []


def test_the_same_content_again_is_locked_for_longer_and_never_shorter(locked: Place) -> None:
    with locked.open() as store:
        keep(store, ["a"], started_at=NOW)
        (row,) = record(store)
        keep(store, ["a"], started_at=NOW + timedelta(days=10))
        keep(store, ["a"], started_at=NOW - timedelta(days=10))
        assert len(record(store)) == 2
        assert store.objects.locked_until(row.path) == NOW + timedelta(days=10, seconds=2) + YEAR


def test_tiles_and_checkpoint_are_written_anew_as_versions(weed: str, locked: Place) -> None:
    with locked.open() as store:
        for number in range(3):
            keep(store, [str(number)], started_at=NOW)
            record(store)
        assert store.check(deep=True) == []
        assert len(versions(store, weed, "log/checkpoint")) == 3, "each head that was published can still be had"
        assert store.objects.get("log/checkpoint").split(b"\n")[1] == b"3"
    with locked.open(writer=False) as store:
        assert len(store.artifacts()) == 3
    fresh = f"sqlite:///{locked.data}/again.db"
    result = Store.rebuild(
        fresh, locked.artifacts, data=locked.data, clock=lambda: NOW, artifacts_options=options(weed), write_once=True
    )
    assert (result.artifacts, result.problems) == (3, [])


def test_retention_leaves_what_is_locked(locked: Place) -> None:
    with locked.open() as store:
        keep(store, ["a"], started_at=NOW)
        (row,) = record(store)
        found = due(store, lambda _kind: duration("P1M"), NOW + timedelta(days=40), UTC)
        assert (found.doomed, list(found.locked)) == ([], [row.path])


def test_a_hold_is_one_of_the_bucket_too_and_every_version_goes_after_it(weed: str, tmp_path: Path) -> None:
    # No retention of its own and none of the bucket: an object whose lock is over, for nobody here can wait for a day.
    place = Place(tmp_path, f"sqlite:///{tmp_path}/annexa.db", f"s3://{bucket(weed, mode='')}/annexa", now=NOW, options={
        "artifacts_options": options(weed), "write_once": True})
    with place.open() as store:
        name = keep(store, ["a"], started_at=NOW)
        (row,) = record(store)
        store.hold("scope:prod", "a case", "Ada")
        later = keep(store, ["b"], started_at=NOW)
        record(store)
        for path in (row.path, envelope_path(name), store.artifact(later).path):
            with pytest.raises(StoreError, match="Cannot delete"):
                store.objects.erase(path)
        store.hold(name, "another", "Ada")
        store.release("scope:prod", "", "over", "Ada")
        with pytest.raises(StoreError, match="Cannot delete"):
            store.objects.erase(row.path)
        store.objects.erase(store.artifact(later).path)
        store.release(name, "", "over", "Ada")
        assert store.delete([(row.path, "P1D")], "cron") == 1
        assert versions(store, weed, row.path) == []


def test_a_locked_object_is_erased_by_its_key_and_a_clear_one_cannot_be(locked: Place, tmp_path: Path) -> None:
    with locked.open() as store:
        keep(store, ["clear"], scope="test", started_at=NOW)
        record(store)
    locked.options["encryption"] = f"file:{tmp_path}/wrapping.key"
    with locked.open() as store:
        mine = keep(store, ["a"], started_at=NOW)
        (row,) = record(store)
        with pytest.raises(StoreError, match="lies there in the clear, and the store locks it until"):
            store.erase("test", "asked for", "Ada", NOW)
        act = store.erase("prod", "asked for", "Ada", NOW)
        assert store.acts("erasure", subjects=["scope:prod"])[0].done
        assert store.objects.size(row.path) is not None, "the ciphertext is locked"
        with pytest.raises(GoneError, match="were erased on"):
            store.open_artifact(mine)
        again = keep(store, ["a"], started_at=NOW)
        later = store.artifact(record(store)[0].id)
        assert later.id == again
        assert later.path != row.path, "the same records under the new key have a place of their own"
        assert len(list(store.open_artifact(again).records())) == 1
        assert store.check(deep=True) == []
        trust = tmp_path / "trust.pem"
        trust.write_text("\n".join(era.text() for era in store.eras()))
        report = places.store("it", store, trust, [locked.data / "keys"], None, lambda _done, _all: None)
        assert report.holds, [(step.name, step.findings) for step in report.steps]
        assert any(mine in one and "erased on" in one for one in report.told)
        assert act.leaf == 2


class Recording(BaseHTTPRequestHandler):
    """Hands everything on to the server as it came, and keeps the headers of uploads."""

    upstream = ""
    seen: list[dict[str, str]]

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0) or 0))
        if self.command == "PUT":
            self.seen.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
        request = urllib.request.Request(self.upstream + self.path, body or None, dict(self.headers), method=self.command)
        try:
            answer: Any = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        data = answer.read()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in {"transfer-encoding", "content-length", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(answer.headers.get("Content-Length") or len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _hand_on  # noqa: N815 - the names that http.server asks for

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def between(upstream: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    seen: list[dict[str, str]] = []
    handler = type("Handler", (Recording,), {"upstream": upstream, "seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


def test_every_upload_carries_its_sha_256_and_objects_are_created_never_replaced(weed: str, locked: Place) -> None:
    with between(weed) as (endpoint, seen):
        locked.options["artifacts_options"] = options(endpoint)
        with locked.open() as store:
            keep(store, ["a"], started_at=NOW)
            record(store)
    uploads = [one for one in seen if "?" not in one["path"]]
    assert {one["path"].split("/")[3] for one in uploads} == {"objects", "envelopes", "log"}
    assert all(one.get("x-amz-checksum-sha256") for one in uploads), "AWS refuses an upload to a locked bucket without"
    for one in uploads:
        fixed = one["path"].split("/")[3] in {"objects", "envelopes"}
        assert (one.get("if-none-match") == "*") == (fixed or one["path"].endswith("verifier-key")), one["path"]
    locks = [one for one in seen if one["path"].endswith("?retention")]
    assert len(locks) == 2


@pytest.mark.parametrize(("mode", "lock", "state"), [
    ("COMPLIANCE", Lock(enabled=True, mode="COMPLIANCE", days=1), "ok"),
    ("GOVERNANCE", Lock(enabled=True, mode="GOVERNANCE", days=1), "fail"),
    ("", Lock(enabled=True, mode="", days=0), "warn"),
    ("", Lock(enabled=False, mode="", days=0), "fail"),
])
def test_doctor_says_how_the_bucket_is_locked(
    weed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, lock: Lock, state: str
) -> None:
    environ = {
        "AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": weed, "AWS_ALLOW_HTTP": "true",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    config = tmp_path / "annexa.yaml"
    config.write_text(
        f"organization: Example Ltd\ntimezone: UTC\nartifacts: s3://{bucket(weed, mode=mode, lock=lock.enabled)}/annexa\n"
        "write_once: true\nretention: {default: P1Y}\n"
    )
    with App.open(str(config), environ, writer=True, clock=lambda: NOW) as app:
        assert isinstance(app.store.objects, WriteOnce)
        assert app.store.objects.lock() == lock
        found = [one for one in doctor.doctor(app) if one.check == "object lock"]
    assert [one.state for one in found] == [state]


def test_write_once_is_refused_where_nothing_can_be_locked(tmp_path: Path) -> None:
    place = Place(tmp_path, f"sqlite:///{tmp_path}/annexa.db", options={"write_once": True})
    with pytest.raises(StoreError, match="has no write-once storage"), place.open():
        pass
