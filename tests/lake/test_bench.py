"""The bench of a desk: questions share a database and nothing else, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from agent.errors import ConfigurationError
from agent.lake.bench import Bench
from agent.lake.beside import BesideDesk
from agent.lake.checks import run_checks
from agent.lake.desk import Asked
from agent.lake.judged import Population
from agent.lake.pieces import Piece
from agent.lake.stage import Stage, stage
from agent.lake.summary import summaries, summarise
from tests.lake.made import Maker, check, day, requirement, z

FAILED = check("SELECT id FROM records WHERE outcome = 'failed'")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "room")
    yield made
    made.close()


def restores(maker: Maker, day_of: int, *outcomes: str) -> Piece:
    return maker.piece("backup_test", [
        {"id": f"{day_of}-{n}", "outcome": outcome, "occurred_at": z(day(day_of))}
        for n, outcome in enumerate(outcomes)
    ])


def test_a_question_reaches_its_own_files_alone(bench: Bench, maker: Maker) -> None:
    piece, other = restores(maker, 1, "completed"), restores(maker, 2, "failed")
    with bench.scratch() as made:
        staged = stage("backup_test", [piece], made)
        with bench.reading(staged, made, made / "kept") as (connection, lying):
            (part,) = lying.parts
            assert part.path.parent == made
            assert part.path.samefile(staged.parts[0].path)
            sql = "SELECT count(*) FROM read_text('{}')"
            assert connection.execute(sql.format(part.path)).fetchone() == (1,)
            for outside in (staged.parts[0].path, other.path, "/etc/hostname"):
                with pytest.raises(duckdb.PermissionException):
                    connection.execute(sql.format(outside))
            with pytest.raises(duckdb.InvalidInputException, match="locked"):
                connection.execute("SET memory_limit = '9GB'")
            assert connection.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)
        link = part.path
    assert not link.exists()
    assert staged.parts[0].path.exists()


def test_what_a_question_makes_no_other_sees(bench: Bench, maker: Maker) -> None:
    with bench.scratch() as made:
        staged = stage("backup_test", [restores(maker, 1, "completed")], made)
        with bench.reading(staged, made, made / "one") as (first, _), \
                bench.reading(Stage("backup_test", ()), made, made / "two") as (second, _):
            first.execute("CREATE TEMP TABLE mine AS SELECT 1 AS a")
            with pytest.raises(duckdb.CatalogException):
                second.execute("FROM mine")
            second.execute("CREATE TEMP TABLE mine AS SELECT 2 AS a")
            assert first.execute("FROM mine").fetchone() == (1,)
        with bench.reading(Stage("backup_test", ()), made, made / "three") as (third, _), \
                pytest.raises(duckdb.CatalogException):
            third.execute("FROM mine")


def test_many_questions_at_once_each_have_their_own_answer(bench: Bench, maker: Maker) -> None:
    rule = requirement("backup_test", qualifies="outcome = 'completed'", checks=(FAILED,))
    pieces = [restores(maker, n, *["completed"] * n, *["failed"] * (n % 3)) for n in range(1, 9)]

    def ask(at: int) -> tuple[int, int]:
        piece = pieces[at - 1]
        (found,) = summaries(piece, [rule], bench=bench)
        (result,) = run_checks(rule, Population("backup_test", [piece], day(60)), bench=bench)
        return len(found.instants), result.count

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(1, 9))) == [(n, n % 3) for n in range(1, 9)]


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system, /dev/shm")
def test_where_there_are_no_links_the_files_are_read_where_they_lie(maker: Maker) -> None:
    piece = restores(maker, 1, "completed", "failed")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        bench = Bench(Path(elsewhere))
        with bench.scratch() as made:
            staged = stage("backup_test", [piece], made)
            crossed = staged.parts[0].path.stat().st_dev != made.stat().st_dev
            with bench.reading(staged, made, made / "kept") as (_, lying):
                assert (lying == staged) == crossed
        rule = requirement("backup_test", qualifies="outcome = 'completed'")
        assert summarise(piece, rule, bench=bench).instants == (day(1),)
        bench.close()


def test_an_error_leaves_the_bench_as_it_was(bench: Bench, maker: Maker) -> None:
    piece = restores(maker, 1, "completed")
    wrong = requirement("backup_test", qualifies="nothing = 1")
    right = requirement("backup_test", qualifies="outcome = 'completed'")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="nothing"):
            summarise(piece, wrong, bench=bench)
        assert summarise(piece, right, bench=bench).instants == (day(1),)


def test_nothing_is_left_and_a_closed_bench_can_be_used_again(tmp_path: Path, maker: Maker) -> None:
    piece, bench = restores(maker, 1, "completed"), Bench(tmp_path / "room")
    rule = requirement("backup_test", qualifies="outcome = 'completed'")
    for _ in range(2):
        assert summarise(piece, rule, bench=bench).instants == (day(1),)
        assert len(list((tmp_path / "room").iterdir())) == 1
        bench.close()
        assert list((tmp_path / "room").iterdir()) == []


def test_what_a_killed_process_had_goes_when_the_next_begins(tmp_path: Path, maker: Maker) -> None:
    desk, room = BesideDesk(tmp_path / "room", seconds=60), tmp_path / "room"
    piece, rule = restores(maker, 1, "completed"), requirement("backup_test", qualifies="outcome = 'completed'")
    desk.summaries(piece, [Asked(rule)])
    (before,) = room.iterdir()
    assert desk._process is not None
    os.kill(desk._process.pid, signal.SIGKILL)
    desk.summaries(piece, [Asked(rule)])
    (after,) = room.iterdir()
    assert after != before
    desk.close()
    assert list(room.iterdir()) == []
