"""The key by which redacted values are hashed: made on first use, read by its owner alone, never part of an export."""

from __future__ import annotations

import re
import secrets
import threading
from pathlib import Path

from agent.errors import StoreError
from agent.masking import Redaction, Redactor
from agent.store.faults import reaching
from agent.store.files import write_new

FILE = "redaction-key"
BYTES = 32
_making = threading.Lock()
"""Runs begin side by side, and the first two must not make a key each; another process does not write."""


def redactor_for(collector: str, rules: Redaction, keys: Path, whole: str) -> Redactor | None:
    """Return the redactor of one artifact, None where no rule is for its collector."""
    actions = rules.of(collector)
    return Redactor(actions, redaction_key(keys), whole=whole) if actions else None


def redaction_key(directory: Path) -> bytes:
    """Return the key in the directory, made where there is none; raises `StoreError` where others can read it."""
    path = directory / FILE
    with _making, reaching(f"read the redaction key {path}"):
        if not path.exists():
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_new(path, f"{secrets.token_hex(BYTES)}\n".encode(), mode=0o600)
        mode, said = path.stat().st_mode & 0o777, path.read_bytes().strip()
    if mode & 0o077:
        message = f"The redaction key {path} can be read by others (mode {mode:04o})"
        raise StoreError(message, advice=f"chmod 600 {path}")
    if not re.fullmatch(rb"[0-9a-f]{%d}" % (2 * BYTES), said):
        advice = "Bring it back from the backup; with another key equal values would no longer be equal"
        raise StoreError(f"{path} is no redaction key", advice=advice)
    return bytes.fromhex(said.decode())
