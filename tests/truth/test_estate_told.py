"""What the agent says of the whole estate: counts, documents, forecast and alerts, held against the estate file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.config import planned
from agent.programme import Slot
from tests.lab.estate import Estate
from tests.truth import collecting, expected, expected_azure, expected_entra, expected_google
from tests.truth.conftest import Firm

MAPPINGS = Path(__file__).parents[2] / "mappings" / "requirements"
KINDS = ("access_review", "account", "asset", "backup", "backup_test", "configuration", "finding", '"grant"', "log_event", "log_source")
ESTATE = Estate.load(now=collecting.NOW)
COUNTS = {
    name: count for part in (expected, expected_azure, expected_entra, expected_google)
    for name, count in part.counts(ESTATE).items()
}
TOLD = expected.resources_told(ESTATE) | expected_azure.resources_told(ESTATE)


@pytest.fixture(scope="module")
def counted(firm: Firm) -> Counter[str]:
    every = " UNION ALL ".join(f"SELECT collector FROM {kind}" for kind in KINDS)
    return Counter(dict(firm.query(f"SELECT collector, count(*) FROM ({every}) GROUP BY collector")))


@pytest.mark.parametrize("collector", COUNTS)
def test_as_many_records_as_the_estate_has(counted: Counter[str], collector: str) -> None:
    assert counted[collector] == COUNTS[collector]


@pytest.mark.parametrize("collector", [name for name in TOLD if name != "buckets"])
def test_settings_of_as_many_resources_as_the_estate_has(firm: Firm, collector: str) -> None:
    rows = firm.query(f"SELECT count(DISTINCT resource) FROM configuration WHERE collector = '{collector}'")
    assert rows == [(TOLD[collector],)]


def test_backups_by_outcome(firm: Firm) -> None:
    month = expected.days(firm.estate, 30)
    want = Counter(job.state.lower() for job in firm.estate.backup_jobs if job.at >= month)
    rows = firm.query("SELECT outcome, count(*) FROM backup WHERE collector = 'aws.backup_jobs' GROUP BY outcome")
    assert dict(rows) == want


def test_restores_by_outcome_and_validation(firm: Firm) -> None:
    words = {"SUCCESSFUL": True, "": None}
    jobs = [job for job in firm.estate.restore_jobs if job.state == "COMPLETED"]
    rows = firm.query("SELECT validated, count(*) FROM backup_test WHERE collector = 'aws.backup_restore_jobs' "
                      "AND outcome = 'completed' GROUP BY validated")
    assert dict(rows) == Counter(words[job.validated] for job in jobs)
    account = firm.account("production")
    held = firm.units["backup-restore-tests", account]
    assert held["exceptions"] == len(expected.not_validated(firm.estate, account))


def test_each_analyzer_counts_as_many_findings_as_were_read(firm: Firm) -> None:
    places = {firm.account(name) for names in firm.estate.file["analyzers"].values() for name in names}
    runs = [one for one in firm.runs if one["collector"] == "aws.access_analyzer" and one["boundary"] in places]
    told = [receipt for one in runs for receipt in firm.app.store.open_artifact(one["artifact"]).provenance.receipts]
    assert len(told) == sum(len(names) for names in firm.estate.file["analyzers"].values())
    held = {firm.account(name) for name in firm.estate.file["analyzers"]["external"]}
    found = [one for one in firm.estate.file["access_findings"] if firm.account(one["account"]) in held]
    assert sum(receipt.expected for receipt in told) == sum(receipt.counted for receipt in told) == len(found)


def test_what_each_person_may_do_is_told_of_everybody(firm: Firm) -> None:
    rows = firm.query("SELECT DISTINCT principal FROM \"grant\" WHERE collector = 'aws.iam_authorization_details' "
                      "AND principal_type = 'role'")
    assert {row[0] for row in rows} == {role.name for role in firm.estate.roles}


def test_nothing_failed_but_what_is_forbidden(firm: Firm) -> None:
    forbidden = set().union(*(expected.closed(firm.estate, s) for s in ("backup", "rds", "lambda", "ecr")))
    wrong = {(one["boundary"], one["region"]) for one in firm.runs if one["outcome"] == "failed"}
    closed = {(project, "") for project, _calls in expected_google.denied(firm.estate)}
    assert wrong == forbidden | closed
    production = firm.account("production")
    for one in (one for one in firm.runs if one["outcome"] == "partial"):
        assert {lack["reason"] for lack in one["lacking"]} == {"denied"}, one
        services = {lack["what"].split(".")[0] for lack in one["lacking"]}
        assert (one["boundary"], one["region"]) in forbidden or (one["boundary"] == production and services == {"s3"})


def cadences() -> dict[str, str]:
    """Return the document requirements of the mapping with their cadence, read from its files."""
    found = {}
    for file in sorted(MAPPINGS.rglob("*.yaml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        shared = content.get("defaults", {})
        for one in content["requirements"]:
            merged = {**shared, **one}
            if merged["kind"] == "document" and "collectors" not in merged:
                found[one["id"]] = merged.get("cadence", "P1Y")
    return found


def of_documents(firm: Firm) -> dict[str, dict[str, Any]]:
    return {name: one for (name, boundary), one in firm.units.items() if boundary == "organization"}


def test_documents_are_as_fresh_as_their_approvals(firm: Firm) -> None:
    told = {name: one["freshness"] for name, one in of_documents(firm).items()}
    want = expected.document_states(firm.estate, cadences(), collecting.ANSWERED)
    assert {name: want[name] for name in told} == told
    assert Counter(told.values()).keys() == {"fresh", "expiring", "stale", "missing"}


def test_four_fifths_of_the_documents_are_there() -> None:
    states = Counter(expected.document_states(ESTATE, cadences(), collecting.ANSWERED).values())
    assert 0.75 <= (states["fresh"] + states["expiring"]) / states.total() <= 0.85


def test_documents_are_never_counted_as_automated(firm: Firm) -> None:
    controls = firm.read("status")["controls"]
    assert {control["automated"] for control in controls} == {True, False}
    for control in controls:
        primary = {one["scope"] for one in control["requirements"] if one["role"] == "primary"}
        assert control["automated"] == bool(primary - {"organization"}), control["id"]


def test_the_forecast_names_each_document_that_will_be_old_or_lacking(firm: Firm) -> None:
    at = expected.audit_end(firm.estate)
    want = expected.document_states(firm.estate, cadences(), at)
    actions = [one for one in firm.read("forecast")["actions"] if one["boundary"] == "organization"]
    named = {one["requirement"] for one in actions if one["period"] is None}
    assert named == {name for name in of_documents(firm) if want[name] in ("stale", "missing")}
    assert {one["kind"] for one in actions if one["period"] is None} == {"do"}
    assert all(one["owner"] for one in actions)


def test_alerts_are_about_what_is_missing_or_old(firm: Firm) -> None:
    told = {one["requirement"]: one["condition"] for one in firm.read("alerts")
            if one["scope"] == "organization" and one["condition"] in ("missing", "stale", "expiring")}
    states = {name: one["freshness"] for name, one in of_documents(firm).items()}
    assert told == {name: state for name, state in states.items() if state != "fresh"}


def test_the_audits_of_the_certificate_are_held_dated_and_open(firm: Firm) -> None:
    slots = [one for one in planned(firm.app.config, collecting.ANSWERED) if isinstance(one, Slot)]
    told = [(one.kind, str(one.state)) for one in slots]
    days = sorted(str(one["starts"]) for one in firm.estate.file["audits"])
    zone = firm.app.config.timezone
    assert told == [
        ("surveillance", "held"), ("surveillance", "dated"), ("recertification", "open")]
    assert [str(one.audit.starts.astimezone(zone).date()) for one in slots[:2]] == days


def test_artifacts_open_and_name_what_was_asked(firm: Firm) -> None:
    run = next(one for one in firm.runs if one["collector"] == "aws.backup_restore_jobs" and one["records"])
    opened = firm.app.store.open_artifact(run["artifact"])
    jobs = {job.id for job in firm.estate.restore_jobs}
    assert {one["record"]["id"] for one in opened.records()} == jobs
    assert opened.provenance.boundary == firm.account("production")
    assert "restore job" in opened.provenance.population.lower()
    assert opened.provenance.limits
    assert [(one.service, one.operation) for one in opened.provenance.calls] == [("backup", "list_restore_jobs")]
