"""An encrypted store without its key: what seals tell is answered, what only records tell is said to be lacking."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from agent.assembly import App, telling
from agent.collector import Record
from agent.errors import LockedError
from agent.evidence.report import Holding
from agent.model import (
    Asset,
    BackupTest,
    Boundary,
    Conclusion,
    Coverage,
    Freshness,
    LogEvent,
    LogSource,
    Outcome,
    PeriodState,
    Provenance,
    Row,
    Window,
)
from tests.cli import drive

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CONFIG = """
organization: Example Ltd
timezone: UTC
encryption: file:wrapping.key
mappings: {directories: [own]}
audits:
  - {kind: surveillance, name: winter, starts: 2026-12-07, ends: 2026-12-09, period: {from: 2026-01-01, to: 2026-12-07}}
scopes:
  - {name: one, provider: aws, regions: [eu-west-1], connected: 2025-12-01T00:00:00Z}
"""
OWN = """
requirements:
  - id: every-asset-restored
    title: Every asset was restored
    controls: {primary: ["8.13"]}
    kind: backup_test
    collectors: [aws.backup_restore_jobs]
    basis: occurred
    cadence: P3M
    coverage: each_period
    subjects: {kind: asset, where: "true", column: resource}
  - id: own-trail
    title: The trail without a hole
    controls: {primary: ["8.15"]}
    kind: log_event
    collectors: [aws.cloudtrail_events]
    cadence: P1D
    coverage: continuous
    max_silence: PT6H
    log_source: audit-trail-configured
"""
TRIED = [(requirement, "one") for requirement in ("backup-restore-tests", "every-asset-restored", "own-trail")]


def opened(folder: Path, *, writer: bool = False) -> App:
    return App.open(str(folder / "annexa.yaml"), {"TMPDIR": str(folder)}, writer=writer, clock=lambda: NOW)


def keep(app: App, collector: str, rows: list[Row], at: datetime, window: Window | None = None) -> None:
    """Collect records in the one region and have them recorded."""
    writer = app.store.new_object("one", collector)
    for row in rows:
        writer.write(Record(row, {}))
    app.store.submit(writer.close(), Provenance(
        collector=collector, collector_version="1", kind=app.headers[collector].kind, scope="one", boundary="1",
        region="eu-west-1", window=window, identity="me", source="provider", started_at=at, finished_at=at,
        outcome=Outcome.SUCCEEDED, records=len(rows)))
    app.store.drain()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An encrypted store that holds a state, events, subjects and logs; all summaries are made."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "requirements.yaml").write_text(OWN)
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    with opened(tmp_path, writer=True) as app:
        app.store.expect("one", [Boundary("one", "aws", "1", regions=("eu-west-1",))], NOW - 300 * DAY)
        app.owes_anew()
        keep(app, "aws.resource_explorer", [Asset(id="db")], NOW - DAY)
        keep(app, "aws.backup_restore_jobs", [BackupTest(id=f"r{n}", resource="db", outcome="completed", validated=True,
                                                        occurred_at=NOW - n * 90 * DAY - DAY) for n in range(4)], NOW - DAY)
        keep(app, "aws.cloudtrail_trails", [LogSource(id="t", name="t", enabled=True)], NOW - DAY)
        span = Window(datetime(2026, 1, 1, tzinfo=UTC), NOW)
        hours = int((span.end - span.start) / timedelta(hours=1))
        keep(app, "aws.cloudtrail_events", [LogEvent(id=f"e{n}", occurred_at=span.start + n * timedelta(hours=1))
                                            for n in range(hours)], NOW, span)
        app.status()
    return tmp_path


def holding(app: App, requirement: str) -> Holding:
    (found,) = app.holdings(NOW, app.audit(NOW), requirements=[requirement])
    return found


def no_key(folder: Path) -> None:
    (folder / "wrapping.key").unlink()


def none_named(folder: Path) -> None:
    (folder / "annexa.yaml").write_text(CONFIG.replace("encryption: file:wrapping.key\n", ""))


def no_data_keys(folder: Path) -> None:
    (folder / "annexa-data" / "keys" / "data-keys.json").unlink()


def another_key(folder: Path) -> None:
    (folder / "wrapping.key").write_text("0" * 64)


WITHOUT: dict[Callable[[Path], None], str] = {
    no_key: "is not there. Bring it back from the backup", none_named: "no wrapping key is named. Name it as encryption:",
    no_data_keys: "no data keys are here", another_key: "Name the wrapping key that it was wrapped by",
}


def forget_summaries(folder: Path) -> None:
    """Lose what was kept of the records, as a changed mapping does."""
    with opened(folder, writer=True) as app, app.store.transaction() as session:
        session.connection().execute(text("DELETE FROM summary"))


@pytest.mark.parametrize("without", WITHOUT, ids=lambda one: one.__name__)
def test_what_is_sealed_and_kept_is_answered_and_checks_are_named(folder: Path, without: Callable[[Path], None]) -> None:
    with opened(folder) as app:
        whole = {name: holding(app, name) for name, _ in TRIED}
        state = holding(app, "audit-trail-configured")
        assert app.locked == set()
    assert {name: one.freshness.state for name, one in whole.items()} == dict.fromkeys(whole, Freshness.FRESH)
    assert state.conclusion.state is Conclusion.DEFICIENT
    without(folder)
    with opened(folder) as app:
        for name, before in whole.items():
            if name != "every-asset-restored":  # who the subjects are, records alone say
                found = holding(app, name)
                assert (found.freshness, found.coverage) == (before.freshness, before.coverage), name
        found = holding(app, "audit-trail-configured")
        assert found.freshness == state.freshness
        assert (found.conclusion.state, found.conclusion.checks) == (Conclusion.UNKNOWN, ())
        assert found.conclusion.reason == found.locked
        assert found.locked.startswith("the records of the scope one cannot be opened: ")
        assert WITHOUT[without] in found.locked
        assert app.locked == {found.locked}


def test_what_checks_found_is_told_where_it_was_kept_and_its_rows_are_said_to_be_lacking(folder: Path) -> None:
    with opened(folder, writer=True) as app:
        telling.notice(app, NOW)
        state = holding(app, "audit-trail-configured").conclusion
    no_key(folder)
    with opened(folder) as app:
        found = holding(app, "audit-trail-configured")
        assert (found.conclusion.state, found.locked) == (Conclusion.DEFICIENT, "")
        assert [one.count for one in found.conclusion.checks] == [one.count for one in state.checks]
        (by_row,) = app.holdings(NOW, app.audit(NOW), requirements=["audit-trail-configured"], by_row=True)
        assert (by_row.conclusion.state, by_row.locked) == (Conclusion.DEFICIENT, by_row.conclusion.locked)
        assert by_row.locked.startswith("the records of the scope one cannot be opened: ")


def test_what_only_records_tell_is_never_fresh_nor_complete_nor_lost(folder: Path) -> None:
    forget_summaries(folder)
    with opened(folder) as app:
        before = {name: holding(app, name) for name, _ in TRIED}
    assert before["own-trail"].coverage.state is Coverage.COMPLETE
    no_key(folder)
    with opened(folder) as app:
        tests, subjects, trail = (holding(app, name) for name, _ in TRIED)
    for one in (tests, subjects):
        assert (one.freshness.state, one.freshness.reason) == (Freshness.MISSING, one.locked)
        assert one.coverage.state is not Coverage.COMPLETE
        assert PeriodState.GAP not in {period.state for period in one.coverage.periods}
        assert PeriodState.UNOBSERVED in {period.state for period in one.coverage.periods}
        assert one.forecast is not None
        assert one.forecast.held is Freshness.MISSING
    assert trail.freshness == before["own-trail"].freshness, "that it was collected is sealed"
    assert (trail.coverage.state, trail.coverage.gaps) == (Coverage.DUE, ()), "whether there was silence is not known"


def test_a_run_that_counts_for_nothing_leaves_the_answer_whole(folder: Path) -> None:
    with opened(folder, writer=True) as app:
        app.store.void(app.store.artifacts(collector="aws.backup_restore_jobs")[0].id, "a mistake", "ada")
        app.store.drain()
    forget_summaries(folder)
    with opened(folder) as app:
        before = holding(app, "backup-restore-tests").freshness
    no_key(folder)
    with opened(folder) as app:
        found = holding(app, "backup-restore-tests")
    assert (found.freshness, found.locked) == (before, "")


def test_windows_that_were_never_read_are_lost_with_and_without_the_key(folder: Path) -> None:
    forget_summaries(folder)
    with opened(folder, writer=True) as app, app.store.transaction() as session:
        session.connection().execute(text("UPDATE artifact SET window_start = :at WHERE collector = 'aws.cloudtrail_events'"),
                                     {"at": int(datetime(2026, 2, 1, tzinfo=UTC).timestamp() * 1_000_000)})
    no_key(folder)
    with opened(folder) as app:
        found = holding(app, "own-trail")
    assert found.coverage.state is Coverage.GAP
    (gap,) = found.coverage.gaps
    assert (gap.start, gap.end) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


def test_a_document_is_not_believed_where_a_newer_one_cannot_be_opened(folder: Path) -> None:
    with opened(folder, writer=True) as app:
        for month, until in ((2, None), (6, NOW - DAY)):
            app.add_document(requirement="security-policy", file=None, title="Policy", version=str(month), owner="ciso",
                             approved_by="board", occurred_at=datetime(2026, month, 1, tzinfo=UTC), valid_until=until, by="ada")
        newest = app.store.artifacts(kind="document")[0].id
        assert holding(app, "security-policy").freshness.state is Freshness.STALE
        with app.store.transaction() as session:
            session.connection().execute(text("DELETE FROM summary WHERE artifact = :a"), {"a": newest})
    no_key(folder)
    with opened(folder) as app:
        found = holding(app, "security-policy")
    assert (found.freshness.state, found.freshness.reason) == (Freshness.MISSING, found.locked)


def test_one_scope_that_is_locked_leaves_the_others(folder: Path) -> None:
    with opened(folder, writer=True) as app:
        app.add_document(requirement="security-policy", file=None, title="Policy", version="1", owner="", approved_by="",
                         occurred_at=NOW - DAY, valid_until=None, by="ada")
        with app.store.transaction() as session:  # nor are conclusions kept
            session.connection().execute(text("DELETE FROM assessment"))
        keys = app.store.objects.keys
        held = keys.of("one")
        assert held is not None
        keys.destroy(held.id)
    with opened(folder) as app:
        assert "it is not among the data keys that are here" in holding(app, "audit-trail-configured").locked
        assert holding(app, "security-policy").locked == ""
    with opened(folder, writer=True) as app:  # whoever collects goes on, too
        assert holding(app, "audit-trail-configured").conclusion.state is Conclusion.UNKNOWN
        keep(app, "aws.cloudtrail_trails", [LogSource(id="t", name="t", enabled=True)], NOW)


def test_the_service_keeps_no_answer_of_a_moment_without_its_wrapping_key(folder: Path) -> None:
    with opened(folder, writer=True) as app:
        app.store.objects.keys._opened.clear()
        app.store.objects.keys._wrapper = None
        no_key(folder)
        with pytest.raises(Exception, match="is not there") as raised:
            holding(app, "audit-trail-configured")
    assert not isinstance(raised.value, LockedError)


def test_people_and_machines_are_told_and_the_status_says_it_too(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*argv: str) -> drive.Ended:
        return drive.here(capfdbinary, *argv, "-q")

    assert run("status", "--as-of", "2026-11-01T12:00:00Z").status == 0
    forget_summaries(folder)
    no_key(folder)
    capfdbinary.readouterr()
    at = ("--as-of", "2026-11-01T12:00:00Z")
    told = run("status", *at, "--json")
    assert told.status == 3
    assert told.err.count("\n") == 1
    assert told.err.startswith("annexa: answered without what only records tell: the records of the scope one cannot")
    answer = json.loads(told.out)
    (warning,) = [one for one in answer["warnings"] if "cannot be opened" in one]
    assert "answers are not known whole: the records of the scope one cannot be opened: " in warning
    each = {one["id"]: one for control in answer["controls"] for one in control["requirements"]}
    assert each["backup-restore-tests"]["locked"] == each["backup-restore-tests"]["reason"]
    assert each["audit-trail-configured"]["freshness"] == "fresh"
    assert each["audit-trail-configured"]["conclusion"] == "unknown"
    assert run("status", *at, "--fail-on", "missing").status == 1, "what is known to be so comes first"
    shown = run("status", *at)
    assert (shown.status, "cannot be opened" in shown.out) == (3, True)
    shown = run("status", *at, "--control", "8.13")
    assert (shown.status, "cannot be opened" in shown.out) == (3, True)
    ahead = run("forecast", *at)
    assert (ahead.status, "cannot be opened" in ahead.out) == (3, True)
    assert json.loads(run("forecast", *at, "--json").out)["warnings"]
    alerts = run("alerts", "--as-of", "2030-01-01", "--json")
    assert alerts.status == 3
    assert any("cannot be opened" in (one["reason"] or "") for one in json.loads(alerts.out)["alerts"])
    for argv in (("query", "FROM backup_test"), ("diff", "backup-restore-tests", "--from", "2026-10-31", "--to", "2026-11-02"),
                 ("sample", "draw", "--requirement", "backup-restore-tests", "--seed", "x", "-n", "1")):
        refused = run(*argv)
        assert refused.status == 3, argv
        assert refused.err.count("\n") == 1, refused.err
        assert "Traceback" not in refused.err
    assert "the records of the scope one cannot be opened: " in run("query", "FROM backup_test").err
    assert run("controls").status == 0
