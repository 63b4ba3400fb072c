"""Parquet for questions: kept by `collect`, `serve` and `store compact`, read by whoever asks, needed by nobody."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agent import canonical
from agent.assembly import compacting
from agent.assembly.duties import AppDuties
from agent.errors import VerificationError
from agent.lake.query import Asked
from agent.seal.signing import CryptoSigner
from tests.assembly.company import NOW, Company, restore
from tests.cli.drive import process

COUNTED = "SELECT count(*), count(DISTINCT id) FROM backup_test"


def parquet(firm: Company) -> list[str]:
    """Return the months that lie there."""
    return sorted(file.parent.name for file in (firm.folder / "annexa-data" / "lake" / "parquet").rglob("*.parquet"))


def answer(firm: Company, *, proven: bool = False) -> list[tuple[Any, ...]]:
    with firm.app(writer=False) as app, app.lake.query(COUNTED, Asked(proven=proven)) as found:
        return [row for batch in found.batches for row in batch]


def lake(firm: Company) -> Path:
    return firm.folder / "annexa-data" / "lake"


def test_what_was_collected_is_answered_from_parquet_and_the_same_without(firm: Company) -> None:
    firm.restores(*(restore(f"r-{n}", NOW - timedelta(days=n)) for n in range(1, 6)))
    firm.collect()
    assert parquet(firm) == ["2026-08"]
    from_parquet = answer(firm)
    shutil.rmtree(lake(firm))
    assert answer(firm) == from_parquet == [(5, 5)]


def test_the_parquet_answers_where_an_object_is_spoiled_and_proven_refuses(firm: Company) -> None:
    firm.restores(*(restore(f"r-{n}", NOW - timedelta(days=n)) for n in range(1, 6)))
    firm.collect()
    for file in (firm.folder / "annexa-data" / "artifacts" / "objects").rglob("*.ndjson.zst"):
        file.chmod(0o644)
        file.write_bytes(file.read_bytes()[:-9])
    assert answer(firm) == [(5, 5)]
    with pytest.raises(VerificationError, match="the object of artifact"):
        answer(firm, proven=True)


def resigned(place: Path) -> None:
    """Sign the forged manifest with a key of one's own."""
    signature = CryptoSigner.generate_ed25519().sign((place / "manifest.json").read_bytes())
    (place / "manifest.sig").write_text(json.dumps(signature.to_dict()))


@pytest.mark.parametrize("sign", [lambda _place: None, resigned, lambda place: (place / "manifest.sig").unlink(),
                                  lambda place: (place / "manifest.sig").write_text("[]")],
                         ids=["the old signature", "a signature of another key", "no signature", "no JSON of one"])
def test_a_forged_parquet_is_not_believed(firm: Company, sign: Callable[[Path], None]) -> None:
    firm.restores(restore("r-1", NOW - timedelta(days=1), "FAILED", "FAILED"))
    firm.collect()
    (manifest,) = lake(firm).rglob("manifest.json")
    held = json.loads(manifest.read_bytes())
    forged = manifest.parent / "forged"
    duckdb.sql(f"COPY (SELECT * REPLACE ('completed' AS outcome) FROM '{manifest.parent / held['parquet']}.parquet') "
               f"TO '{forged}' (FORMAT parquet)")
    digest = hashlib.sha256(forged.read_bytes()).hexdigest()
    forged.rename(manifest.parent / f"{digest}.parquet")
    manifest.write_bytes(canonical.document({**held, "parquet": digest}))
    sign(manifest.parent)
    with firm.app(writer=False) as app, app.lake.query("SELECT DISTINCT outcome FROM backup_test", Asked()) as found:
        assert [row for batch in found.batches for row in batch] == [("failed",)]
    firm.collect()
    assert answer(firm) == [(1, 1)]


def test_collect_looks_at_the_last_two_months_and_the_command_at_all(firm: Company) -> None:
    for months in (0, 1, 3):
        firm.now = NOW + timedelta(days=31 * months)
        firm.restores(restore("r-1", firm.now - timedelta(days=1)))
        firm.collect()
    assert parquet(firm) == ["2026-08", "2026-09", "2026-11"]
    shutil.rmtree(lake(firm))
    firm.collect()
    assert parquet(firm) == ["2026-11"], "two months ago nothing new was collected"
    done = process("--config", str(firm.folder / "annexa.yaml"), "store", "compact", "--json", cwd=firm.folder,
                   **firm.environ)
    assert (done.status, done.out) == (0, '{"written":2,"left_out":[]}\n'), done.err
    assert parquet(firm) == ["2026-08", "2026-09", "2026-11"]


def damage(file: Path) -> None:
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-9])


def test_a_damaged_object_is_named_and_holds_up_no_other(
    firm: Company, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    firm.collectors = ("aws.backup_restore_jobs", "aws.backup_jobs")
    firm.double.script({"backup.list_backup_jobs": [{"BackupJobs": []}]})
    for days in range(2):
        firm.now = NOW + timedelta(days=days)
        firm.restores(*(restore(f"r-{n}", NOW - timedelta(days=n)) for n in range(1, 3 + days)))
        firm.collect()
    with firm.app(writer=False) as app:
        kept = {row.id: row for row in app.store.artifacts(kind="backup_test")}
    bad = max(kept.values(), key=lambda row: row.collected_at)
    damage(firm.folder / "annexa-data" / "artifacts" / bad.path)
    shutil.rmtree(lake(firm))
    capfdbinary.readouterr()
    with firm.app() as app:
        assert compacting.lately(app, firm.now) == 2
        held = {piece.artifact for kind in ("backup_test", "backup")
                for part in app.compacted.parts(kind, app.shelf.pieces(kind)) for piece in part.pieces}
        assert held == {row.id for row in app.store.artifacts() if row.path != bad.path}
        manifests = {file: file.stat().st_mtime_ns for file in lake(firm).rglob("manifest.json")}
        compacting.lately(app, firm.now)
        assert {file: file.stat().st_mtime_ns for file in lake(firm).rglob("manifest.json")} == manifests
    assert bad.id.encode() in capfdbinary.readouterr().out, "the log says which"
    done = process("--config", str(firm.folder / "annexa.yaml"), "store", "compact", "--json", cwd=firm.folder,
                   **firm.environ)
    assert done.status == 3
    said = json.loads(done.out)["left_out"]
    assert said
    assert all("the object of artifact" in one for one in said)
    assert "Traceback" not in done.err


def test_of_encrypted_objects_nothing_is_opened_to_compact(firm: Company) -> None:
    firm.restores(restore("r-1", NOW - timedelta(days=1)))
    firm.collect()
    firm.more = "encryption: file:wrapping.key"
    firm.now = NOW + timedelta(days=1)
    firm.restores(restore("r-2", NOW))
    firm.collect()
    shutil.rmtree(lake(firm))
    firm.more = ""
    with firm.app() as app:
        assert compacting.lately(app, firm.now) == 1
    assert parquet(firm) == ["2026-08"]


def test_what_cannot_be_written_holds_up_no_run(firm: Company) -> None:
    firm.restores(restore("r-1", NOW - timedelta(days=1)))
    lake(firm).mkdir(parents=True)
    (lake(firm) / "parquet").write_text("in the way")
    assert {result.outcome for result in firm.collect()} == {"succeeded"}
    assert answer(firm) == [(1, 1)]


def test_the_service_does_it_once_a_day(firm: Company) -> None:
    firm.restores(restore("r-1", NOW - timedelta(days=1)))
    firm.collect()
    with firm.app() as app:
        duties = AppDuties(app)
        for hours, expected in ((0, ["2026-08"]), (23, []), (24, ["2026-08"])):
            shutil.rmtree(lake(firm) / "parquet", ignore_errors=True)
            duties.notice(NOW + timedelta(hours=hours))
            assert parquet(firm) == expected, hours
