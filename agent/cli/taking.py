"""An artifact as files that need no annexa: records as NDJSON and CSV, the envelope, and the sums to check them."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent import canonical
from agent.errors import ConfigurationError, StoreError
from agent.lake.output import harmless
from agent.model import KINDS
from agent.store.artifact import envelope_path

if TYPE_CHECKING:
    from agent.store import Store, VerifiedArtifact

RECORDS, TABLE, ENVELOPE, SUMS = "records.ndjson", "records.csv", "envelope.json", "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Taken:
    """What was written, and the shell lines that check it."""

    files: tuple[str, ...]
    records: int
    lines: tuple[str, ...]


def take(store: Store, artifact: str, folder: Path, *, force: bool = False) -> Taken:
    """Write the files; raises `ConfigurationError` where the folder holds something already."""
    opened = store.open_artifact(artifact)
    with _writing(folder):
        if folder.exists() and any(folder.iterdir()) and not force:
            raise ConfigurationError(f"{folder} is not empty", advice="Name another with --to, or use --force")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ENVELOPE).write_bytes(store.objects.get(envelope_path(artifact)))
        records = _records(opened, folder)
        (folder / SUMS).write_text(f"{opened.statement.digest}  {RECORDS}\n", "utf-8")
    inside = f"cd {shlex.quote(str(folder))}"
    digest = artifact.removeprefix("sha256:")
    return Taken((RECORDS, TABLE, ENVELOPE, SUMS), records, (
        f"({inside} && sha256sum -c {SUMS})  # the records are those that the envelope names",
        f"({inside} && jq -r .payload {ENVELOPE} | base64 -d | sha256sum)  # gives the artifact's id, {digest}",
    ))


def _records(opened: VerifiedArtifact, folder: Path) -> int:
    columns = list(KINDS[opened.provenance.kind].columns)
    written = 0
    with (folder / RECORDS).open("wb") as lines, (folder / TABLE).open("w", encoding="utf-8", newline="") as cells:
        table = csv.writer(cells)
        table.writerow(columns)
        for line in opened.lines():
            lines.write(line + b"\n")
            record = canonical.loads(line)["record"]
            table.writerow([harmless(record.get(column)) for column in columns])
            written += 1
    return written


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}") from error
