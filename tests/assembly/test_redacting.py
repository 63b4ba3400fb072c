"""`redact:` through the whole agent: what is sealed no longer holds the values, and says what went and by which rule."""

from __future__ import annotations

import hmac
import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

from agent.assembly import naming
from agent.cli import edge
from agent.config import load
from agent.errors import ConfigurationError, StoreError
from agent.mapping import load_mapping
from agent.registry import Registry
from tests.assembly.company import ACCOUNT, NOW, Company, restore
from tests.assembly.test_alerts import MAY
from tests.assembly.test_answers import holding

RESOURCE = f"arn:aws:rds:eu-central-1:{ACCOUNT}:db:orders"
POINT = f"arn:aws:backup:eu-central-1:{ACCOUNT}:recovery-point:r-1"


def sealed(firm: Company) -> list[bytes]:
    """Return the uncompressed bytes of every object that holds a record."""
    files = (firm.folder / "annexa-data" / "artifacts" / "objects").rglob("*.zst")
    return [data for data in (zstandard.ZstdDecompressor().decompressobj().decompress(one.read_bytes())
                              for one in files) if data]


def collected(firm: Company, redact: str) -> Any:
    """Collect one restore job under the rules and return its provenance."""
    firm.more = f"redact: {redact}"
    firm.restores(restore("r-1", MAY), region="eu-west-1")
    firm.collect()
    with firm.app(writer=False) as app:
        (row,) = [one for one in app.store.artifacts() if one.records]
        assert app.store.check(deep=True) == []
        return app.store.open_artifact(row.id).provenance


def test_a_hashed_column_is_gone_from_the_object_and_counted(firm: Company) -> None:
    told = collected(firm, "{aws.backup_*: {resource: hash}}")
    (data,) = sealed(firm)
    assert b"db:orders" not in data
    file = firm.folder / "annexa-data" / "keys" / "redaction-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = bytes.fromhex(file.read_text())
    mine = "hmac:" + hmac.digest(key, RESOURCE.encode(), "sha256").hex()[:32]
    line = json.loads(data)
    assert line["record"]["resource"] == line["raw"]["SourceResourceArn"] == mine
    assert line["raw"]["RecoveryPointArn"] == POINT
    assert told.masked == {"redact:resource:hash": 1}
    assert told.notes == (
        f"Redacted values are hashed with the key {hmac.digest(key, b'annexa redaction key', 'sha256').hex()[:8]}.",)
    assert file.read_bytes().strip() not in b"".join(
        one.read_bytes() for one in (firm.folder / "annexa-data" / "artifacts").rglob("*") if one.is_file())


def test_the_key_stays_so_that_equal_values_stay_equal_between_runs(firm: Company) -> None:
    collected(firm, "{'*': {resource: hash}}")
    firm.restores(restore("r-2", MAY), region="eu-west-1")
    firm.now = NOW + timedelta(days=1)
    firm.collect()
    assert len({json.loads(line)["record"]["resource"] for data in sealed(firm) for line in data.splitlines()}) == 1


def test_where_raw_holds_another_shape_it_is_dropped_and_the_provenance_says_so(firm: Company) -> None:
    told = collected(firm, "{aws.backup_restore_jobs: {duration_s: drop}}")
    (line,) = (json.loads(data) for data in sealed(firm))
    assert (line["record"]["duration_s"], line["raw"]) == (None, None)
    assert told.masked == {"redact:duration_s:drop": 1, "redact:raw:drop": 1}
    assert told.notes[-1] == "The raw item of 1 records was dropped, because it may hold a redacted value."


def test_the_example_and_the_page_name_collectors_and_columns_that_there_are(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text("utf-8")
    written = page.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "annexa.yaml").write_text(f"organization: E\ntimezone: UTC\n{written}")
    example = Path(__file__).parents[2] / "config" / "annexa.yaml"
    environ = {"ANNEXA_EXTERNAL_ID": "an-id", "SLACK_URL": "slack://a/b/c"}
    for file in (tmp_path / "annexa.yaml", example):
        config = load(file, environ)
        assert config.redact.by
        naming.refuse(config, Registry.load(), load_mapping())


def test_a_rule_written_while_the_agent_serves_holds_from_then_on(firm: Company) -> None:
    firm.restores(restore("r-1", MAY), region="eu-west-1")
    with firm.app() as app:
        firm.more = "redact: {'*': {resource: drop}}"
        app.renew(load(firm.write(), firm.environ), app.mapping)
        app.collect()
        firm.more = "redact: {nothing.at_all: {resource: drop}}"
        with pytest.raises(ConfigurationError, match="no collector is called"):
            app.renew(load(firm.write(), firm.environ), app.mapping)
        assert app.store.redaction.by == app.config.redact.by == {"*": {"resource": "drop"}}
    assert [b"db:orders" in data for data in sealed(firm)] == [False]


def test_redacted_evidence_is_evidence(firm: Company) -> None:
    collected(firm, "{'*': {resource: mask}}")
    with firm.app(writer=False) as app:
        assert holding(app.status()).freshness.evidence_time == MAY


@pytest.mark.parametrize(("rules", "line"), [
    ("{aws.backup_restore_job: {resource: drop}}",
     "redact: no collector is called 'aws.backup_restore_job'. Did you mean aws.backup_restore_jobs?"),
    ("{aws.backup_restore_jobs: {source_ip: drop}}",
     "redact: no record of aws.backup_restore_jobs has the column 'source_ip'"),
    ("{aws.backup_restore_jobs: {principal: drop}}", "It has backup, duration_s, id, occurred_at, outcome, resource"),
])
def test_a_rule_that_reaches_nothing_stops_the_agent_before_it_collects(firm: Company, rules: str, line: str) -> None:
    firm.more = f"redact: {rules}"
    with pytest.raises(ConfigurationError) as caught:
        firm.collect()
    assert line in caught.value.line()
    assert "annexa.yaml:18:" in caught.value.line()
    assert not (firm.folder / "annexa-data" / "artifacts" / "objects").exists()


def test_a_column_that_a_check_reads_is_doubted_by_doctor_and_lint(
    firm: Company, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    firm.more = "redact: {aws.backup_restore_jobs: {outcome: mask, resource: hash}}"
    with firm.app() as app:
        said = [one for one in app.doctor() if one.check == "redaction"]
    assert {one.state for one in said} == {"warn"}
    outcome = next(one.what for one in said if "outcome of aws.backup_restore_jobs" in one.what)
    assert "is read by " in outcome
    assert "backup-restore-tests" in outcome
    assert outcome.startswith(f"{firm.folder}/annexa.yaml:18:")
    monkeypatch.chdir(firm.folder)
    assert edge.run(["mapping", "lint", "--json"]) == 0
    found = json.loads(capfdbinary.readouterr().out)["complaints"]
    assert [(one["level"], one["line"]) for one in found] == [("warning", 18)] * len(said)
    assert edge.run(["mapping", "lint", "--strict"]) == 2
    firm.more = "redact: {aws.nothing: {outcome: mask}}"
    firm.write()
    assert edge.run(["mapping", "lint"]) == 2
    assert b"no collector is called 'aws.nothing'" in capfdbinary.readouterr().out


@pytest.mark.parametrize(("make", "words"), [
    (lambda file: file.chmod(0o644), "can be read by others"),
    (lambda file: file.write_text("short\n"), "is no redaction key"),
])
def test_a_key_that_is_open_or_damaged_is_refused(firm: Company, make: Any, words: str) -> None:
    collected(firm, "{'*': {resource: hash}}")
    make(firm.folder / "annexa-data" / "keys" / "redaction-key")
    firm.now = NOW + timedelta(days=1)
    with pytest.raises(StoreError, match=words):
        firm.collect()


def test_a_document_keeps_its_file_and_evidence_show_tells_what_went(
    firm: Company, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    firm.more = "redact: {'document.*': {owner: mask, approved_by: hash}}"
    firm.write()
    monkeypatch.chdir(firm.folder)
    (tmp_path / "policy.txt").write_bytes(b"Grace Hopper owns this policy.\n")
    added = edge.run(["evidence", "add", "security-policy", str(tmp_path / "policy.txt"), "--approved", "2026-02-03",
                      "--approved-by", "Ada Lovelace", "--owner", "Grace Hopper", "--by", "ada", "--json"])
    assert added == 0
    name = json.loads(capfdbinary.readouterr().out)["artifact"]
    (line,) = (json.loads(data) for data in sealed(firm))
    assert line["record"]["owner"] == "[redacted]"
    assert line["record"]["approved_by"].startswith("hmac:")
    assert line["raw"]["content"]
    assert edge.run(["evidence", "show", name]) == 0
    shown = " ".join(capfdbinary.readouterr().out.decode().split())
    assert "redact:approved_by:hash 1, redact:owner:mask 1" in shown
    assert "Redacted values are hashed with the key" in shown
