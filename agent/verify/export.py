"""An export: the folder that `annexa evidence export` writes, made and judged."""

from __future__ import annotations

import base64
import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from agent import canonical
from agent.errors import StoreError, VerificationError
from agent.lake.output import harmless
from agent.seal import Statement
from agent.seal.proofs import (
    prove_consistency,
    prove_inclusion,
    read_consistency,
    read_proof,
    write_consistency,
    write_proof,
)
from agent.store.logfiles import CHECKPOINT as HEAD
from agent.store.logfiles import stamp_paths
from agent.store.objects import Objects
from agent.verify.cosigned import notes
from agent.verify.one import Proven
from agent.verify.source import log_entry, log_hashes, log_size
from agent.verify.stamps import sizes

RECORDS, TABLE, ENVELOPE, SUMS = "records.ndjson", "records.csv", "envelope.json", "SHA256SUMS"
STATEMENT = "statement.json"
CHECKPOINT, ENTRY, PROOF, TOKEN = "checkpoint", "entry.json", "inclusion.tlog-proof", "checkpoint.tsr"
CONSISTENCY, KEY, COSIGNED = "consistency.txt", "public-key.pem", "checkpoint.cosigned"
PARTS = (RECORDS, TABLE, ENVELOPE, STATEMENT, SUMS, CHECKPOINT, ENTRY, PROOF, TOKEN, CONSISTENCY, KEY, COSIGNED)
CHUNK = 1 << 20


def proofs(objects: Objects, leaf: int, kept: bytes | None = None) -> dict[str, bytes]:
    """Return the proof files of a leaf: on the first stamped checkpoint that holds it, else on the first cosigned.

    Where there is neither it is the newest; of several stamped ones a cosigned one goes before the others.
    With a checkpoint that the auditor kept, the proof that both are of one log is among them.
    """
    head = objects.get(HEAD)
    size = log_size(head)
    if leaf >= size:
        raise StoreError(f"leaf {leaf} is not in the published log yet", advice="Run any command that writes")
    found: dict[str, bytes] = {}
    note = head
    seen = [one for one, _path in notes(objects, leaf) if one <= size]
    stamped = sorted((one for one in sizes(objects) if leaf < one <= size), key=lambda one: (one not in seen, one))
    if stamped:
        paths = stamp_paths(stamped[0])
        note, found[TOKEN] = objects.get(paths[0]), objects.get(paths[1])
    chosen = stamped[0] if stamped else seen[0] if seen else size
    if chosen in seen:
        cosigned = [objects.get(path) for one, path in notes(objects, leaf) if one == chosen]
        found[COSIGNED] = _gathered(cosigned)
        note = note if stamped else _plain(cosigned[0])
    on, hashes = log_size(note), log_hashes(objects, size)
    found[CHECKPOINT], found[ENTRY] = note, log_entry(objects, leaf, size)
    found[PROOF] = write_proof(leaf, prove_inclusion(leaf, on, hashes), note)
    if kept is not None:
        old, new = sorted((log_size(kept), on))
        if new > size:
            raise StoreError(f"The kept checkpoint is of {new} leaves, this log of {size}: it was rolled back")
        found[CONSISTENCY] = write_consistency(old, new, prove_consistency(old, new, hashes))
    return found


def _gathered(cosigned: Sequence[bytes]) -> bytes:
    """Return one note with the signatures of several on the same text, each line once."""
    body = cosigned[0].rpartition(b"\n\n")[0]
    lines = [line for note in cosigned for line in note.removeprefix(body + b"\n\n").splitlines(keepends=True)]
    return body + b"\n\n" + b"".join(dict.fromkeys(lines))


def _plain(note: bytes) -> bytes:
    """Return a kept cosigned note without its last line, which is the witness's."""
    return b"".join(note.splitlines(keepends=True)[:-1])


def exported(folder: Path) -> Proven:
    """Return the proof in an export; raises `VerificationError` where the folder is none."""
    note = _read(folder, CHECKPOINT)

    def proof() -> tuple[int, list[bytes]]:
        index, hashes, checkpoint = read_proof(_read(folder, PROOF))
        if checkpoint != note:
            raise VerificationError(f"{PROOF} and {CHECKPOINT} are of two different checkpoints")
        return index, hashes

    def consistency(old: int, new: int) -> Sequence[bytes]:
        if old == new:
            return ()
        if not (folder / CONSISTENCY).exists():
            raise VerificationError(
                f"the export does not link {old} leaves to {new}; ask for one made with --checkpoint and your file"
            )
        first, second, hashes = read_consistency(_read(folder, CONSISTENCY))
        if (first, second) != (old, new):
            raise VerificationError(f"{CONSISTENCY} links {first} leaves to {second}, not {old} to {new}")
        return hashes

    def stamps() -> Sequence[tuple[bytes, bytes]]:
        return [(note, _read(folder, TOKEN))] if (folder / TOKEN).exists() else []

    def cosigned() -> Sequence[bytes]:
        return [_read(folder, COSIGNED)] if (folder / COSIGNED).exists() else []

    return Proven(
        subject=str(folder), note=note, artifact="", index=lambda: proof()[0], entry=lambda: _read(folder, ENTRY),
        inclusion=lambda: proof()[1], consistency=consistency, stamps=stamps, cosigned=cosigned,
        envelope=lambda: _read(folder, ENVELOPE), content=lambda statement: _records(folder, statement),
        beside=(("statement", f"{STATEMENT} is what was signed", lambda _entry, _statement: _payload(folder)),
                ("table", "the CSV has the same records", lambda _entry, _statement: _table(folder)),
                ("sums", "SHA256SUMS names what lies here, with its digests", lambda _e, _s: _sums(folder))),
    )


def is_export(folder: Path) -> bool:
    """Return whether a folder is an export, whole or not."""
    return any((folder / name).is_file() for name in (ENVELOPE, PROOF, ENTRY))


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise VerificationError(f"{folder / name} cannot be read: {error.strerror}") from error


def digest_of(file: Path) -> tuple[str, int]:
    """Return the SHA-256 and the size of a file, read in pieces."""
    digest, size = hashlib.sha256(), 0
    try:
        with file.open("rb") as data:
            while chunk := data.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise VerificationError(f"{file} cannot be read: {error.strerror}") from error
    return digest.hexdigest(), size


def _records(folder: Path, statement: Statement) -> str:
    if digest_of(folder / RECORDS) != (statement.digest, statement.size):
        raise VerificationError(f"{RECORDS} does not hold the bytes that were signed")
    return ""


def payload_of(envelope: bytes) -> bytes:
    """Return what an envelope signs, unverified."""
    return base64.b64decode(canonical.loads(envelope)["payload"])


def _payload(folder: Path) -> None:
    """Raise unless the statement in the open is the one in the envelope; an export of old has none."""
    if (folder / STATEMENT).exists() and _read(folder, STATEMENT) != payload_of(_read(folder, ENVELOPE)):
        raise VerificationError(f"{STATEMENT} does not hold the statement that was signed")


def _table(folder: Path) -> None:
    """Raise unless each row of the CSV is what its record says, by the columns that the CSV has."""
    if not (folder / TABLE).exists():
        return
    try:
        with (folder / TABLE).open(encoding="utf-8", newline="") as cells, (folder / RECORDS).open("rb") as lines:
            same_table(cells, lines, TABLE)
    except OSError as error:
        raise VerificationError(f"{TABLE} cannot be compared: {error}") from error


def same_table(cells: Iterable[str], lines: Iterable[bytes], name: str) -> None:
    """Raise `VerificationError` unless each row of a CSV is what its record says, by the columns that the CSV has."""
    try:
        table = csv.reader(cells, strict=True)
        columns = next(table, [])
        for number, (row, line) in enumerate(zip_longest(table, lines), 1):
            if row is None or line is None or row != cells_of(line, columns):
                raise VerificationError(f"row {number} of {name} is not what the record says")
    except (ValueError, KeyError, csv.Error) as error:
        raise VerificationError(f"{name} cannot be compared: {error}") from error


def cells_of(line: bytes, columns: Sequence[str]) -> list[str]:
    """Return a record as cells of the CSV."""
    record = canonical.loads(line)["record"]
    return [harmless(record.get(column)) for column in columns]


def sums(folder: Path, names: Sequence[str]) -> str:
    """Return the lines of SHA256SUMS over the files."""
    return "".join(f"{digest_of(folder / name)[0]}  {name}\n" for name in names)


def _sums(folder: Path) -> None:
    lines = list(_lines(_read(folder, SUMS)))
    for digest, name in lines:
        if "/" in name or digest_of(folder / name)[0] != digest:
            raise VerificationError(f"{name} is not what {SUMS} says")
    listed = {name for _digest, name in lines}
    for file in sorted(folder.iterdir()):
        if file.name not in listed and file.name != SUMS:
            raise VerificationError(f"{file.name} lies in the export and is not in {SUMS}")


def _lines(data: bytes) -> Iterator[tuple[str, str]]:
    for line in data.decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        yield digest, name

