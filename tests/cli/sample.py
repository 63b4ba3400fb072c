"""A small organization's answers, made by hand: four controls, two boundaries, one audit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agent.evidence.report import Action, ControlStatus, Forecast, Holding, Status
from agent.model import (
    Audit,
    Conclusion,
    Coverage,
    CoverageAnswer,
    Duration,
    Freshness,
    FreshnessAnswer,
    Period,
    PeriodState,
    Requirement,
    Window,
)
from agent.model.conclusions import CheckResult, ConclusionAnswer

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ARTIFACT = "sha256:" + "ab12" * 16


def local(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=BERLIN).astimezone(UTC)


AUDIT = Audit(
    name="surveillance-2026-12-07", kind="surveillance", starts=local(2026, 12, 7), end=local(2026, 12, 10),
    period=Window(local(2025, 12, 1), local(2026, 12, 7)),
)
P3M = Duration(months=3, exact=timedelta(), text="P3M")
P100D = Duration(months=0, exact=timedelta(days=100), text="P100D")

RESTORES = Requirement(
    id="backup-restore-tests", title="Restore tests of backups", primary=("8.13",), kind="backup_test",
    collectors=("aws.backup_restore_jobs",), basis="occurred", cadence=P3M, max_age=P100D, coverage="each_period",
    owner="backup-owner",
)
POLICY = Requirement(
    id="security-policy", title="The information security policy", primary=("5.1",), kind="document",
    cadence=Duration(months=12, exact=timedelta(), text="P1Y"),
    max_age=Duration(months=13, exact=timedelta(), text="P13M"),
)
QUARTERS = (
    Period(local(2025, 10, 1), local(2026, 1, 1), PeriodState.COVERED),
    Period(local(2026, 1, 1), local(2026, 4, 1), PeriodState.COVERED_LATE),
    Period(local(2026, 4, 1), local(2026, 7, 1), PeriodState.COVERED),
    Period(local(2026, 7, 1), local(2026, 10, 1), PeriodState.GAP),
    Period(local(2026, 10, 1), local(2027, 1, 1), PeriodState.DUE),
)


def restores(name: str = "Production", boundary: str = "123456789012") -> Holding:
    return Holding(
        requirement=RESTORES, scope="prod-aws", boundary=boundary, boundary_name=name, owner="platform@example.com",
        freshness=FreshnessAnswer(
            state=Freshness.STALE, evidence_time=local(2026, 5, 20), stale_at=local(2026, 8, 28), artifact=ARTIFACT,
            collector="aws.backup_restore_jobs",
        ),
        coverage=CoverageAnswer(state=Coverage.GAP, owed=5, periods=QUARTERS),
        conclusion=ConclusionAnswer(state=Conclusion.DEFICIENT, checks=(
            CheckResult(check="restore-succeeded", title="No restore failed", state=Conclusion.DEFICIENT, count=7,
                        records=40, exceptions=tuple({"id": f"job-{n}", "outcome": "failed"} for n in range(7))),
        )),
    )


def policy() -> Holding:
    return Holding(
        requirement=POLICY, scope="organization", boundary="organization", owner="ciso@example.com",
        freshness=FreshnessAnswer(state=Freshness.MISSING, reason="never collected"),
        coverage=CoverageAnswer(state=Coverage.COMPLETE),
        conclusion=ConclusionAnswer(state=Conclusion.UNKNOWN, reason="no check"),
    )


def kept() -> Holding:
    covered = CoverageAnswer(state=Coverage.COMPLETE, owed=2, periods=(QUARTERS[0], QUARTERS[2]))
    return replace(restores(), freshness=FreshnessAnswer(state=Freshness.FRESH), coverage=covered)


FRESH = ControlStatus(id="5.15", title="Access control", theme="Organizational", freshness=Freshness.FRESH,
                      coverage=Coverage.COMPLETE, conclusion=Conclusion.NO_EXCEPTIONS, held=Freshness.STALE,
                      planned=Freshness.FRESH, primary=(kept(),))
BACKUP = ControlStatus(id="8.13", title="Information backup", theme="Technological", freshness=Freshness.STALE,
                       coverage=Coverage.GAP, conclusion=Conclusion.DEFICIENT, held=Freshness.STALE,
                       planned=Freshness.STALE, primary=(restores(), restores("Staging", "210987654321")))
RULES = ControlStatus(id="5.1", title="Policies for information security", theme="Organizational",
                      freshness=Freshness.MISSING, coverage=Coverage.COMPLETE, conclusion=Conclusion.UNKNOWN,
                      held=Freshness.MISSING, planned=Freshness.MISSING, primary=(policy(),))
NOBODY = ControlStatus(id="7.4", title="Physical security monitoring", theme="Physical", freshness=None, coverage=None,
                       conclusion=None, unassigned=True)
EXCLUDED = ControlStatus(id="8.25", title="Secure development life cycle", theme="Technological", freshness=None,
                         coverage=None, conclusion=None, not_applicable=True)
EXPIRING = ControlStatus(id="5.9", title="Inventory of information and other associated assets", theme="Organizational",
                         freshness=Freshness.EXPIRING, coverage=Coverage.DUE, conclusion=Conclusion.UNKNOWN,
                         held=Freshness.STALE, planned=Freshness.FRESH)

SUMMARY = {
    "freshness": {"fresh": 1, "expiring": 1, "stale": 1, "missing": 1},
    "coverage": {"complete": 1, "late": 0, "due": 1, "gap": 1, "not_owed": 1},
    "conclusion": {"no_exceptions": 1, "unknown": 2, "deficient": 1},
    "unassigned": 1, "not_applicable": 1, "excepted": 0,
}
STATUS = Status(
    as_of=NOW, framework="iso27001-2022", audit=AUDIT, summary=SUMMARY,
    controls=(RULES, EXPIRING, FRESH, NOBODY, BACKUP, EXCLUDED), warnings=("scope core could not be expanded",),
)

RESTORE = Action(
    by=local(2026, 12, 31), not_before=local(2026, 10, 1), owner="platform@example.com",
    requirement="backup-restore-tests", title="Restore tests of backups", scope="prod-aws", boundary="123456789012",
    why="nothing yet in the fourth quarter", guidance="Restore one recovery point.", controls=("8.13",),
)
UPLOAD = Action(
    by=local(2026, 12, 9), not_before=local(2026, 11, 30), owner="", requirement="security-policy",
    title="The information security policy", scope="organization", boundary="organization",
    why="it would be missing on audit day", controls=("5.1", "5.2"),
)
LOST = Action(
    by=None, not_before=None, owner="platform@example.com", requirement="backup-restore-tests",
    title="Restore tests of backups", scope="prod-aws", boundary="123456789012",
    why="nothing from 2026-07-01 to 2026-09-30", controls=("8.13",), kind="explain",
)
FORECAST = Forecast(
    as_of=NOW, framework="iso27001-2022", audit=AUDIT, controls=STATUS.controls,
    actions=(RESTORE, LOST, UPLOAD, replace(RESTORE, boundary="210987654321")),
)
