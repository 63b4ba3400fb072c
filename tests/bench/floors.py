"""The floors: the same work with the libraries alone, importing nothing of ours.

`python tests/bench/floors.py NAME ARGS` prints one JSON line: what was done, in how many seconds,
with how much memory at the peak.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sqlite3
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.peak import peak_mb

ITEM: dict[str, Any] = {
    "AccountId": "123456789012", "ResourceType": "RDS", "Status": "COMPLETED", "PercentDone": "100.00%",
    "RecoveryPointArn": "arn:aws:backup:eu-central-1:123456789012:recovery-point:0123456789abcdef",
    "IamRoleArn": "arn:aws:iam::123456789012:role/service-role/restore", "BackupSizeInBytes": 10737418240,
    "ValidationStatus": "SUCCESSFUL", "CreatedResourceArn": "arn:aws:rds:eu-central-1:123456789012:db:restored",
}
"""A raw item of the writing bench; both sides write the same one with another id."""
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """The shape of a normalised restore job."""

    id: str
    resource: str | None = None
    backup: str | None = None
    outcome: str | None = None
    validated: bool | None = None
    duration_s: float | None = None
    size_bytes: int | None = None
    occurred_at: datetime | None = None


def raw(index: int) -> dict[str, Any]:
    """Return the raw item of one record."""
    return {**ITEM, "RestoreJobId": f"{index:08d}", "CreationDate": WHEN}


def sampled(records: int, folder: Path) -> tuple[Path, str]:
    """Write an artifact of so many restore jobs and return its file with the SHA-256 of its lines."""
    import orjson
    import zstandard

    file, digest = folder / "sampled.ndjson.zst", hashlib.sha256()
    with file.open("wb") as out, zstandard.ZstdCompressor(level=3).stream_writer(out) as packed:
        for index in range(records):
            row = Row(f"{index:08d}", resource=ITEM["CreatedResourceArn"], backup=ITEM["RecoveryPointArn"],
                      outcome="completed", validated=True, duration_s=600.0, size_bytes=10737418240, occurred_at=WHEN)
            line = orjson.dumps({"record": row, "raw": raw(index)}, None, orjson.OPT_APPEND_NEWLINE)
            digest.update(line)
            packed.write(line)
    return file, digest.hexdigest()


def sample(records: int, how: str) -> dict[str, Any]:
    """Read an artifact's records, prove its digest, and hash each record: as RFC 8785, or as orjson sorts it."""
    import orjson
    import rfc8785
    import zstandard

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file, expected = sampled(records, Path(folder))
        began = time.perf_counter()
        proof, digests, held = hashlib.sha256(), 0, b""
        with file.open("rb") as source, zstandard.ZstdDecompressor().stream_reader(source) as reader:
            while block := reader.read(1 << 20):
                proof.update(block)
                *lines, held = (held + block).split(b"\n")
                for line in lines:
                    record = orjson.loads(line)["record"]
                    data = rfc8785.dumps(record) if how == "rfc8785" else orjson.dumps(
                        record, None, orjson.OPT_SORT_KEYS)
                    digests += len(hashlib.sha256(data).digest()) // 32
        assert (digests, proof.hexdigest()) == (records, expected)
        return {"records": records, "seconds": time.perf_counter() - began}


def page(endpoint: str, lanes: int) -> dict[str, Any]:
    """Page a list with boto3 alone in as many threads as the agent has lanes; counts the items."""
    import boto3
    from botocore.config import Config

    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="y")
    own = Config(max_pool_connections=2)
    clients = [
        session.client("backup", region_name=f"eu-west-{n}", endpoint_url=endpoint, config=own) for n in range(lanes)
    ]

    def count(client: Any) -> int:
        pages = client.get_paginator("list_restore_jobs").paginate(PaginationConfig={"PageSize": 1000})
        return sum(len(one["RestoreJobs"]) for one in pages)

    began = time.perf_counter()
    with ThreadPoolExecutor(lanes) as pool:
        records = sum(pool.map(count, clients))
    return {"records": records, "seconds": time.perf_counter() - began}


def write(records: int) -> dict[str, Any]:
    """Serialise records, hash them and compress them into a file, streaming."""
    import orjson
    import zstandard

    digest, size = hashlib.sha256(), 0
    began = time.perf_counter()
    with tempfile.TemporaryFile() as file, zstandard.ZstdCompressor(level=3).stream_writer(file) as out:
        for index in range(records):
            row = Row(f"{index:08d}", ITEM["CreatedResourceArn"], ITEM["RecoveryPointArn"], "completed", True, 600.0,
                      10737418240, WHEN)
            line = orjson.dumps({"record": row, "raw": raw(index)}, option=orjson.OPT_APPEND_NEWLINE)
            digest.update(line)
            out.write(line)
            size += len(line)
    return {"records": records, "bytes": size, "seconds": time.perf_counter() - began}


def verify(folder: str) -> dict[str, Any]:
    """Decompress and hash every object below a folder, on every core; the second of two times counts, as of ours."""
    import os

    import zstandard

    def one(file: Path) -> int:
        digest, size = hashlib.sha256(), 0
        with file.open("rb") as data:
            reader = zstandard.ZstdDecompressor().stream_reader(data)
            while chunk := reader.read(1 << 18):
                digest.update(chunk)
                size += len(chunk)
        return size

    files = sorted(Path(folder).rglob("*.zst"))
    for _ in range(2):
        began, before = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            size = sum(pool.map(one, files))
        seconds, used = time.perf_counter() - began, time.process_time() - before
    return {"records": size, "seconds": seconds, "used": used}


def seal(records: int) -> dict[str, Any]:
    """Serialise, hash and compress what is sealed, streaming; counts bytes."""
    import orjson
    import zstandard

    digest, size = hashlib.sha256(), 0
    began = time.perf_counter()
    with tempfile.TemporaryFile() as file, zstandard.ZstdCompressor(level=3).stream_writer(file) as out:
        for index in range(records):
            row = Row(f"{index:08d}", occurred_at=WHEN)
            line = orjson.dumps({"record": row, "raw": raw(index)}, option=orjson.OPT_APPEND_NEWLINE)
            digest.update(line)
            out.write(line)
            size += len(line)
    return {"records": size, "seconds": time.perf_counter() - began}


def assess(database: str) -> dict[str, Any]:
    """Take the newest artifact of each collector, boundary and region out of the catalog with SQLite alone."""
    began = time.perf_counter()
    with sqlite3.connect(Path(database).as_uri() + "?mode=ro", uri=True) as connection:
        found = connection.execute(
            "SELECT collector, boundary, region, max(collected_at) FROM artifact "
            "WHERE outcome = 'succeeded' GROUP BY collector, boundary, region"
        ).fetchall()
    return {"records": len(found), "seconds": time.perf_counter() - began}


def main(argv: list[str]) -> None:
    """Run one floor and print what it measured."""
    name, *arguments = argv
    if name == "page":
        found = page(arguments[0], int(arguments[1]))
    elif name == "write":
        found = write(int(arguments[0]))
    elif name == "verify":
        found = verify(arguments[0])
    elif name == "seal":
        found = seal(int(arguments[0]))
    elif name == "sample":
        found = sample(int(arguments[0]), arguments[1])
    else:
        found = assess(arguments[0])
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({**found, "peak_mb": peak_mb(), "cpu": used.ru_utime + used.ru_stime}))


if __name__ == "__main__":
    main(sys.argv[1:])
