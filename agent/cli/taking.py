"""An artifact as files that need no annexa: records as NDJSON and CSV, the envelope, its proofs, and the sums."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import ConfigurationError, StoreError
from agent.model import KINDS
from agent.store.artifact import envelope_path
from agent.store.keys import public_pem
from agent.verify.export import (
    ENVELOPE,
    KEY,
    PARTS,
    RECORDS,
    STATEMENT,
    SUMS,
    TABLE,
    cells_of,
    payload_of,
    proofs,
    sums,
)

if TYPE_CHECKING:
    from agent.store import Store, VerifiedArtifact


@dataclass(frozen=True, slots=True)
class Taken:
    """What was written, and the shell lines that check it."""

    files: tuple[str, ...]
    records: int
    lines: tuple[str, ...]


def take(store: Store, artifact: str, folder: Path, *, force: bool = False, kept: bytes | None = None) -> Taken:
    """Write the files; raises `ConfigurationError` where the folder holds something already."""
    opened = store.open_artifact(artifact)
    with _writing(folder):
        if folder.exists() and any(folder.iterdir()) and not force:
            raise ConfigurationError(f"{folder} is not empty", advice="Name another with --to, or use --force")
        folder.mkdir(parents=True, exist_ok=True)
        envelope = store.objects.get(envelope_path(artifact))
        files = {
            ENVELOPE: envelope, STATEMENT: payload_of(envelope),
            **proofs(store.objects, store.artifact(artifact).leaf, kept),
            KEY: b"".join(map(public_pem, store.keys.ring)),
        }
        for name in PARTS:  # what an earlier export into this folder left is none of this one
            (folder / name).unlink(missing_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        records = _records(opened, folder)
        names = (RECORDS, TABLE, *files)
        (folder / SUMS).write_text(sums(folder, names), "utf-8")
    inside = f"cd {shlex.quote(str(folder))}"
    digest = artifact.removeprefix("sha256:")
    return Taken((*names, SUMS), records, (
        f"({inside} && sha256sum -c {SUMS})  # nothing was damaged on the way",
        f"({inside} && jq -r .payload {ENVELOPE} | base64 -d | sha256sum)  # gives the artifact's id, {digest}",
        f"annexa verify {shlex.quote(str(folder))} --key FILE  # with the key that you were given, not the one in it",
    ))


def _records(opened: VerifiedArtifact, folder: Path) -> int:
    columns = list(KINDS[opened.provenance.kind].columns)
    written = 0
    with (folder / RECORDS).open("wb") as lines, (folder / TABLE).open("w", encoding="utf-8", newline="") as cells:
        table = csv.writer(cells)
        table.writerow(columns)
        for line in opened.lines():
            lines.write(line + b"\n")
            table.writerow(cells_of(line, columns))
            written += 1
    return written


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}") from error
