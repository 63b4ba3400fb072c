"""Evidence read beside the agent: the same answers, and what comes of a process that dies, hangs or lies."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.errors import AnnexaError, ConfigurationError, Place, StoreError, VerificationError
from agent.lake import beside
from agent.lake.beside import BesideDesk
from agent.lake.conclude import conclude
from agent.lake.desk import Asked, EndedError, OwnDesk
from agent.lake.instants import decode
from agent.lake.judged import Population
from agent.lake.wire import pack, pack_error, receive, send, unpack, unpack_error
from agent.model import Conclusion, Freshness
from tests.lake.made import T0, Maker, check, day, requirement, subjects, z

FOREVER = "SELECT id FROM records WHERE (SELECT count(*) FROM range(10000000000) a, range(10000000000) b) > 1"
FAILED = check("SELECT id, outcome, occurred_at, size_bytes FROM records WHERE outcome = 'failed' ORDER BY id")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[BesideDesk]:
    made = BesideDesk(tmp_path / "room", seconds=60)
    yield made
    made.close()


def process(desk: BesideDesk) -> subprocess.Popen[bytes]:
    assert desk._process is not None
    return desk._process


def held(desk: BesideDesk) -> subprocess.Popen[bytes] | None:
    return desk._process


def restores(maker: Maker) -> Any:
    return maker.piece("backup_test", [
        {"id": f"job-{n}", "resource": f"db-{n % 3}", "outcome": "failed" if n % 7 == 0 else "completed",
         "size_bytes": 2**62 + n, "occurred_at": z(T0 - timedelta(days=n, microseconds=n))}
        for n in range(50)
    ])


def test_the_answers_are_those_of_this_process(desk: BesideDesk, maker: Maker, tmp_path: Path) -> None:
    piece, own = restores(maker), OwnDesk(tmp_path)
    rules = [requirement("backup_test", qualifies="outcome = 'completed'"),
             requirement("backup_test", subjects=subjects()), requirement("backup_test")]
    asked = [Asked(rules[0]), Asked(rules[1]), Asked(rules[2], thinned=True)]
    found = desk.summaries(piece, asked)
    assert found == own.summaries(piece, asked)
    assert decode(found[0]).instants == tuple(
        T0 - timedelta(days=n, microseconds=n) for n in reversed(range(50)) if n % 7)
    assert desk.population([piece], subjects(kind="backup_test", where="outcome = 'failed'")) == tuple(
        sorted(f"job-{n}" for n in range(0, 50, 7)))
    population = Population("backup_test", [piece], day(1))
    checked = replace(rules[2], checks=(FAILED,))
    (result,) = desk.checks(checked, population)
    assert (result,) == own.checks(checked, population)
    assert result.count == 8
    assert {row["id"]: row["occurred_at"] for row in result.exceptions}["job-7"] == T0 - timedelta(
        days=7, microseconds=7)


def test_wrong_sql_is_told_with_its_place(desk: BesideDesk, maker: Maker) -> None:
    rule = requirement("backup_test", qualifies="outcme = 'completed'")
    with pytest.raises(ConfigurationError, match="outcome") as raised:
        desk.summaries(restores(maker), [Asked(rule)])
    assert str(raised.value.place).startswith("qualifies:1:")
    assert process(desk).poll() is None, "an error is an answer"


def test_a_process_killed_between_questions_is_replaced(desk: BesideDesk, maker: Maker) -> None:
    piece, asked = restores(maker), [Asked(requirement("backup_test"))]
    before = desk.summaries(piece, asked)
    process(desk).kill()
    process(desk).wait()
    assert desk.summaries(piece, asked) == before


def deadly(desk: BesideDesk, monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Kill the process in the middle of as many questions; returns the processes that were killed."""
    killed: list[int] = []
    asked = send

    def ask(line: socket.socket, message: bytes) -> None:
        asked(line, message)
        if len(killed) < times:
            time.sleep(0.3)
            killed.append(process(desk).pid)
            process(desk).send_signal(signal.SIGKILL)

    monkeypatch.setattr(beside, "send", ask)
    return killed


def test_a_process_killed_twice_within_a_question_answers_nothing_and_the_conclusion_is_unknown(
    desk: BesideDesk, maker: Maker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = requirement("backup_test", checks=(check(FOREVER),))
    population = Population("backup_test", [restores(maker)], day(1))
    killed = deadly(desk, monkeypatch, 2)
    answer = conclude(rule, population, Freshness.FRESH, desk.checks)
    assert answer.state is Conclusion.UNKNOWN
    assert "ended twice" in answer.reason
    assert len(set(killed)) == 2
    good = replace(rule, checks=(FAILED,))
    assert conclude(good, population, Freshness.FRESH, desk.checks).state is Conclusion.DEFICIENT


def test_a_process_killed_once_within_a_question_is_asked_again(
    desk: BesideDesk, maker: Maker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = check("SELECT id FROM records WHERE outcome = 'failed' AND "
                 "(SELECT sum(hash(range)) FROM range(400000000)) > 1")
    rule = requirement("backup_test", checks=(slow,))
    population = Population("backup_test", [restores(maker)], day(1))
    killed = deadly(desk, monkeypatch, 1)
    (result,) = desk.checks(rule, population)
    assert result.count == 8
    assert len(killed) == 1


def test_sql_without_end_is_ended_by_killing_where_interrupting_does_not(
    maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(beside, "GRACE", -58.0)
    desk = BesideDesk(tmp_path, seconds=60)
    rule = requirement("backup_test", checks=(check(FOREVER),))
    with pytest.raises(ConfigurationError, match="longer than 60 seconds"):
        desk.checks(rule, Population("backup_test", [restores(maker)], day(1)))
    assert desk._process is None
    desk.close()


def test_sql_that_takes_too_much_memory_is_told(desk: BesideDesk, maker: Maker) -> None:
    greedy = check("SELECT list(range) AS much FROM range(100000000), records WHERE id = 'job-1'")
    rule = requirement("backup_test", checks=(greedy,))
    population = Population("backup_test", [restores(maker)], day(1))
    with pytest.raises(StoreError, match="more memory"):
        desk.checks(rule, population)
    assert desk.summaries(restores(maker), [Asked(requirement("backup_test"))])


def test_many_threads_share_one_process(desk: BesideDesk, maker: Maker) -> None:
    piece, asked, found = restores(maker), [Asked(requirement("backup_test"))], []
    threads = [threading.Thread(target=lambda: found.append(desk.summaries(piece, asked))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(one == found[0] for one in found)
    assert desk._asked == 8


def test_it_is_replaced_after_its_questions_and_ended_when_idle(
    desk: BesideDesk, maker: Maker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(beside, "QUESTIONS", 2)
    piece, asked = restores(maker), [Asked(requirement("backup_test"))]
    desk.summaries(piece, asked)
    desk.rest()
    assert desk._process is not None
    desk.summaries(piece, asked)
    assert held(desk) is None
    desk.warm()
    assert process(desk).poll() is None
    monkeypatch.setattr(beside, "IDLE", -1.0)
    desk.rest()
    assert held(desk) is None


def test_closing_ends_a_question_and_answers_no_more(desk: BesideDesk, maker: Maker) -> None:
    population = Population("backup_test", [restores(maker)], day(1))
    rule = requirement("backup_test", checks=(check(FOREVER),))
    desk.warm()
    closing = threading.Timer(2, desk.close)
    closing.start()
    with pytest.raises(EndedError):
        desk.checks(rule, population)
    closing.join()
    with pytest.raises(EndedError):
        desk.checks(rule, population)


def test_it_ends_with_the_agent_and_knows_none_of_its_secrets(maker: Maker, tmp_path: Path) -> None:
    program = (
        "import os, sys, time; from pathlib import Path; from agent.lake.beside import BesideDesk\n"
        f"desk = BesideDesk(Path({str(tmp_path)!r})); desk.warm(); print(desk._process.pid, flush=True)\n"
        "time.sleep(60)"
    )
    agent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                             env={**os.environ, "AWS_SECRET_ACCESS_KEY": "very-secret"})
    assert agent.stdout is not None
    child = int(agent.stdout.readline())
    deadline = time.monotonic() + 20
    while b"agent.lake.child" not in Path(f"/proc/{child}/cmdline").read_bytes() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert b"very-secret" not in Path(f"/proc/{child}/environ").read_bytes()
    agent.kill()
    agent.wait()
    agent.stdout.close()
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("value", [
    None, True, 7, 2**70, -(2**63), 1.5, float("inf"), "text", b"\x00\xff", [1, [2]], {"a": {"$": 1}}, {1: "one"},
    datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2))),
    date(2026, 1, 2), Decimal("1.50"),
])
def test_values_come_over_the_line_the_same(value: Any) -> None:
    import orjson

    found = unpack(orjson.loads(orjson.dumps(pack(value))))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("error", [
    ConfigurationError("no such column", place=Place("qualifies", 2, 3), advice="Did you mean outcome?"),
    ConfigurationError("no place"), StoreError("gone"), VerificationError("not ours", advice="Check the store"),
])
def test_errors_come_over_the_line_the_same(error: AnnexaError) -> None:
    found = unpack_error(pack_error(error))
    assert type(found) is type(error)
    assert found.line() == error.line()


def test_an_error_that_nobody_knows_is_still_one() -> None:
    lie = b'{"error": "Iterable", "message": "m", "advice": "", "place": null}'
    assert type(unpack_error(lie)) is AnnexaError


def test_what_lies_is_not_believed(desk: BesideDesk, maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    def lying() -> socket.socket:
        ours, theirs = socket.socketpair()

        def lie() -> None:
            receive(theirs)
            send(theirs, b'{"what": "checks", "parts": "many"}')

        threading.Thread(target=lie, daemon=True).start()
        return ours

    monkeypatch.setattr(desk, "_open", lying)
    with pytest.raises(EndedError):
        desk.checks(requirement("backup_test"), Population("backup_test", [restores(maker)], day(1)))


def test_a_message_that_is_too_long_is_not_taken() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall((2**40).to_bytes(8))
        with pytest.raises(EOFError):
            receive(ours)
