"""Status and forecast as people read them: nothing wider than the screen, worst first, words beside signs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, timedelta
from functools import partial

import pytest
from rich.cells import cell_len

from agent import programme
from agent.cli.screen import Screen
from agent.cli.show import alerts, audits, control, forecast, periods, status
from agent.model import (
    Audit,
    Certificate,
    Conclusion,
    Coverage,
    CoverageAnswer,
    Freshness,
    Period,
    PeriodState,
    Window,
)
from agent.model.conclusions import CheckResult, ConclusionAnswer
from tests.cli import drive, sample

CONTEXT = status.Context("Example Ltd", "ISO/IEC 27001:2022, Annex A", sample.BERLIN)
LOOK = control.View(sample.NOW, sample.BERLIN)
VIEWS: dict[str, Callable[[Screen], None]] = {
    "status": lambda on: status.status(on, sample.STATUS, CONTEXT),
    "all": lambda on: status.status(on, sample.STATUS, CONTEXT, everything=True),
    "control": lambda on: control.control(on, sample.BACKUP, LOOK),
    "forecast": lambda on: forecast.forecast(on, sample.FORECAST, CONTEXT),
}


def drawn(view: Callable[[Screen], None], width: int = 80, encoding: str = "utf-8") -> list[str]:
    screen, raw = drive.screen(width, encoding)
    view(screen)
    return raw.getvalue().decode(encoding).splitlines()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_screen(view: str, width: int) -> None:
    lines = drawn(VIEWS[view], width)
    assert lines
    assert [line for line in lines if cell_len(line) > width or line != line.rstrip()] == []


@pytest.mark.parametrize("view", VIEWS)
def test_wide_characters_and_hostile_names_fit_too(view: str) -> None:
    nasty = "情報セキュリティ" * 6 + " \x1b[31mred\x07 \u202ereversed " + "x" * 300
    holding = replace(sample.restores(nasty), owner=nasty)
    bad = replace(sample.BACKUP, title=nasty, primary=(holding,))
    answers: dict[str, Callable[[Screen], None]] = {
        "status": lambda on: status.status(on, replace(sample.STATUS, controls=(bad,), warnings=(nasty,)), CONTEXT),
        "all": lambda on: status.status(on, replace(sample.STATUS, controls=(bad,)), CONTEXT, everything=True),
        "control": lambda on: control.control(on, bad, LOOK),
        "forecast": lambda on: forecast.forecast(
            on, replace(sample.FORECAST, controls=(bad,), actions=(replace(sample.RESTORE, title=nasty),)), CONTEXT
        ),
    }
    for width in (60, 80, 120):
        lines = drawn(answers[view], width)
        assert [line for line in lines if cell_len(line) > width] == []
        assert not any(char in "\x1b\x07\u202e" for line in lines for char in line)


@pytest.mark.parametrize("view", VIEWS)
def test_ascii_has_signs_of_its_own(view: str) -> None:
    lines = drawn(VIEWS[view], encoding="ascii")
    assert any("x " in line for line in lines)


def test_the_header_says_whose_answer_it_is_and_how_far_the_audit() -> None:
    lines = drawn(VIEWS["status"], 120)
    assert lines[0] == "Example Ltd · ISO/IEC 27001:2022, Annex A · as of 2026-11-24 10:30 Europe/Berlin"
    assert lines[1] == "Next audit: surveillance, 2026-12-07 to 2026-12-09, in 13 days"


def test_no_audit_says_how_to_have_one() -> None:
    lines = drawn(lambda on: status.status(on, replace(sample.STATUS, audit=None), CONTEXT))
    assert lines[1] == "No audit is known: add `audits:` or `certificate:` to the configuration."


def test_the_summary_counts_three_axes() -> None:
    text = "\n".join(drawn(VIEWS["status"], 120))
    assert "Freshness    ✗ 1 missing   ✗ 1 stale   ! 1 expiring   ✓ 1 fresh" in text
    assert "Coverage     ✗ 1 gap   - 0 late   ! 1 due   ✓ 1 complete" in text
    assert "- 1 without a period owed" in text
    assert "Conclusion   ✗ 1 deficient   ? 2 unknown   ✓ 1 no exceptions" in text
    assert "Beside       1 unassigned, 1 not applicable" in text


def test_worst_first_and_what_needs_nobody_is_counted() -> None:
    lines = drawn(VIEWS["status"])
    listed = [line.split()[0] for line in lines if line[:2] in ("8.", "5.", "7.")]
    assert listed == ["8.13", "5.1", "7.4", "5.9"]
    assert lines[-1] == "2 controls need nothing now; --all lists every control."
    everything = [line.split()[0] for line in drawn(VIEWS["all"]) if line[:2] in ("8.", "5.", "7.")]
    assert everything == ["8.13", "5.1", "7.4", "5.9", "5.15", "8.25"]


def test_a_state_is_a_word_with_a_sign() -> None:
    lines = {line.split()[0]: line for line in drawn(VIEWS["all"], 100) if line[:2] in ("8.", "5.", "7.")}
    assert lines["8.13"].split()[-6:] == ["✗", "stale", "✗", "gap", "✗", "deficient"]
    assert lines["5.15"].split()[-7:] == ["✓", "fresh", "✓", "complete", "✓", "no", "exceptions"]
    assert lines["5.1"].split()[-5:] == ["✗", "missing", "-", "?", "unknown"]
    assert lines["7.4"].endswith("✗ unassigned")
    assert lines["8.25"].endswith("- not applicable")


def test_coverage_of_which_no_period_was_owed_is_never_called_complete() -> None:
    rules = replace(sample.STATUS, controls=(sample.RULES,))
    quarterly = replace(sample.restores(), coverage=CoverageAnswer(state=Coverage.COMPLETE))
    early = replace(sample.STATUS, controls=(replace(sample.RULES, primary=(sample.policy(), quarterly)),))
    for answer, why in ((rules, "by freshness alone"), (early, "nothing owed yet")):
        for width in (60, 80, 140):
            text = "\n".join(drawn(partial(status.status, answer=answer, context=CONTEXT), width))
            table = text[text.index("Policies"):]
            assert why in table
            assert "complete" not in table
        one = "\n".join(drawn(partial(control.control, one=answer.controls[0], view=control.View(sample.NOW, UTC)), 100))
        assert f"missing   - {why}   ? unknown" in one
        assert "complete" not in one


def test_a_wide_screen_says_why() -> None:
    text = " ".join(" ".join(drawn(VIEWS["status"], 200)).split())
    assert "backup-restore-tests in prod-aws/Production: evidence of 2026-05-20, stale since 2026-08-28 (and 1" in text
    assert "security-policy in organization: never collected" in text


def test_an_excepted_control_is_shown_as_such() -> None:
    answer = replace(sample.STATUS, controls=(replace(sample.BACKUP, excepted=True),))
    assert any("stale (excepted)" in line for line in drawn(lambda on: status.status(on, answer, CONTEXT)))


def test_a_control_shows_its_periods_exceptions_and_owner() -> None:
    text = "\n".join(drawn(VIEWS["control"], 120))
    assert "Q4 2025 ✓  Q1 2026 ! covered late  Q2 2026 ✓  Q3 2026 ✗ gap  Q4 2026 ! due, 38 days left" in text
    assert "No restore failed: 7 exceptions in 40 records" in text
    assert "id job-1, outcome failed" in text
    assert "job-2" not in text
    assert "and 5 more" in text
    assert "prod-aws, 123456789012 (Production)" in text
    assert "platform@example.com" in text
    assert "sha256:ab12ab12ab12ab12" in text


def test_places_that_stand_alike_are_one_and_the_rest_is_counted() -> None:
    quiet = replace(sample.restores(), conclusion=ConclusionAnswer(state=Conclusion.UNKNOWN, reason="it is stale"))
    alike = tuple(replace(quiet, boundary=f"{number:012}", boundary_name="") for number in range(6))
    many = tuple(sample.restores(f"Plant {number}", f"99{number:010}") for number in range(4))
    one = replace(sample.BACKUP, primary=(*alike, *many), supporting=(sample.policy(),))
    text = "\n".join(drawn(lambda on: control.control(on, one, LOOK), 200))
    assert text.count("Restore tests of backups") == 1
    assert "and 8 more places: ✗ 8 stale; --all shows them" in text
    assert "The information security policy  security-policy, 1 place" in text
    whole = "\n".join(drawn(lambda on: control.control(on, one, replace(LOOK, most=None)), 200))
    assert "prod-aws, 000000000000; prod-aws, 000000000001; prod-aws, 000000000002; prod-aws, 000000000003" in whole
    assert "more" not in whole.replace("if nothing more", "")
    assert whole.count("id job-6, outcome failed") == 4
    assert "supporting, does not decide" in whole


@pytest.mark.parametrize("width", [60, 80])
def test_an_id_is_broken_only_where_its_parts_end(width: int) -> None:
    operation = "//cloudsql.googleapis.com/projects/nordwind-shop/operations/op-0082020713194"
    check = CheckResult(check="c", title="No restore failed", state=Conclusion.DEFICIENT, count=1, records=2,
                        exceptions=({"id": operation, "resource": "arn:aws:rds:eu-central-1:422222222222:db:old-crm"},))
    held = replace(sample.restores(), conclusion=ConclusionAnswer(state=Conclusion.DEFICIENT, checks=(check,)))
    lines = drawn(lambda on: control.control(on, replace(sample.BACKUP, primary=(held,)), LOOK), width)
    start = next(at for at, line in enumerate(lines) if line.startswith("    - id"))
    rows = [line.strip() for line in lines[start:]]
    assert "".join(rows).removeprefix("- id").strip().startswith(f"{operation},")
    words = {part for line in rows for part in re.split(r"[\s/:,]+", line)}
    assert words >= {"cloudsql.googleapis.com", "nordwind-shop", "op-0082020713194", "eu-central-1", "old-crm"}


@pytest.mark.parametrize(
    ("start", "end", "name"),
    [
        ((2026, 1, 1), (2027, 1, 1), "2026"),
        ((2026, 7, 1), (2027, 1, 1), "H2 2026"),
        ((2026, 4, 1), (2026, 7, 1), "Q2 2026"),
        ((2026, 2, 1), (2026, 3, 1), "2026-02"),
        ((2026, 12, 28), (2027, 1, 4), "W53 2026"),
        ((2026, 3, 29), (2026, 3, 30), "2026-03-29"),
    ],
)
def test_periods_have_the_names_that_people_use(
    start: tuple[int, int, int], end: tuple[int, int, int], name: str
) -> None:
    period = Period(sample.local(*start), sample.local(*end), PeriodState.COVERED)
    assert periods.label(period, sample.BERLIN) == name


def test_many_periods_are_counted_and_only_the_troubled_named() -> None:
    first = sample.local(2026, 1, 1)
    days = [Period(first + timedelta(days=n), first + timedelta(days=n + 1), PeriodState.COVERED) for n in range(60)]
    days[30] = replace(days[30], state=PeriodState.GAP)
    answer = CoverageAnswer(state=Coverage.GAP, periods=tuple(days))
    screen, _ = drive.screen(80)
    parts = [str(part) for part in periods.parts(answer, sample.NOW, sample.BERLIN, screen.signs)]
    assert parts == ["✓ 59 covered", "✗ 1 gap", "2026-01-31 ✗ gap"]


def test_holes_of_a_continuous_requirement_are_named() -> None:
    hole = Window(sample.local(2026, 3, 1), sample.local(2026, 3, 2))
    screen, _ = drive.screen(80)
    answer = CoverageAnswer(state=Coverage.GAP, gaps=(hole,))
    (part,) = periods.parts(answer, sample.NOW, sample.BERLIN, screen.signs)
    assert str(part) == "✗ hole 2026-03-01 00:00 to 2026-03-02 00:00"


def test_the_forecast_begins_with_who_has_to_act_by_when() -> None:
    lines = drawn(VIEWS["forecast"], 120)
    start = lines.index("Who has to act by when")
    assert lines[start + 1:start + 8] == [
        "By 2026-12-09, in 15 days",
        "  ! The information security policy  nobody named (see `owners:`), in organization",
        "      not before 2026-11-30, or it would be stale again",
        "      it would be missing on audit day (controls 5.1, 5.2)",
        "By 2026-12-31, in 37 days",
        "  ! Restore tests of backups  platform@example.com, in prod-aws/123456789012, prod-aws/210987654321",
        "      nothing yet in the fourth quarter (control 8.13)",
    ]
    assert "No longer possible" in lines
    assert "Gaps that nothing repairs any more: prepare the explanation" in lines
    at = lines.index("Controls at the end of the audit's last day")
    assert [line.split()[0] for line in lines[at + 2:at + 5]] == ["7.4", "5.1", "8.13"]
    assert lines[-1].startswith("3 controls will be fresh as planned or are not applicable")


def test_the_same_action_in_many_places_is_told_once() -> None:
    many = tuple(replace(sample.RESTORE, boundary=f"{n:012}") for n in range(500))
    (group,) = forecast.grouped(many)
    assert len(group.places) == 500
    answer = replace(sample.FORECAST, actions=many)
    text = "\n".join(drawn(lambda on: forecast.forecast(on, answer, CONTEXT), 120))
    assert "in 500 places, prod-aws/000000000000 first" in text


def test_how_is_told_where_it_is_asked_for() -> None:
    text = "\n".join(drawn(lambda on: forecast.forecast(on, sample.FORECAST, CONTEXT, how=True)))
    assert "Restore one recovery point." in text
    assert "--how" not in text
    assert "Restore one recovery point." not in "\n".join(drawn(VIEWS["forecast"]))


def test_alerts_are_a_line_each() -> None:
    one = {"condition": "stale", "requirement": "backup-restore-tests", "scope": "prod", "boundary": "123456789012",
           "since": sample.local(2026, 8, 28), "tells": sample.local(2026, 8, 28), "was": "fresh", "reason": "old"}
    about = alerts.Asked(sample.NOW, sample.BERLIN)
    assert drawn(lambda on: alerts.alerts(on, [one], about), 100) == [
        "State    Requirement                                Known since  Why",
        "✗ stale  backup-restore-tests in prod/123456789012  2026-08-28   old",
    ]
    waits = one | {"tells": sample.local(2026, 9, 5)}
    assert drawn(lambda on: alerts.alerts(on, [waits], about), 100)[1].endswith("old; told on 2026-09-05")
    assert drawn(lambda on: alerts.alerts(on, [], about)) == ["✓ nothing calls anybody now"]
    ahead = alerts.Asked(sample.local(2027, 3, 1), sample.BERLIN, ahead=True)
    assert drawn(lambda on: alerts.alerts(on, [], ahead)) == [
        "By 2027-03-01 00:00, if nothing more is collected:", "✓ nothing calls anybody",
    ]


@pytest.mark.parametrize("width", [60, 72, 80, 100])
def test_no_id_in_an_alert_is_broken(width: int) -> None:
    subscription = "7c1a52e0-44b1-4f7e-9d0b-1f0a6a2b9c01"
    one = {"condition": "stale", "requirement": "privileged-access-reviews", "scope": "azure", "boundary": subscription,
           "since": sample.local(2026, 8, 28), "tells": sample.local(2026, 8, 28), "was": "fresh",
           "reason": "the newest evidence is of 2026-05-20, stale since 2026-08-28"}
    lines = drawn(lambda on: alerts.alerts(on, [one], alerts.Asked(sample.NOW, sample.BERLIN)), width)
    said = " ".join(lines).split()
    assert "privileged-access-reviews" in said
    assert f"azure/{subscription}" in said
    assert "Known since" in " ".join(lines)


def test_nothing_to_do_says_so() -> None:
    answer = replace(sample.FORECAST, actions=(), controls=(sample.FRESH,))
    text = "\n".join(drawn(lambda on: forecast.forecast(on, answer, CONTEXT)))
    assert "✓ nobody has to do anything before this audit" in text


def test_what_fails_on_what() -> None:
    from agent.cli.commands.answers import wrong

    assert wrong(sample.BACKUP, ["stale"])
    assert wrong(sample.BACKUP, ["gap"])
    assert wrong(sample.BACKUP, ["deficient"])
    assert not wrong(sample.BACKUP, ["missing", "unassigned"])
    assert wrong(sample.NOBODY, ["unassigned"])
    assert not wrong(sample.EXCLUDED, ["unassigned", "missing", "gap"])
    hidden = replace(sample.BACKUP, freshness=Freshness.MISSING, coverage=Coverage.COMPLETE,
                     conclusion=Conclusion.UNKNOWN)
    assert wrong(hidden, ["stale"]), "a stale requirement counts where another one is missing"
    assert not wrong(replace(sample.BACKUP, excepted=True), ["stale"])
    excepted = replace(sample.FRESH, primary=(replace(sample.restores(), excepted=True),))
    assert not wrong(excepted, ["stale", "gap", "deficient"])


def test_an_audit_that_is_overdue_says_what_to_do_if_it_was_held() -> None:
    certificate = Certificate(kind="initial", decided=date(2024, 12, 12), expires=date(2027, 12, 12))

    def told(*real: Audit) -> str:
        listed = programme.cycle(certificate, real, sample.local(2026, 8, 28), sample.BERLIN)
        return "\n".join(drawn(lambda on: audits.audits(on, listed, sample.BERLIN), 200))

    assert "overdue, assumed date, owed by 2025-12-12, too late" in told()
    assert "An audit that was held counts once `audits:` of the configuration has it with its days." in told()
    starts = sample.local(2025, 11, 24)
    held = Audit(name="first", kind="surveillance", starts=starts, end=sample.local(2025, 11, 27),
                 period=Window(sample.local(2024, 12, 12), starts))
    assert "held, owed by 2025-12-12" in told(held)
    assert "audits:" not in told(held)
