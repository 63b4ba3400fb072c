from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from agent import programme
from agent.model import Audit, Certificate
from agent.programme import CertificateState, Slot, SlotState
from tests.rules.build import MINUTE, at, window

BERLIN = ZoneInfo("Europe/Berlin")
INITIAL = Certificate(kind="initial", decided=date(2024, 12, 12), expires=date(2027, 12, 12))


def real(kind: str, starts: str, ends: str, name: str = "") -> Audit:
    return Audit(name=name or kind, kind=kind, starts=at(starts), end=at(ends), period=window("2020-01-01", starts))


def slots(certificate: Certificate, audits: list[Audit], as_of: str) -> tuple[Slot, ...]:
    return programme.cycle(certificate, audits, at(as_of), UTC)


def brief(found: tuple[Slot, ...]) -> list[tuple[str, date, datetime]]:
    return [(slot.kind, slot.by, slot.audit.starts) for slot in found]


def test_three_years_from_an_initial_decision() -> None:
    assert brief(slots(INITIAL, [], "2025-01-01")) == [
        ("surveillance", date(2025, 12, 12), at("2025-12-12")),  # within twelve months
        ("surveillance", date(2026, 12, 31), at("2026-12-12")),  # within the calendar year
        ("recertification", date(2027, 12, 12), at("2027-12-12")),
    ]


def test_a_decision_early_in_the_year_owes_nothing_more_in_it() -> None:
    early = Certificate(kind="initial", decided=date(2025, 1, 15), expires=date(2028, 1, 15))
    assert brief(slots(early, [], "2025-02-01")) == [
        ("surveillance", date(2026, 1, 15), at("2026-01-15")),
        ("surveillance", date(2027, 12, 31), at("2027-01-15")),
        ("recertification", date(2028, 1, 15), at("2028-01-15")),
    ]


def test_after_a_recertification_there_is_no_limit_of_twelve_months() -> None:
    again = Certificate(kind="recertification", decided=date(2024, 3, 1), expires=date(2027, 3, 1))
    assert [slot.by for slot in slots(again, [], "2024-04-01")] == [
        date(2025, 12, 31),
        date(2026, 12, 31),
        date(2027, 3, 1),
    ]


def test_real_audits_override_the_anniversaries() -> None:
    held, dated = real("surveillance", "2025-11-03", "2025-11-06"), real("surveillance", "2026-12-07", "2026-12-10")
    found = slots(INITIAL, [dated, held, real("internal", "2026-05-01", "2026-05-02")], "2026-06-01")
    assert [(slot.audit, slot.real, slot.state, slot.late) for slot in found[:2]] == [
        (held, True, SlotState.HELD, False),
        (dated, True, SlotState.DATED, False),
    ]
    assert (found[2].real, found[2].state, found[2].audit.name) == (False, SlotState.OPEN, "recertification-2027-12-12")


def test_an_audit_is_held_when_it_has_ended() -> None:
    held = [real("surveillance", "2025-11-03", "2025-11-06")]
    states = [
        programme.cycle(INITIAL, held, at("2025-11-06") + step, UTC)[0].state for step in (-MINUTE, 0 * MINUTE, MINUTE)
    ]
    assert states == ["dated", "held", "held"]


def test_an_audit_without_a_date_is_overdue_when_its_last_day_is_over() -> None:
    found = [slots(INITIAL, [], when)[0] for when in ("2025-12-12 23:59", "2025-12-13", "2025-12-13 00:01")]
    assert [(one.state, one.late) for one in found] == [("open", False), ("overdue", True), ("overdue", True)]


@pytest.mark.parametrize(("ends", "late"), [("2025-12-13", False), ("2025-12-13 00:01", True)])
def test_an_audit_after_its_last_day_is_late(ends: str, late: bool) -> None:
    assert slots(INITIAL, [real("surveillance", "2025-12-10", ends)], "2026-01-01")[0].late is late


def test_an_audit_in_the_year_of_the_decision_is_the_first_one_and_leaves_the_years_owed() -> None:
    early = Certificate(kind="initial", decided=date(2025, 1, 15), expires=date(2028, 1, 15))
    first = real("surveillance", "2025-12-01", "2025-12-03")
    found = slots(early, [first], "2026-01-01")
    assert brief(found) == [
        ("surveillance", date(2026, 1, 15), at("2025-12-01")),
        ("surveillance", date(2026, 12, 31), at("2026-01-15")),
        ("surveillance", date(2027, 12, 31), at("2027-01-15")),
        ("recertification", date(2028, 1, 15), at("2028-01-15")),
    ]


def test_the_year_of_the_real_recertification_owes_no_surveillance() -> None:
    early = Certificate(kind="initial", decided=date(2025, 1, 15), expires=date(2028, 1, 15))
    again = real("recertification", "2027-11-01", "2027-11-05")
    found = slots(early, [again], "2026-01-01")
    assert [(slot.kind, slot.audit.starts.year) for slot in found] == [
        ("surveillance", 2026),
        ("recertification", 2027),
    ]
    assert found[-1].audit == again


def test_audits_before_the_decision_belong_to_an_earlier_cycle() -> None:
    old = [real("stage2", "2024-11-01", "2024-11-05"), real("surveillance", "2024-12-11", "2024-12-12")]
    assert not any(slot.real for slot in slots(INITIAL, old, "2025-01-01"))


def test_an_assumed_audit_has_the_default_period() -> None:
    found = slots(INITIAL, [real("surveillance", "2025-11-03", "2025-11-06")], "2026-01-01")
    assert [(slot.audit.period.start, slot.audit.period.end) for slot in found[1:]] == [
        (at("2025-11-06"), at("2026-12-12")),
        (at("2024-12-12"), at("2027-12-12")),  # the whole cycle
    ]
    assert found[1].audit.end == at("2026-12-13")


def test_the_default_period_runs_from_the_end_of_the_previous_audit_of_its_family() -> None:
    before = [
        real("stage2", "2024-11-01", "2024-11-05"),
        real("internal", "2025-05-01", "2025-05-02"),
        real("stage1", "2025-06-01", "2025-06-02"),
        real("surveillance", "2026-11-03", "2026-11-06"),
    ]
    starts = at("2025-11-03")

    def start(kind: str, audits: list[Audit], certificate: Certificate | None = None) -> datetime:
        period = programme.default_period(kind, starts, audits, UTC, certificate)
        assert period.end == starts
        return period.start

    assert start("surveillance", before, INITIAL) == at("2024-11-05")
    assert start("internal", before, INITIAL) == at("2025-05-02")
    assert start("recertification", before, INITIAL) == at("2024-12-12")
    assert start("surveillance", [], INITIAL) == at("2024-12-12")
    assert start("surveillance", []) == at("2024-11-03")
    assert start("recertification", before) == at("2024-11-05")
    late = Certificate(kind="initial", decided=date(2025, 11, 3), expires=date(2028, 11, 3))
    assert start("surveillance", [], late) == at("2024-11-03")


@pytest.mark.parametrize(
    ("instant", "state"),
    [
        ("2027-12-12 22:59", CertificateState.VALID),  # to the end of the day in Berlin
        ("2027-12-12 23:00", CertificateState.RESTORABLE),
        ("2028-06-12 21:59", CertificateState.RESTORABLE),  # six months
        ("2028-06-12 22:00", CertificateState.LAPSED),
    ],
)
def test_the_certificate_holds_then_can_be_restored_then_lapses(instant: str, state: CertificateState) -> None:
    assert programme.state(INITIAL, at(instant), BERLIN) is state


def test_alerts_come_at_local_midnights_ahead_of_the_audit() -> None:
    one = Audit(
        name="a",
        kind="internal",
        starts=at("2026-12-06 23:00"),
        end=at("2026-12-09 23:00"),
        period=window("2026-01-01", "2026-12-01"),
    )
    assert programme.alerts(one, BERLIN) == (
        at("2026-09-07 22:00"),
        at("2026-10-07 22:00"),
        at("2026-11-06 23:00"),
        at("2026-11-22 23:00"),
        at("2026-11-29 23:00"),
    )
    assert programme.alerts(one, BERLIN, [1, 3, 3]) == (at("2026-12-03 23:00"), at("2026-12-05 23:00"))


def test_what_no_audit_looked_at_is_told() -> None:
    assert programme.not_looked_at(["5.1", "5.2", "8.13"], [{"5.2"}, {"9.3", "8.13"}]) == ("5.1",)
