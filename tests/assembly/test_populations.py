"""What is lacking of a population is told: runs not accepted, places never read, spans without evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from agent.assembly.populations import Asked, completeness
from agent.model import Duration, Requirement, Window
from agent.store import ArtifactRow

T0 = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return T0 + timedelta(days=number)


def run(at: int, outcome: str = "succeeded", **more: Any) -> ArtifactRow:
    given: dict[str, Any] = {
        "id": f"sha256:{at}{outcome}", "leaf": at, "object": "", "path": "", "size": 0, "stored_size": 0,
        "envelope": "", "collector": "c", "collector_version": "1", "kind": "account", "scope": "prod",
        "boundary": "1", "region": "", "source": "provider", "outcome": outcome, "records": 0,
        "collected_at": day(at), "finished_at": day(at), "recorded_at": day(at), **more,
    }
    return ArtifactRow(**given)


def told(rows: list[ArtifactRow], good: list[ArtifactRow], owed: set[tuple[str, str, str]] | None = None,
         as_of: int = 90) -> dict[str, Any]:
    weekly = Duration(exact=timedelta(days=7), text="P7D")
    found = Requirement(id="r", title="R", primary=("5.1",), kind="account", cadence=weekly, max_age=weekly)
    asked = Asked(requirement="r", period=Window(day(0), day(30)), as_of=day(as_of))
    return completeness(found, rows, good, asked, owed or set())


def test_everything_is_there() -> None:
    rows = [run(at) for at in range(3, 30, 7)]
    assert told(rows, rows, {("prod", "1", "")}) == {
        "complete": True, "accepted_runs": 4, "not_accepted": [], "never_read": [], "missing": []}


def test_runs_that_are_not_accepted() -> None:
    rows = [run(at) for at in range(0, 30, 7)]
    partial, failed = run(4, "partial"), run(5, "failed", error="denied")
    voided = run(6, voided_at=day(8))
    late = run(7, voided_at=day(95))
    found = told([*rows, partial, failed, voided, late], [*rows, late])
    assert [(one["why"], one["error"]) for one in found["not_accepted"]] == [
        ("partial", None), ("failed", "denied"), ("voided", None)]
    assert found["complete"] is False


def test_places_never_read() -> None:
    rows = [run(at, region="eu") for at in range(0, 30, 7)]
    found = told(rows, rows, {("prod", "1", "eu"), ("prod", "1", "us"), ("prod", "2", "")})
    assert found["never_read"] == [{"scope": "prod", "boundary": "1", "region": "us"},
                                   {"scope": "prod", "boundary": "2", "region": ""}]


def test_spans_without_evidence() -> None:
    rows = [run(at) for at in (2, 9, 23)]
    (hole,) = told(rows, rows)["missing"]
    assert (hole["from"], hole["to"]) == (day(16), day(23))
    assert [(one["from"], one["to"]) for one in told(rows[:2], rows[:2], as_of=20)["missing"]] == [(day(16), day(20))]


def test_windows_that_leave_a_hole() -> None:
    rows = [run(10, window_start=day(0), window_end=day(10)), run(30, window_start=day(12), window_end=day(30))]
    (hole,) = told(rows, rows)["missing"]
    assert (hole["from"], hole["to"]) == (day(10), day(12))
