"""Flips are stored at their own instant, told once, and reach a real mail server and a real webhook."""

from __future__ import annotations

import email
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlmodel import select

from agent.assembly import App, telling
from agent.store import Flip, Outbox
from tests.assembly.company import NOW, Company, restore
from tests.lab.aws import faults

MAY = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)
STALE = MAY + timedelta(days=100)
WARN = STALE - timedelta(days=14)
RANKS = ["Last chance", "Gap", "Missing", "Stale", "Before audit", "Expiring"]
CONDITIONS = "[expiring, stale, missing, gap, deficient, last_chance, before_audit, collector_failing]"


@dataclass
class Mailbox:
    """A mail server that keeps what it is given, or refuses it."""

    messages: list[Message] = field(default_factory=list)
    refuse: bool = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the name that aiosmtpd calls
        if self.refuse:
            return "451 try again later"
        self.messages.append(email.message_from_bytes(envelope.content))
        return "250 kept"

    def texts(self) -> list[str]:
        found = []
        for message in self.messages:
            parts = [part for part in message.walk() if part.get_content_type() == "text/plain"]
            payload = parts[0].get_payload(decode=True)
            assert isinstance(payload, bytes)
            found.append(payload.decode())
        return found


@pytest.fixture
def mail() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, f"mailto://127.0.0.1:{port}?from=annexa@example.com&to=officer@example.com"
    finally:
        controller.stop()


@contextmanager
def webhook() -> Iterator[tuple[list[dict[str, Any]], str]]:
    got: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield got, f"json://127.0.0.1:{server.server_port}/alerts"
    finally:
        server.shutdown()
        server.server_close()


def routes(*ways: str) -> str:
    return "alerts:\n  routes:\n" + "\n".join(f"    - {way}" for way in ways)


def flips(app: App, requirement: str = "backup-restore-tests") -> list[tuple[str, str, str, datetime]]:
    with app.store.reading() as session:
        rows = session.exec(select(Flip).where(Flip.requirement == requirement).order_by(Flip.at, Flip.id))  # type: ignore[arg-type]  # columns, to the checker plain values
        return [(row.axis, row.before, row.after, row.at) for row in rows]


def look(firm: Company) -> int:
    """Let the agent look at what time has brought, and deliver; returns the messages sent."""
    with firm.app() as app:
        telling.notice(app, firm.now)
        telling.calendar(app, firm.now)
        return telling.deliver(app, firm.now)


def test_a_flip_has_the_instant_of_the_change_also_when_nobody_was_running(firm: Company) -> None:
    firm.now = MAY + timedelta(days=1)
    firm.restores(restore("r-1", MAY))
    firm.collect()
    firm.now = STALE + timedelta(days=20)
    with firm.app() as app:
        telling.notice(app, firm.now)
        found = [one for one in flips(app) if one[0] == "freshness"]
        assert found == [
            ("freshness", "", "fresh", MAY + timedelta(days=1)),
            ("freshness", "fresh", "expiring", WARN),
            ("freshness", "expiring", "stale", STALE),
        ]
        assert telling.notice(app, firm.now) == 0, "a second look finds nothing new"


def test_each_flip_is_told_once_by_mail(firm: Company, mail: tuple[Mailbox, str]) -> None:
    box, address = mail
    firm.more = routes(f'{{to: "{address}", on: [stale]}}')
    firm.now = MAY + timedelta(days=1)
    firm.restores(restore("r-1", MAY))
    firm.collect()
    assert look(firm) == 0
    firm.now = STALE + timedelta(hours=1)
    assert look(firm) == 1
    assert look(firm) == 0, "a restart, or a second look, tells nothing twice"
    (text,) = box.texts()
    assert "Restore tests of backups: stale, was expiring" in text
    subject = str(make_header(decode_header(box.messages[0]["Subject"])))
    assert subject.startswith("annexa · Example Ltd: Restore tests of backups: stale")


def test_what_expires_is_told_by_mail_and_to_a_webhook_with_its_reason(
    firm: Company, mail: tuple[Mailbox, str]
) -> None:
    box, address = mail
    with webhook() as (got, hook):
        firm.more = routes(f'{{to: "{address}", on: [expiring]}}', f'{{to: "{hook}", on: [expiring]}}')
        firm.now = MAY + timedelta(days=1)
        firm.restores(restore("r-1", MAY))
        firm.collect()
        firm.now = WARN - timedelta(minutes=1)
        assert look(firm) == 0
        firm.now = WARN
        assert look(firm) == 2
        assert look(firm) == 0
        with firm.app(writer=False) as app:
            (held,) = [one for one in app.alerts(firm.now) if one["requirement"] == "backup-restore-tests"
                       and one["condition"] == "expiring"]
    (text,) = box.texts()
    (sent,) = got
    reason = "the newest evidence is of 2026-05-20, stale from 2026-08-28"
    for said in (text, sent["message"]):
        assert "Restore tests of backups: expiring, was fresh" in said
        assert reason in said
    assert (held["reason"], held["was"], held["tells"]) == (reason, "fresh", WARN)


def test_what_calls_at_a_later_day_is_what_will_be_noticed_by_then(firm: Company) -> None:
    """Asked months ahead, alerts are those that the agent finds when the day has come and nothing was collected."""
    firm.now = MAY + timedelta(days=1)
    firm.restores(restore("r-1", MAY), restore("r-2", MAY, "FAILED"))
    firm.collect()
    look(firm)
    later = STALE + timedelta(days=20)
    with firm.app(writer=False) as app:
        early, foreseen = app.alerts(WARN - timedelta(days=1)), app.alerts(later)
        at_warn = app.alerts(WARN)
    mine = [one for one in at_warn if one["requirement"] == "backup-restore-tests" and one["condition"] == "expiring"]
    assert [(one["since"], one["was"]) for one in mine] == [(WARN, "fresh")]
    assert not [one for one in early if one["condition"] == "expiring" and one["requirement"] == "backup-restore-tests"]
    firm.now = later
    look(firm)
    with firm.app(writer=False) as app:
        noticed = app.alerts(later)
    keys = ("requirement", "scope", "boundary", "condition", "was", "since", "tells")
    assert {tuple(one[key] for key in keys) for one in foreseen} == {tuple(one[key] for key in keys) for one in noticed}
    assert {one["condition"] for one in foreseen} >= {"stale", "missing", "gap"}


def test_a_gap_that_another_audit_asks_for_calls_from_the_day_of_the_period(firm: Company) -> None:
    firm.now = MAY + timedelta(days=1)
    firm.restores(restore("r-1", MAY))
    firm.collect()
    with firm.app(writer=False) as app:
        found = {one["requirement"]: one for one in app.alerts(STALE + timedelta(days=200)) if one["condition"] == "gap"}
    assert found["audit-tests"]["since"] == datetime(2027, 1, 1, tzinfo=UTC), "after the audit that was next then"
    assert found["audit-tests"]["reason"] == "nothing from 2026-01-01 to 2026-12-31"
    assert found["access-reviews"]["since"] == datetime(2026, 7, 1, tzinfo=UTC)


def test_what_never_had_evidence_is_told_once_a_week_after_the_installation(
    firm: Company, mail: tuple[Mailbox, str]
) -> None:
    box, address = mail
    with webhook() as (got, hook):
        firm.more = routes(f'{{to: "{address}", on: [missing]}}', f'{{to: "{hook}", on: [missing], owners: [hr]}}')
        firm.collect()
        assert look(firm) == 0, "nothing has come yet on the first day, which is no news"
        with firm.app(writer=False) as app:
            held = [one for one in app.alerts(firm.now) if one["condition"] == "missing"]
        assert len(held) > 50
        assert {one["reason"] for one in held} <= {"never collected", "collected, but nothing qualifies"}
        day = NOW.replace(hour=0) + timedelta(days=8)
        assert {one["tells"] for one in held} == {day}
        firm.now = day - timedelta(minutes=1)
        assert look(firm) == 0
        firm.now = day
        assert look(firm) == 2
        firm.now = day + timedelta(days=20)
        assert look(firm) == 0, "once"
    (text,) = box.texts()
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert 3 < len(lines) <= 16
    assert len(got) == 1
    assert "of hr: missing, no evidence since asked for on 2026-08-10 · organization" in got[0]["title"]


def test_a_route_that_refuses_loses_nothing(firm: Company, mail: tuple[Mailbox, str]) -> None:
    box, address = mail
    firm.more = routes(f'{{to: "{address}", on: [stale]}}')
    firm.now = MAY + timedelta(days=1)
    firm.restores(restore("r-1", MAY))
    firm.collect()
    firm.now, box.refuse = STALE + timedelta(hours=1), True
    assert look(firm) == 0
    box.refuse = False
    assert look(firm) == 0, "not before the pause is over"
    firm.now += timedelta(minutes=2)
    assert look(firm) == 1
    assert len(box.messages) == 1


def test_a_digest_gathers_and_says_the_irreparable_first(firm: Company) -> None:
    with webhook() as (got, address):
        firm.more = routes(f'{{to: "{address}", on: {CONDITIONS}, digest: PT1H}}')
        firm.now = MAY + timedelta(days=1)
        firm.restores(restore("r-1", MAY))
        firm.collect()
        look(firm)
        firm.now = datetime(2026, 9, 10, 12, 0, tzinfo=UTC)
        look(firm)
        before = len(got)
        firm.now += timedelta(minutes=30)
        look(firm)
        assert len(got) == before, "still gathering"
        firm.now += timedelta(minutes=31)
        look(firm)
        assert len(got) == before + 1
        lines = got[-1]["message"].splitlines()
        heads = [line for line in lines if line and not line.startswith((" ", "-"))]
        order = [head.split(" (")[0] for head in heads]
        assert order == sorted(order, key=RANKS.index)
        assert order[0] == "Last chance"
        assert "Before audit" in order
        chances = int(heads[0].removeprefix("Last chance (").removesuffix(")"))
        shown = [line for line in lines if line.startswith("- Last chance")]
        assert len(shown) == min(chances, 15)
        assert (f"- and {chances - 15} more: annexa alerts" in lines) == (chances > 15)


def test_before_the_audit_a_long_downtime_brings_one_message_not_four(firm: Company) -> None:
    with webhook() as (got, address):
        firm.more = routes(f'{{to: "{address}", on: [before_audit]}}')
        firm.restores(restore("r-1", MAY))
        firm.collect()
        firm.now = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)  # 90, 60, 30, 14 and 7 days before are over
        look(firm)
        look(firm)
        assert len(got) == 1
        assert "5 days to the audit autumn" in got[0]["title"]
        assert "Restore tests of backups (prod)" in got[0]["message"]


def test_a_collector_that_keeps_failing_is_told_after_three_runs_and_once(firm: Company) -> None:
    with webhook() as (got, address):
        firm.more = routes(f'{{to: "{address}", on: [collector_failing]}}')
        firm.double.fault("backup.list_restore_jobs", faults.denied(), region="eu-west-1")
        for run in range(5):
            firm.now = NOW + timedelta(days=run)
            firm.collect()
            look(firm)
            assert len(got) == (1 if run >= 2 else 0)
        assert "aws.backup_restore_jobs has not succeeded 3 times in a row" in got[0]["title"]
        assert "eu-west-1" in got[0]["title"]


def test_routes_carry_only_what_they_are_for(firm: Company) -> None:
    with webhook() as (mine, one), webhook() as (theirs, other):
        firm.more = routes(
            f'{{to: "{one}", on: [stale], owners: [backup-owner]}}', f'{{to: "{other}", on: [stale], owners: [hr]}}'
        )
        firm.now = MAY + timedelta(days=1)
        firm.restores(restore("r-1", MAY))
        firm.collect()
        firm.now = STALE + timedelta(hours=1)
        look(firm)
        assert (len(mine), len(theirs)) == (1, 0)


def test_an_address_is_never_in_the_store(firm: Company) -> None:
    with webhook() as (_got, address):
        secret = address + "?token=hunter2hunter2"
        firm.environ["ALERT_URL"] = secret
        firm.more = routes('{to: "${ALERT_URL}", on: [stale]}')
        firm.now = MAY + timedelta(days=1)
        firm.restores(restore("r-1", MAY))
        firm.collect()
        firm.now = STALE + timedelta(hours=1)
        look(firm)
        with firm.app(writer=False) as app, app.store.reading() as session:
            assert session.exec(select(Outbox)).all()
    for file in (firm.folder / "annexa-data").rglob("*"):
        if file.is_file():
            assert b"hunter2" not in file.read_bytes(), file
