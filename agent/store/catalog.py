"""The database under the catalog: one engine, read and write transactions, SQLite set up to lose nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool
from sqlmodel import Session, create_engine

from agent.errors import StoreError
from agent.store.faults import reaching

BUSY = 30.0
"""Seconds that a writer waits for another's transaction."""


class Catalog:
    """An open database; `read` and `write` are its transactions."""

    def __init__(self, url: str, *, writer: bool) -> None:
        try:
            self.url = make_url(url)
        except (ArgumentError, ValueError) as error:
            raise StoreError(f"{url.rsplit('@', maxsplit=1)[-1]} is no database address") from error
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url, writer=writer) if self.sqlite else _server(self.url)
        self._writing = self.engine.execution_options(annexa_write=True)

    @property
    def path(self) -> Path | None:
        """Return the SQLite file, or None for a server."""
        return Path(self.url.database) if self.sqlite and self.url.database else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a transaction that only reads."""
        with reaching("read the catalog"), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self, what: str = "write the catalog") -> Iterator[Session]:
        """Open a transaction that is committed at its end, or undone by any error."""
        with reaching(what), Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def integrity(self, *, deep: bool) -> list[str]:
        """Return what the database finds wrong in itself; a server answers for its own."""
        if not self.sqlite:
            return []
        with reaching("check the catalog"), self.engine.connect() as connection:
            rows = connection.execute(text(f"PRAGMA {'integrity_check' if deep else 'quick_check'}(10)"))
            lines = [line for row in rows for line in str(row[0]).splitlines()]
            return [line for line in lines if line != "ok" and not line.startswith("***")]

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _server(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError(
            f"There is no driver for {url.drivername}", advice="Install annexa with the extra `postgres`"
        ) from error


def _sqlite(url: URL, *, writer: bool) -> Engine:
    arguments: dict[str, Any] = {"timeout": BUSY, "check_same_thread": False}
    if not url.database:
        raise StoreError("The catalog needs a file", advice="Write sqlite:///path/to/annexa.db")
    file = Path(url.database)
    if not writer and file.exists() and not os.access(file.parent, os.W_OK):
        # Nobody may write beside the file, so SQLite can make no -shm: read what is there.
        mode = {"mode": "ro"} if file.with_name(file.name + "-wal").exists() else {"immutable": "1"}
        url = URL.create("sqlite", database=f"file:{file.absolute()}", query={"uri": "true", **mode})
    engine = create_engine(url, connect_args=arguments, poolclass=None if writer else NullPool)
    event.listen(engine, "connect", _pragmas if writer else _lean)
    event.listen(engine, "begin", _begin)
    return engine


def _lean(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")


def _pragmas(connection: Any, record: Any) -> None:
    _lean(connection, record)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin(connection: Connection) -> None:
    """Begin by hand: the driver's own begin would take the write lock late and fail where it should wait."""
    write = connection.get_execution_options().get("annexa_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
