"""The agent at the same work as the floors; one JSON line each, as they print it."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import insert
from sqlmodel import col, select

from agent.assembly import App, telling
from agent.assembly.places import open_store
from agent.clients.aws import AwsScope
from agent.clients.aws.sessions import Sessions
from agent.collector import Record
from agent.config import load
from agent.evidence.instants import key, source, wanted
from agent.lake.beside import BesideDesk
from agent.lake.instants import Instants, encode
from agent.model import BackupTest, Boundary, Outcome, Provenance
from agent.store import ArtifactRow, ObjectWriter, Store, SummaryRow
from agent.store.artifact import StagedObject
from tests.bench import bulk
from tests.bench.floors import ITEM, WHEN, raw
from tests.bench.peak import peak_mb

CONFIG = """
organization: Bench
timezone: UTC
certificate: {{kind: initial, decided: 2026-01-01}}
scopes:
{scopes}
limits: {{concurrency: {lanes}, per_scope: {lanes}}}
"""


def configuration(folder: Path, scopes: list[str], lanes: int = 4, *, encrypted: bool = False) -> Path:
    """Write a configuration for a bench and return its file."""
    file = folder / "annexa.yaml"
    file.write_text(("encryption: file:wrapping.key\n" if encrypted else "") + CONFIG.format(scopes="\n".join(f"  - {scope}" for scope in scopes), lanes=lanes))
    return file


SERVICES = ("backup", "cloudtrail", "config", "ec2", "guardduty", "iam", "kms", "lambda", "rds", "s3")
"""Services whose clients are loaded where memory is measured."""


def remember(endpoint: str, lanes: int, folder: Path) -> dict[str, Any]:
    """Collect as `collect` does, with the clients of ten services loaded."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    sessions = Sessions(AwsScope(name="bench", endpoint=endpoint))
    clients = [sessions.client("", service, "eu-west-1") for service in SERVICES]
    return {**collect(endpoint, lanes, folder), "clients": len(clients)}


def collect(endpoint: str, lanes: int, folder: Path) -> dict[str, Any]:
    """Collect the same list in as many regions with the whole agent: client, witness, artifact, seal, catalog."""
    regions = ", ".join(f"eu-west-{n}" for n in range(lanes))
    scope = (
        f"{{name: bench, provider: aws, regions: [{regions}], endpoint: '{endpoint}', "
        "collectors: {enable: [aws.backup_restore_jobs]}}"
    )
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    with App.open(str(configuration(folder, [scope], lanes)), os.environ, writer=True) as app:
        began = time.perf_counter()
        results = app.collect()
        seconds = time.perf_counter() - began
        beside = app.desk.peak / 1024 if isinstance(app.desk, BesideDesk) else 0.0
    wrong = [result.error for result in results if result.outcome != "succeeded"]
    if wrong:
        raise SystemExit(f"the bench could not collect: {wrong[0]}")
    return {
        "records": sum(result.records for result in results), "seconds": seconds, "beside_mb": beside,
        "beside_cpu": _cpu(resource.RUSAGE_CHILDREN),
    }


def _cpu(who: int) -> float:
    """Return the seconds on the processor of this process, or of those that it started and that have ended."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def write(records: int, folder: Path) -> dict[str, Any]:
    """Write records as an artifact, masking included."""
    with open_store(load(configuration(folder, []), {}), lambda: datetime.now(UTC), writer=True) as store:
        writer = store.new_object("bench")
        began = time.perf_counter()
        for index in range(records):
            row = BackupTest(
                f"{index:08d}", resource=ITEM["CreatedResourceArn"], backup=ITEM["RecoveryPointArn"],
                outcome="completed", validated=True, duration_s=600.0, size_bytes=10737418240, occurred_at=WHEN,
            )
            writer.write(Record(row, raw(index)))
        staged = writer.close()
        seconds = time.perf_counter() - began
        writer.abandon()
    return {"records": records, "bytes": staged.size, "seconds": seconds}


def seal(records: int, folder: Path, *, encrypted: bool = False) -> dict[str, Any]:
    """Collect records into an artifact and seal it: masking, object, envelope, log and checkpoint, all synced."""
    with open_store(load(configuration(folder, [], encrypted=encrypted), {}), lambda: datetime.now(UTC), writer=True) as store:
        began = time.perf_counter()
        writer = store.new_object("bench")
        for index in range(records):
            writer.write(Record(BackupTest(f"{index:08d}", occurred_at=WHEN), raw(index)))
        size = _submit(store, writer)
        seconds = time.perf_counter() - began
    return {"records": size, "seconds": seconds}


def _submit(store: Store, writer: ObjectWriter, collector: str = "bench") -> int:
    """Seal and record an artifact; returns its uncompressed size."""
    staged = writer.close()
    at = datetime.now(UTC)
    store.submit(staged, Provenance(
        collector=collector, collector_version="1", kind="backup_test", scope="bench", boundary="bench", region="",
        window=None, identity="bench", source="provider", started_at=at, finished_at=at, outcome=Outcome.SUCCEEDED,
        records=staged.records,
    ))
    store.sequence()
    return staged.size


def varied(job: str) -> Record:
    """Return a restore job with ids and figures of its own: an object of them shrinks tenfold, as collected ones do."""
    digest = hashlib.sha256(job.encode()).hexdigest()
    size, at = int(digest[:8], 16), WHEN + timedelta(seconds=int(digest[8:12], 16))
    point = f"arn:aws:backup:eu-central-1:123456789012:recovery-point:{digest[12:36]}"
    item = {**ITEM, "RestoreJobId": job, "RecoveryPointArn": point, "BackupSizeInBytes": size, "CreationDate": at}
    return Record(BackupTest(job, backup=point, size_bytes=size, occurred_at=at), item)


def fill(artifacts: int, size: int, folder: Path, *, encrypted: bool = False) -> dict[str, Any]:
    """Record so many artifacts of a size, small ones where it is 0; returns the folder of the store."""

    def large(store: Store, number: int) -> StagedObject:
        writer = store.new_object("bench")
        for index in range(ceil(size / each)):
            writer.write(varied(f"{number:03d}-{index:08d}"))
        return writer.close()

    config = load(configuration(folder, [], encrypted=encrypted), {})
    each = len(orjson.dumps({"record": varied("000-00000000").row, "raw": varied("000-00000000").raw}))
    with open_store(config, lambda: datetime.now(UTC), writer=True) as store:
        bulk.grow(store, bulk.sealed(store, artifacts, large if size else bulk.Small()))
    bulk.trusted(folder)
    return {"data": str(folder / "annexa-data")}


def verify(times: int, folder: Path) -> dict[str, Any]:
    """Verify a whole store, every byte of every object; the last of so many times counts.

    The first one loads what a process loads once.
    """
    from agent.verify import places

    for _ in range(times):
        began, before = time.perf_counter(), time.process_time()
        report = places.folder(folder / "annexa-data", folder / "trust.pem", None, lambda _done, _all: None,
                               f"file:{folder / 'wrapping.key'}")
        seconds, used = time.perf_counter() - began, time.process_time() - before
        if not report.holds:
            raise SystemExit(f"the bench could not verify: {[one.findings for one in report.steps]}")
    size = int(report.named("objects").says.split()[0].replace(",", ""))
    return {"records": size, "seconds": seconds, "used": used, "leaves": len(report.anchors)}


def package(size: int, folder: Path) -> dict[str, Any]:
    """Export an audit package of so many million bytes of artifacts, of 64 MB each; the filling is not measured."""
    from agent.assembly.packing import Asked, pack

    file, each = configuration(folder, []), min(size, 64) * 1_000_000
    with open_store(load(file, {}), lambda: datetime.now(UTC), writer=True) as store:
        for number in range(max(1, size // 64)):
            writer = store.new_object("bench")
            for index in range(each // 560):
                writer.write(Record(BackupTest(f"{number}-{index:08d}", occurred_at=WHEN), raw(index)))
            _submit(store, writer, "aws.backup_restore_jobs")
    before = peak_mb()
    began = time.perf_counter()
    with App.open(str(file), {}) as app:
        written = pack(app, Asked(controls=("8.13",)), folder / "package.zip")
    return {"records": written.records, "seconds": time.perf_counter() - began, "runs": written.runs,
            "zip_mb": written.size / 1e6, "before_mb": before, "file": str(written.file)}


def sample(records: int, folder: Path) -> dict[str, Any]:
    """Gather a population of so many records, take its root, and draw 59 of them."""
    from agent.lake.pieces import Piece
    from agent.lake.population import Wanted, gather
    from agent.model import Window
    from tests.bench.floors import sampled

    file, digest = sampled(records, folder)
    piece = Piece(artifact="sha256:bench", digest=digest, path=file, kind="backup_test", scope="bench",
                  collector="aws.backup_restore_jobs", collected_at=WHEN, recorded_at=WHEN)
    year = Window(WHEN - timedelta(days=300), WHEN + timedelta(days=65))
    began = time.perf_counter()
    with gather(Wanted(kind="backup_test", pieces=[piece], period=year, as_of=WHEN), folder) as population:
        assert (population.size, len(population.root)) == (records, 32)
        assert len(population.items(population.select("seed", 59))) == 59
    return {"records": records, "seconds": time.perf_counter() - began}


def assess(artifacts: int, folder: Path) -> dict[str, Any]:
    """Answer freshness and coverage of every unit over a catalog of so many artifacts: all, and after one more."""
    scopes, regions = 200, ("eu-west-1", "us-east-1")
    names = [f"s{n:03d}" for n in range(scopes)]
    listed = [f"{{name: {name}, provider: aws, regions: [{', '.join(regions)}]}}" for name in names]
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with App.open(str(configuration(folder, listed)), {}, writer=True, clock=lambda: now) as app:
        for name in names:
            app.store.expect(name, [Boundary(name, "aws", name, regions=regions)], now - timedelta(days=300))
        app.owes_anew()
        _fill(app, names, regions, artifacts, now)
        _summarise(app, now)
        began = time.perf_counter()
        found = app.holdings(now, app.audit(now), conclusions=False)
        full = time.perf_counter() - began
        incremental = [_one_more(app, names[n], now) for n in range(7)]
        database = str(app.config.data / "annexa.db")
    return {
        "records": artifacts, "units": len(found), "seconds": full, "incremental_seconds": sorted(incremental)[3],
        "database": database,
    }


def _fill(app: App, names: list[str], regions: tuple[str, ...], artifacts: int, now: datetime) -> None:
    """Put rows of past runs into the catalog, evenly over scopes, collectors and regions."""
    places = [
        (name, header, region)
        for name in names
        for header in app.headers.values()
        if header.per != "organization"
        for region in (regions if header.per == "region" else ("",))
    ]
    rows: list[dict[str, Any]] = []
    leaf = 1_000
    for index in range(artifacts):
        scope, header, region = places[index % len(places)]
        at = now - timedelta(hours=6) * (index // len(places)) - timedelta(minutes=5)
        rows.append({
            "id": f"sha256:{index:064x}", "leaf": leaf + index, "object": "0" * 64, "path": "none", "size": 0,
            "stored_size": 0, "envelope": "0" * 64, "collector": header.id, "collector_version": "1",
            "kind": header.kind, "scope": scope, "boundary": scope, "region": region, "source": "provider",
            "outcome": "succeeded", "records": 0, "collected_at": at, "finished_at": at, "recorded_at": at,
            "window_start": at - timedelta(hours=6) if header.windows else None,
            "window_end": at if header.windows else None, "lacking": 0, "masked": 0, "error": "",
            "void_reason": "", "voided_by": "",
        })
        if len(rows) == 20_000 or index == artifacts - 1:
            with app.store.transaction() as session:
                session.execute(insert(ArtifactRow), rows)
            rows.clear()


def _summarise(app: App, now: datetime) -> None:
    """Keep what collection would have kept of each artifact: the instants of its qualifying records."""
    needs: dict[str, set[str]] = {}
    for requirement in app.mapping.requirements.values():
        if wanted(requirement):
            for collector in requirement.collectors:
                needs.setdefault(collector, set()).add(key(requirement))
        if shown := app.mapping.requirements.get(requirement.log_source):
            seen = source(shown)
            for collector in shown.collectors:
                needs.setdefault(collector, set()).add(key(seen))
    with app.store.reading() as session:
        found = session.exec(
            select(ArtifactRow.id, ArtifactRow.collector, ArtifactRow.collected_at)
            .where(col(ArtifactRow.collector).in_(needs))
        ).all()
    bodies = {at: encode(Instants((at - timedelta(hours=1),), {"it": (at,)})) for at in {row[2] for row in found}}
    rows = [
        {"artifact": artifact, "qualifies": key, "body": bodies[at]}
        for artifact, collector, at in found
        for key in needs[collector]
    ]
    with app.store.transaction() as session:
        for start in range(0, len(rows), 20_000):
            session.execute(insert(SummaryRow), rows[start : start + 20_000])


def _one_more(app: App, scope: str, now: datetime) -> float:
    """Return the seconds that the sequencer's derivation takes for one new artifact."""
    flipper = telling.flipper(app, now)
    with app.store.transaction() as session:
        row = ArtifactRow(
            id=f"sha256:{'f' * 40}{scope:0>24}", leaf=hash(scope) % 10**9 + 10**9, object="0" * 64, path="none", size=0,
            stored_size=0, envelope="0" * 64, collector="aws.resource_tags", collector_version="1", kind="asset",
            scope=scope, boundary=scope, region="eu-west-1", source="provider", outcome="succeeded", records=0,
            collected_at=now, finished_at=now, recorded_at=now,
        )
        session.add(row)
        began = time.perf_counter()
        flipper.derive(session, [row])
        return time.perf_counter() - began


def main(argv: list[str]) -> None:
    """Run one bench and print what it measured."""
    name, *arguments = argv
    folder = Path(arguments[-1])
    if name == "page":
        found = collect(arguments[0], int(arguments[1]), folder)
    elif name == "memory":
        found = remember(arguments[0], int(arguments[1]), folder)
    elif name == "write":
        found = write(int(arguments[0]), folder)
    elif name in {"seal", "seal_encrypted"}:
        found = seal(int(arguments[0]), folder, encrypted=name != "seal")
    elif name in {"fill", "fill_encrypted"}:
        found = fill(int(arguments[0]), int(arguments[1]), folder, encrypted=name != "fill")
    elif name == "verify":
        found = verify(int(arguments[0]), folder)
    elif name == "package":
        found = package(int(arguments[0]), folder)
    elif name == "sample":
        found = sample(int(arguments[0]), folder)
    else:
        found = assess(int(arguments[0]), folder)
    print(json.dumps({**found, "peak_mb": peak_mb(),
                      "cpu": _cpu(resource.RUSAGE_SELF)}))


if __name__ == "__main__":
    main(sys.argv[1:])
