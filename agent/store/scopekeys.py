"""The data keys of scopes, wrapped, in one file beside the artifacts: what is taken out of it is gone (ADR 10)."""

from __future__ import annotations

import base64
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from agent import canonical
from agent.cipher import SECRET, DataKey, decrypting, encrypted, key_of
from agent.errors import LockedError, StoreError, VerificationError
from agent.store.faults import reaching
from agent.store.files import write_new
from agent.store.wrapping import FILE, Random, Wrapper, open_wrapper

KEYS = "data-keys.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key as it lies in the file: of which scope, by what it is wrapped, and the bytes (base64)."""

    scope: str
    id: str
    by: str
    wrapped: str

    @property
    def context(self) -> dict[str, str]:
        """Return what it is for."""
        return {"scope": self.scope, "key": self.id}


class ScopeKeys:
    """The keys of a store; `file` is None where there is none to read, `uri` is '' where nothing opens or wraps.

    What was opened is kept in memory until it is destroyed. Several threads may ask; one process writes.
    """

    def __init__(self, file: Path | None = None, uri: str = "", random: Random = os.urandom) -> None:
        self._file, self._uri, self._random = file, uri, random
        self._opened: dict[str, DataKey] = {}
        self._wrapper: Wrapper | None = None
        self._lock = threading.RLock()

    @property
    def on(self) -> bool:
        """Return whether what is written from now on is encrypted."""
        return bool(self._uri)

    @property
    def new(self) -> bool:
        """Return whether the wrapping key is a file that is not there yet, and nothing was wrapped by one."""
        return self._uri.startswith(FILE) and not Path(self._uri.removeprefix(FILE)).exists() and not self.held()

    def ready(self) -> None:
        """Open the wrapping key, made where it is a file and nothing was wrapped yet; raises `StoreError`."""
        if self.on:
            self._by(create=not self.held())

    def held(self) -> list[Wrapped]:
        """Return what lies in the file; raises `StoreError` where others can read it or it is damaged."""
        if self._file is None:
            return []
        with reaching(f"read the data keys {self._file}"):
            if not self._file.exists():
                return []
            mode, data = self._file.stat().st_mode & 0o777, self._file.read_bytes()
        if mode & 0o077:
            raise StoreError(
                f"The data keys {self._file} can be read by others (mode {mode:04o})", advice=f"chmod 600 {self._file}"
            )
        try:
            said = canonical.loads(data)
            if said["format"] != FORMAT:
                raise ValueError(f"format {said['format']}")
            return [Wrapped(**one) for one in said["keys"]]
        except (ValueError, KeyError, TypeError) as error:
            advice = "Bring it back from the backup"
            raise StoreError(f"{self._file} cannot be read: {error!r}", advice=advice) from error

    def of(self, scope: str) -> Wrapped | None:
        """Return the key of a scope as it lies there, None where it has none."""
        return next((one for one in self.held() if one.scope == scope), None)

    def has(self, name: str) -> bool:
        """Return whether a key of that id lies there, whether or not it can be opened."""
        return any(one.id == name for one in self.held())

    def sealing(self, scope: str) -> DataKey | None:
        """Return the key that encrypts for a scope, made with its first object; None where nothing is encrypted."""
        if not self.on:
            return None
        with self._lock:
            found = self.of(scope)
            if found is not None:
                return self._open(found)
            made = DataKey.of(self._random(SECRET))
            by = self._by(create=not self.held())
            context = {"scope": scope, "key": made.id}
            wrapped = base64.b64encode(by.wrap(made.secret, context)).decode()
            self._write([*self.held(), Wrapped(scope, made.id, by.name, wrapped)])
            self._opened[made.id] = made
            return made

    def opening(self, name: str) -> DataKey:
        """Return the key of an id.

        Raises `LockedError` where it is not here or nothing here opens it, `VerificationError` where it was changed.
        """
        with self._lock:
            if name in self._opened:
                return self._opened[name]
            found = next((one for one in self.held() if one.id == name), None)
            if found is None:
                where = "no data keys are here" if not self.held() else "it is not among the data keys that are here"
                raise LockedError(f"encrypted by the data key {name}, and {where}")
            return self._open(found)

    def _open(self, one: Wrapped) -> DataKey:
        if one.id in self._opened:
            return self._opened[one.id]
        if not self._uri:
            raise LockedError(
                f"encrypted by the data key {one.id} of the scope {one.scope}, which {one.by} wraps, and no wrapping "
                "key is named", advice="Name it as encryption: in the configuration, or with --unlock",
            )
        by = self._by()
        if one.by.startswith(FILE) != by.name.startswith(FILE) or (by.name.startswith(FILE) and one.by != by.name):
            raise LockedError(
                f"the data key {one.id} of the scope {one.scope} is wrapped by {one.by}, and {by.name} is named",
                advice="Name the wrapping key that it was wrapped by",
            )
        found = DataKey.of(by.unwrap(base64.b64decode(one.wrapped), one.context))
        if found.id != one.id:
            raise VerificationError(f"the data key {one.id} of the scope {one.scope} is another one")
        self._opened[one.id] = found
        return found

    def _by(self, *, create: bool = False) -> Wrapper:
        if self._wrapper is None:
            self._wrapper = open_wrapper(self._uri, create=create, random=self._random)
        return self._wrapper

    def reader(self, file: IO[bytes], path: str) -> IO[bytes]:
        """Return a reader of what an object holds, decrypted where its path says that it is encrypted."""
        if not encrypted(path):
            return file

        def key(name: str) -> DataKey:
            if name != key_of(path):
                raise VerificationError(f"{path} is encrypted by another key, {name}")
            return self.opening(name)

        return decrypting(file, path, key)

    def destroy(self, name: str) -> bool:
        """Take a key out of the file and out of memory, for good; returns whether it was there."""
        with self._lock:
            self._opened.pop(name, None)
            left = [one for one in self.held() if one.id != name]
            if len(left) == len(self.held()):
                return False
            self._write(left)
            return True

    def rewrap(self, uri: str) -> int:
        """Wrap every key anew by another wrapping key, used from now on, in one step; returns how many."""
        with self._lock:
            other = open_wrapper(uri, create=True, random=self._random)
            anew = [
                Wrapped(one.scope, one.id, other.name, base64.b64encode(
                    other.wrap(self._open(one).secret, one.context)).decode())
                for one in self.held()
            ]
            self._write(anew)
            self._uri, self._wrapper = uri, other
            return len(anew)

    def check(self) -> int:
        """Open every key, and wrap and open a trial; returns how many there are. Raises as `opening` does."""
        held = self.held()
        for one in held:
            self._open(one)
        by, trial = self._by(), {"scope": "", "key": "trial"}
        if by.unwrap(by.wrap(b"trial", trial), trial) != b"trial":
            raise StoreError(f"The wrapping key {by.name} does not open what it wrapped")
        return len(held)

    def _write(self, keys: list[Wrapped]) -> None:
        """Replace the file in one step, and overwrite what it held before."""
        assert self._file is not None
        with reaching(f"write the data keys {self._file}"):
            before = os.open(self._file, os.O_WRONLY) if self._file.exists() else None
            try:
                data = canonical.document({"format": FORMAT, "keys": [asdict(one) for one in keys]})
                write_new(self._file, data, mode=0o600)
                if before is not None:
                    os.pwrite(before, bytes(os.fstat(before).st_size), 0)
                    os.fsync(before)
            finally:
                if before is not None:
                    os.close(before)
