"""One agent writes a store: a lock that dies with its process, and says who holds it."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from agent import canonical
from agent.errors import StoreError
from agent.store.catalog import Catalog
from agent.store.faults import reaching

ADVICE = "Stop it, or wait until it is done"


class WriterLock:
    """Held from `take` to `release`: a file lock in the data directory, and one in the database server."""

    def __init__(self, data: Path, catalog: Catalog, clock: Callable[[], datetime]) -> None:
        self._path = data / "writer.lock"
        self._catalog = catalog
        self._clock = clock
        self._file: IO[str] | None = None
        self._connection: Connection | None = None

    def take(self) -> Self:
        """Take both locks; raises `StoreError` naming the holder where somebody else has one."""
        self._take_file()
        try:
            if not self._catalog.sqlite:
                self._take_server()
        except BaseException:
            self.release()
            raise
        return self

    def release(self) -> None:
        """Give both locks back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _take_file(self) -> None:
        with reaching(f"write in {self._path.parent}"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("a+", encoding="utf-8")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                holder = file.read(1000)
                file.close()
                if error.errno not in {errno.EAGAIN, errno.EACCES}:
                    raise
                raise StoreError(f"Another agent writes this store: {_who(holder)}", advice=ADVICE) from error
            self._file = file
            file.truncate(0)
            file.write(canonical.document({
                "pid": os.getpid(), "host": socket.gethostname(), "since": canonical.timestamp(self._clock()),
            }).decode())
            file.flush()

    def _take_server(self) -> None:
        with reaching("reach the database"):
            engine = create_engine(self._catalog.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
            self._connection = connection = engine.connect()
            key = self._key(connection)
            if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one():
                name = f"annexa pid {os.getpid()} on {socket.gethostname()}"[:63]
                connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": name})
                return
            row = connection.execute(HOLDER, {"high": key >> 32 & 0xFFFFFFFF, "low": key & 0xFFFFFFFF}).first()
            holder = f"{row[0]}, since {canonical.timestamp(row[1])}" if row else "it has just left"
            raise StoreError(f"Another agent writes this store: {holder}", advice=ADVICE)

    def _key(self, connection: Connection) -> int:
        schema = connection.execute(text("SELECT current_schema()")).scalar_one()
        return int.from_bytes(hashlib.sha256(f"annexa writer {schema}".encode()).digest()[:8], "big", signed=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


HOLDER = text(
    "SELECT a.application_name, a.backend_start FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = :high AND l.objid::bigint = :low"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def _who(holder: str) -> str:
    try:
        data = canonical.loads(holder)
        return f"process {data['pid']} on {data['host']}, since {data['since']}"
    except (ValueError, KeyError, TypeError):
        return "it is just starting"
