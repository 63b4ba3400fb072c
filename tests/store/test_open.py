"""What keeps a store from being opened, each with one clear line."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

from agent.errors import StoreError
from agent.store.migrate import HEAD, known
from tests.fixtures.store import Place, keep, record


def refused(place: Place, *, writer: bool = True) -> StoreError:
    """Open a store that must not open, and return why."""
    with pytest.raises(StoreError) as caught, place.open(writer=writer):
        pass
    assert "\n" not in caught.value.line()
    return caught.value


def test_the_second_writer_is_refused_and_told_who_is_first(either: Place) -> None:
    with either.open():
        line = refused(either).line()
        assert f"process {os.getpid()} on " in line
        assert "since 2026-03-01T12:00:00Z" in line
    with either.open():
        pass


def test_two_machines_on_one_database(postgres: str, tmp_path: Path) -> None:
    one, other = (Place(tmp_path / name, postgres) for name in ("one", "other"))
    with one.open():
        line = refused(other).line()
        assert f"annexa pid {os.getpid()} on " in line
        assert "since 20" in line
    with one.open():
        pass


def test_a_lock_dies_with_its_process(place: Place) -> None:
    code = (
        "import sys, time; from pathlib import Path; from tests.fixtures.store import Place\n"
        f"with Place(Path({str(place.data)!r}), {place.database!r}).open():\n"
        " print('open', flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        assert f"process {process.pid} on" in refused(place).line()
        process.kill()
    with place.open():
        pass


def test_a_store_of_a_newer_version(either: Place) -> None:
    with either.open() as store, store.transaction() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for writer in (True, False):
        error = refused(either, writer=writer)
        assert "newer schema 9999" in error.message
        assert "Install" in error.advice


def test_models_are_what_the_migrations_make(either: Place) -> None:
    with either.open() as store, store.catalog.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        assert context.get_current_revision() == HEAD
    assert HEAD in known()


def test_nothing_there_to_read(place: Place) -> None:
    assert "annexa collect" in refused(place, writer=False).advice
    assert not (place.data / "annexa.db").exists()


def test_a_damaged_database(place: Place) -> None:
    with place.open() as store:
        for number in range(50):
            keep(store, [str(number)])
        record(store)
    file = place.data / "annexa.db"
    data = bytearray(file.read_bytes())
    data[4096 * 3 : 4096 * 12] = bytes(4096 * 9)
    file.write_bytes(bytes(data))
    assert "rebuild" in refused(place).advice
    file.write_bytes(b"this is no database at all, but long enough to look like one" * 100)
    assert "rebuild" in refused(place).advice


@pytest.mark.parametrize(("database", "says"), [
    ("no address", "no database address"), ("sqlite://", "needs a file"),
    ("sqlite:////proc/nowhere/annexa.db", "its directory exists"),
    ("postgresql+psycopg://annexa@127.0.0.1:1/none", "Cannot"),
    ("mysql+nothing://x/y", "no driver"),
])
def test_a_wrong_address(place: Place, database: str, says: str) -> None:
    place.database = database
    assert says in refused(place).line()


def test_an_address_is_told_without_its_password(place: Place) -> None:
    place.database = "postgresql+psycopg//user:hunter2@host/db"
    assert "hunter2" not in refused(place).line()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read(place: Place, mode: int) -> None:
    with place.open():
        pass
    key = place.data / "keys" / "signing-key.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(mode)
    error = refused(place)
    assert f"mode {mode:04o}" in error.message
    assert error.advice == f"chmod 600 {key}"


def test_a_key_that_is_gone(place: Place) -> None:
    with place.open() as store:
        keep(store)
    (place.data / "keys" / "signing-key.pem").unlink()
    assert "backup" in refused(place).advice


@pytest.mark.parametrize("text_", ["", "no key", "-----BEGIN PRIVATE KEY-----\nMAo=\n-----END PRIVATE KEY-----\n"])
def test_a_key_that_is_none(place: Place, text_: str) -> None:
    with place.open():
        pass
    (place.data / "keys" / "signing-key.pem").write_text(text_)
    assert "no private key" in refused(place).message


def test_a_public_key_of_another(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    with place.open(), Place(other, f"sqlite:///{other}/annexa.db").open():
        pass
    (place.data / "keys" / "signing-key.pub").write_bytes((other / "keys" / "signing-key.pub").read_bytes())
    assert "does not belong" in refused(place).message
    (place.data / "keys" / "signing-key.pub").write_bytes(b"nothing")
    assert "no public key" in refused(place, writer=False).message
    (place.data / "keys" / "signing-key.pub").unlink()
    assert "no public key" in refused(place, writer=False).message


def test_sqlite_is_set_up_to_lose_nothing(place: Place) -> None:
    with place.open() as store, store.catalog.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_a_busy_database_is_waited_for(place: Place) -> None:
    import threading

    with place.open() as store:
        blocker = sqlite3.connect(place.data / "annexa.db", isolation_level=None, check_same_thread=False)
        blocker.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.5, lambda: blocker.execute("ROLLBACK"))
        timer.start()
        keep(store, ["a"])
        assert store.pending() == 1
        timer.join()
        blocker.close()
