"""From the provider's answer to the officer's page, through the whole agent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.evidence.report import Holding, Status
from tests.assembly.company import ACCOUNT, NOW, Company, restore
from tests.cli import drive
from tests.lab.aws import faults

MAY = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)
REQUIREMENT = "backup-restore-tests"


def holding(status: Status, requirement: str = REQUIREMENT) -> Holding:
    control = next(one for one in status.controls if one.id == "8.13")
    return next(one for one in control.primary if one.requirement.id == requirement)


def states(found: Holding) -> dict[str, str]:
    return {f"{period.start:%Y-%m}": str(period.state) for period in found.coverage.periods}


def test_a_restore_test_counts_from_when_it_happened(firm: Company) -> None:
    firm.restores(restore("r-1", MAY), region="eu-west-1")
    firm.collect()
    with firm.app(writer=False) as app:
        found = holding(app.status())
    assert found.freshness.evidence_time == MAY
    assert found.freshness.stale_at == MAY + timedelta(days=100)
    assert found.freshness.state == "fresh", "eighteen days before the hundredth day, fourteen are the warning"
    assert states(found) == {
        "2026-01": "gap", "2026-04": "covered", "2026-07": "due", "2026-10": "optional",
    }, "the fourth quarter of 2025 ended before the audit period began; that of 2026 ends after it"


def test_collecting_it_every_day_does_not_make_it_fresh(firm: Company) -> None:
    firm.restores(restore("r-1", MAY), region="eu-west-1")
    for day in range(4):
        firm.now = NOW + timedelta(days=day * 10)
        firm.collect()
    with firm.app(writer=False) as app:
        assert holding(app.status()).freshness.state == "stale"


def test_every_answer_can_be_asked_for_any_date_and_later_runs_change_none(firm: Company) -> None:
    firm.restores(restore("r-1", MAY))
    firm.collect()
    with firm.app(writer=False) as app:
        before = app.status(as_of=NOW).as_json()
    firm.now = NOW + timedelta(days=30)
    firm.restores(restore("r-1", MAY), restore("r-2", NOW - timedelta(days=1)))
    firm.collect()
    with firm.app(writer=False) as app:
        assert app.status(as_of=NOW).as_json() == before
        assert holding(app.status(as_of=NOW - timedelta(seconds=1))).freshness.state == "missing"
        assert holding(app.status()).freshness.evidence_time == NOW - timedelta(days=1)
        assert holding(app.status(as_of=datetime(2026, 12, 24, tzinfo=UTC))).freshness.state == "stale"


def test_a_failed_restore_is_no_evidence_and_an_exception(firm: Company) -> None:
    firm.restores(restore("r-1", MAY), restore("r-2", NOW - timedelta(days=2), "FAILED", "FAILED"))
    firm.collect()
    with firm.app(writer=False) as app:
        found = holding(app.status(of=[REQUIREMENT]))
    assert found.freshness.evidence_time == MAY
    assert found.conclusion.state == "deficient"
    assert {row["id"] for check in found.conclusion.checks for row in check.exceptions} == {"r-2"}


def test_a_denied_region_is_a_failed_run_of_its_own_and_named(firm: Company) -> None:
    firm.restores(restore("r-1", MAY), region="eu-central-1")
    firm.double.fault("backup.list_restore_jobs", faults.denied(), region="eu-west-1")
    results = {one.task.region: one for one in firm.collect()}
    assert results["eu-central-1"].outcome == "succeeded"
    assert results["eu-west-1"].outcome == "failed"
    assert [one.permission for one in results["eu-west-1"].lacking] == ["backup:ListRestoreJobs"]
    assert results["eu-west-1"].artifact, "that we were refused is sealed too"


def test_the_forecast_says_who_must_act_by_when(firm: Company) -> None:
    firm.restores(restore("r-1", MAY))
    firm.collect()
    with firm.app(writer=False) as app:
        answer = app.forecast()
    mine = [one for one in answer.actions if one.requirement == REQUIREMENT]
    due = next(one for one in mine if one.kind == "do" and "last chance" in one.why)
    assert due.by == datetime(2026, 9, 30, tzinfo=UTC), "the last day of the third quarter"
    assert due.owner == "restore@example.com"
    assert due.controls == ("8.13",)
    gap = next(one for one in mine if one.kind == "explain")
    assert "2026-01-01 to 2026-03-31" in gap.why
    control = next(one for one in answer.controls if one.id == "8.13")
    assert (control.held, control.planned) == ("missing", "missing"), "the policy of backups was never brought"


@pytest.mark.parametrize(("broken", "kinds"), [(False, set()), (True, {"repair"})])
def test_early_in_the_day_no_backup_of_that_day_is_asked_for(
    firm: Company, capfdbinary: pytest.CaptureFixture[bytes], broken: bool, kinds: set[str]
) -> None:
    firm.collectors = ("aws.backup_jobs",)
    firm.double.script({"backup.list_backup_jobs": [{"BackupJobs": []}]})
    if broken:
        firm.double.fault("backup.list_backup_jobs", faults.denied())
    assert {str(one.outcome) for one in firm.collect()} == {"failed" if broken else "succeeded"}
    capfdbinary.readouterr()
    morning = (NOW + timedelta(days=1)).replace(hour=0, minute=13)
    ended = drive.here(
        capfdbinary, "-c", str(firm.write()), "forecast", "--as-of", morning.isoformat(), "--json",
    )
    assert ended.status == 0
    mine = [one for one in json.loads(ended.out)["actions"] if one["requirement"] == "backup-jobs"]
    assert mine
    assert {one["kind"] for one in mine if one["by"] == morning.date().isoformat()} == kinds


def test_a_scope_that_cannot_be_reached_has_failed_runs_not_silence(firm: Company) -> None:
    firm.double.fault("sts.get_caller_identity", faults.expired_credentials())
    results = firm.collect()
    assert results
    assert {one.outcome for one in results} == {"failed"}
    assert all(ACCOUNT not in one.task.boundary for one in results), "nobody knows the account yet"
    assert all("credentials" in one.error for one in results)
    firm.double.reset()
    firm.restores(restore("r-1", MAY))
    assert {one.outcome for one in firm.collect()} == {"succeeded"}


def test_documents_are_evidence_and_never_automation(firm: Company) -> None:
    approved = NOW - timedelta(days=30)
    with firm.app() as app:
        policy = firm.folder / "backup.pdf"
        policy.write_bytes(b"%PDF-1.4 policy")
        artifact = app.add_document(
            requirement="backup-policy", file=policy, title="Backup policy", version="3", owner="CISO",
            approved_by="board", occurred_at=approved, valid_until=None, by="officer",
        )
        status = app.status()
        opened = app.store.open_artifact(artifact)
    found = holding(status, "backup-policy")
    assert found.freshness.evidence_time == approved
    assert found.freshness.state == "fresh"
    assert opened.provenance.source == "uploaded"
    record: dict[str, Any] = next(iter(opened.records()))
    assert record["raw"]["sha256"] in record["record"]["id"]
    on_paper = [one for one in status.controls if one.primary and all(h.requirement.document for h in one.primary)]
    assert on_paper
    assert not any(one.automated for one in on_paper)
