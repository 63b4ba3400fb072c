"""Questions over evidence, their output, and the compacted Parquet under them."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agent.errors import ConfigurationError, StoreError
from agent.lake import compact as compaction
from agent.lake.compact import Compacted
from agent.lake.output import objects, table, write_csv, write_json
from agent.lake.query import Asked, Lake
from tests.lake.made import Maker, Shelf, day, z


def ask(lake: Lake, sql: str, **asked: Any) -> list[tuple[Any, ...]]:
    with lake.query(sql, Asked(**asked)) as result:
        return [row for batch in result.batches for row in batch]


def users(prefix: str, count: int) -> list[dict[str, Any]]:
    return [{"id": f"{prefix}{at}", "principal": f"p{at}", "mfa": at % 2 == 0} for at in range(count)]


def estate(maker: Maker) -> Lake:
    maker.piece("account", users("old", 5), collected=day(1), boundary="1")
    maker.piece("account", users("new", 3), collected=day(2), boundary="1", recorded_at=day(2.5))
    maker.piece("account", users("other", 2), collected=day(1), boundary="2")
    maker.piece("account", users("second", 4), collected=day(1), boundary="9", scope="test")
    maker.piece("asset", [{"id": "i-1", "region": "eu", "tags": {"a": "b"}}], collected=day(1), region="eu-west-1")
    return Lake(Shelf(maker.made))


def test_states_are_those_of_the_newest_artifact_of_each_boundary(maker: Maker) -> None:
    lake = estate(maker)
    rows = ask(lake, "SELECT scope, boundary, count(*), count(*) FILTER (mfa) FROM account GROUP BY ALL ORDER BY ALL")
    assert rows == [("prod", "1", 3, 2), ("prod", "2", 2, 1), ("test", "9", 4, 2)]


def test_as_of_scope_and_everything(maker: Maker) -> None:
    lake = estate(maker)
    ids = "SELECT id FROM account ORDER BY id"
    assert ask(lake, ids, as_of=day(2.4), scope="prod") == [
        ("old0",), ("old1",), ("old2",), ("old3",), ("old4",), ("other0",), ("other1",)]
    assert ask(lake, ids, as_of=day(2.5), scope="test") == [("second0",), ("second1",), ("second2",), ("second3",)]
    assert ask(lake, ids, as_of=day(0)) == []
    assert len(ask(lake, ids, everything=True)) == 14


def test_events_of_all_artifacts_each_once_unless_everything_is_asked(maker: Maker) -> None:
    first = [{"id": "e1", "outcome": "running", "occurred_at": z(day(1))}, {"id": "e2", "occurred_at": z(day(1))}]
    maker.piece("backup", [*first], collected=day(2))
    maker.piece("backup", [{"id": "e1", "outcome": "completed", "occurred_at": z(day(1))}], collected=day(3))
    maker.piece("backup", [{"id": "e1", "outcome": "failed", "occurred_at": z(day(1))}], collected=day(1), scope="test")
    lake = Lake(Shelf(maker.made))
    assert ask(lake, "SELECT scope, id, outcome FROM backup ORDER BY ALL") == [
        ("prod", "e1", "completed"), ("prod", "e2", None), ("test", "e1", "failed")]
    assert len(ask(lake, "FROM backup", everything=True)) == 4
    then = ask(lake, "SELECT outcome FROM backup WHERE id = 'e1' ORDER BY 1", as_of=day(2))
    assert then == [("failed",), ("running",)]


def test_raw_is_there_where_it_is_asked_for(maker: Maker) -> None:
    lake = estate(maker)
    assert ask(lake, "SELECT id, raw ->> '$.of' FROM asset_raw") == [("i-1", "i-1")]
    with pytest.raises(ConfigurationError, match="raw"):
        ask(lake, "SELECT raw FROM asset")


def test_columns_types_and_what_stands_beside_them(maker: Maker) -> None:
    with estate(maker).query("SELECT * FROM asset") as result:
        assert result.columns[-6:] == ("scope", "boundary", "artifact_region", "collector", "artifact", "collected_at")
        assert result.types[-1] == "TIMESTAMP WITH TIME ZONE"
        (row,) = [row for batch in result.batches for row in batch]
    told = dict(zip(result.columns, row, strict=True))
    assert told["collected_at"] == day(1)
    assert (told["region"], told["artifact_region"], told["tags"]) == ("eu", "eu-west-1", {"a": "b"})


def test_kinds_join_and_parameters_bind(maker: Maker) -> None:
    lake = estate(maker)
    sql = "SELECT a.id, s.id FROM account a, asset s WHERE a.principal = $who AND a.collected_at <= $as_of ORDER BY 1"
    assert ask(lake, sql, as_of=day(9), parameters={"who": "p2"}) == [("new2", "i-1"), ("second2", "i-1")]
    with pytest.raises(ConfigurationError, match=r"\$who"):
        ask(lake, sql, as_of=day(9))


@pytest.mark.parametrize(("sql", "line"), [
    ("SELECT nme FROM account", "SQL:1:8: Referenced column \"nme\" not found"),
    ("SELECT id FROM acount", "Did you mean 'account'?"),
    ("SELECT id::INTEGER FROM account", "Could not convert string"),
    ("SELECT * FROM read_text('/etc/passwd')", "read_text"),
    ("DROP VIEW account", "only one SELECT"),
    ("SELECT FROM WHERE", "syntax error"),
])
def test_what_is_wrong_is_one_line(maker: Maker, sql: str, line: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        ask(estate(maker), sql)
    assert line in raised.value.line()
    assert "\n" not in raised.value.line()


def test_time_is_limited_also_while_the_rows_are_read(maker: Maker) -> None:
    maker.piece("account", users("u", 1000))
    lake = Lake(Shelf(maker.made), seconds=0.3)
    with pytest.raises(ConfigurationError, match="longer than"):
        ask(lake, "SELECT count(*) FROM account a, account b, account c WHERE a.id || b.id || c.id = 'x'")


def test_columns_named_twice_get_a_number(maker: Maker) -> None:
    with estate(maker).query("SELECT id, id, 1 AS id_2 FROM asset") as result:
        assert list(objects(result)) == [{"id": "i-1", "id_2": "i-1", "id_2_2": 1}]


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "plain", "a=b", "-", "", 'quote"d', "two\nlines"]


def test_csv_cells_cannot_run_and_come_back(maker: Maker) -> None:
    maker.piece("account", [{"id": f"{at:02}", "principal": text} for at, text in enumerate(HOSTILE)])
    out = io.StringIO(newline="")
    sql = "SELECT id, principal AS \"=who\", -5 AS n, mfa FROM account ORDER BY id"
    with Lake(Shelf(maker.made)).query(sql) as result:
        assert write_csv(result, out) == len(HOSTILE)
    rows = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert rows[0] == ["id", "'=who", "n", "mfa"]
    for row, text in zip(rows[1:], HOSTILE, strict=True):
        assert row[1] == ("'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text else text)
        assert row[2:] == ["-5", ""]


def test_json_and_table(maker: Maker) -> None:
    lake = estate(maker)
    sql = ("SELECT id, tags, collected_at, 1.5::DECIMAL(4, 2) AS d, INTERVAL 1 DAY AS i, 'x'::BLOB AS b, true AS t "
           "FROM asset")
    out = io.StringIO()
    with lake.query(sql) as result:
        assert write_json(result, out) == 1
    assert json.loads(out.getvalue()) == [{
        "id": "i-1", "tags": {"a": "b"}, "collected_at": "2026-01-02T00:00:00Z", "d": "1.50", "i": "1 day", "b": "eA==",
        "t": True}]
    with lake.query(sql) as result:
        assert list(table(result, 10)) == [
            ["i-1", '{"a":"b"}', "2026-01-02T00:00:00Z", "1.50", "1 day", "eA==", "true"]]
    with lake.query("SELECT * FROM range(9)") as result:
        assert list(table(result, 2)) == [["0"], ["1"]]
    empty = io.StringIO()
    with lake.query("SELECT id FROM account WHERE false") as result:
        assert write_json(result, empty) == 0
    assert json.loads(empty.getvalue()) == []


def test_parquet_goes_where_the_command_line_says(maker: Maker, tmp_path: Path) -> None:
    target = tmp_path / "it's.parquet"
    written = estate(maker).parquet("SELECT id, tags, collected_at FROM asset WHERE id <> $x", target,
                                    Asked(parameters={"x": "no"}))
    assert written == 1
    rows = duckdb.execute("SELECT id, tags, epoch_us(collected_at) FROM read_parquet($1)", [str(target)]).fetchall()
    assert rows == [("i-1", {"a": "b"}, int(day(1).timestamp()) * 10**6)]
    target.write_bytes(b"before")
    with pytest.raises(ConfigurationError):
        estate(maker).parquet("SELECT nme FROM asset", target)
    assert target.read_bytes() == b"before"
    with pytest.raises(StoreError, match="cannot be written"):
        estate(maker).parquet("SELECT 1", tmp_path / "nowhere" / "x.parquet")
    assert not list(tmp_path.glob(".*"))


def months(maker: Maker, pieces: int = 26) -> list[dict[str, Any]]:
    chance = random.Random(3)
    told = []
    for at in range(pieces):
        records: dict[str, dict[str, Any]] = {}
        for _ in range(20):
            key = f"e{chance.randrange(200)}"
            records[key] = {"id": key, "resource": f"db{chance.randrange(5)}", "size_bytes": chance.randrange(10**6),
                            "occurred_at": z(day(at * 4) + timedelta(microseconds=chance.randrange(10**10)))}
        maker.piece("backup_test", records.values(), collected=day(at * 4), boundary=str(at % 2))
        told += [record | {"piece": at} for record in records.values()]
    return told


SUM = "SELECT count(*)::BIGINT, sum(size_bytes)::BIGINT, count(DISTINCT artifact) FROM backup_test"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of all objects that were merged."""
    seen: list[str] = []
    real: Callable[..., None] = __import__("agent.lake.stage", fromlist=["merge"]).merge

    def spy(pieces: Any, target: Path) -> None:
        seen.extend(piece.path.name for piece in pieces)
        real(pieces, target)

    monkeypatch.setattr("agent.lake.stage.merge", spy)
    return seen


def test_compacted_months_answer_the_same_and_no_object_is_opened(
    maker: Maker, tmp_path: Path, opened: list[str]
) -> None:
    told = months(maker)
    latest = {record["id"]: record for record in told}
    size = sum(record["size_bytes"] for record in latest.values())
    expected = [(len(latest), size, len({record["piece"] for record in latest.values()}))]
    lake = Lake(Shelf(maker.made), tmp_path / "lake")
    assert ask(lake, SUM) == expected
    assert len(opened) == 26
    written = Compacted(tmp_path / "lake").compact(maker.made)
    assert [month.month for month in written] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    opened.clear()
    for piece in maker.made:
        piece.path.rename(piece.path.with_suffix(".away"))
    assert ask(lake, SUM) == expected
    assert opened == []
    everything = ask(lake, SUM, everything=True)
    assert everything == [(len(told), sum(r["size_bytes"] for r in told), 26)]
    early = {r["id"]: r for r in told if r["piece"] <= 10}
    assert ask(lake, SUM, as_of=day(40))[0][:2] == (len(early), sum(r["size_bytes"] for r in early.values()))


def test_compaction_is_done_once_and_again_after_a_new_artifact(maker: Maker, tmp_path: Path) -> None:
    told = months(maker)
    held = Compacted(tmp_path / "lake")
    assert len(held.compact(maker.made)) == 4
    assert held.compact(maker.made) == []
    maker.piece("backup_test", [{"id": "late", "size_bytes": 1, "occurred_at": z(day(5))}], collected=day(5))
    lake = Lake(Shelf(maker.made), tmp_path / "lake")
    latest = {record["id"]: record for record in told}
    assert ask(lake, SUM)[0][0] == len(latest) + 1  # the month is behind: its rows and the new object's
    assert [month.month for month in held.compact(maker.made)] == ["2026-01"]
    maker.made[-1].path.unlink()
    assert ask(lake, SUM)[0][0] == len(latest) + 1


def tampered(directory: Path) -> None:
    for path in (directory / "parquet").rglob("*.parquet"):
        path.write_bytes(duckdb_bytes(directory, path))


def duckdb_bytes(directory: Path, path: Path) -> bytes:
    other = directory / "other.parquet"
    duckdb.execute(f"COPY (SELECT * REPLACE (0 AS size_bytes) FROM read_parquet('{path}')) TO '{other}'")
    return other.read_bytes()


def cut(directory: Path) -> None:
    for path in (directory / "parquet").rglob("*.parquet"):
        path.write_bytes(path.read_bytes()[:-10])


def manifest(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def apply(directory: Path) -> None:
        for path in (directory / "parquet").rglob("manifest.json"):
            held = json.loads(path.read_text())
            change(held)
            path.write_text(json.dumps(held))
    return apply


def no_manifest(directory: Path) -> None:
    for path in (directory / "parquet").rglob("manifest.json"):
        path.write_text("{")


STALE: dict[str, Callable[[Path], None]] = {
    "other rows": tampered, "cut short": cut, "no JSON": no_manifest,
    "other columns": manifest(lambda held: held["columns"].pop("resource")),
    "other objects": manifest(lambda held: held.update(artifacts=dict.fromkeys(held["artifacts"], "0" * 64))),
    "other artifacts": manifest(lambda held: held.update(artifacts={"sha256:x": "0" * 64})),
    "other scope": manifest(lambda held: held.update(scope="test")),
    "a later format": manifest(lambda held: held.update(format=99)),
    "not a mapping": manifest(lambda held: held.update(artifacts=[1])),
}


@pytest.mark.parametrize("name", STALE)
def test_stale_compaction_is_ignored(maker: Maker, tmp_path: Path, name: str) -> None:
    told = months(maker)
    lake = Lake(Shelf(maker.made), tmp_path / "lake")
    Compacted(tmp_path / "lake").compact(maker.made)
    STALE[name](tmp_path / "lake")
    latest = {record["id"]: record for record in told}
    assert ask(lake, SUM)[0][:2] == (len(latest), sum(record["size_bytes"] for record in latest.values()))


def test_the_parquet_before_the_last_is_kept_for_those_who_read_it(maker: Maker, tmp_path: Path) -> None:
    held = Compacted(tmp_path / "lake")
    for at in range(5):
        maker.piece("account", users(f"u{at}", 3), collected=day(at))
        held.compact(maker.made)
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == 2
    assert not [p for p in (tmp_path / "lake").rglob("*") if "part" in p.suffix or p.name.startswith("annexa-lake-")]


def test_a_full_or_locked_place_is_said_in_one_line(maker: Maker, tmp_path: Path) -> None:
    maker.piece("account", users("a", 3))
    maker.piece("account", users("b", 3), collected=day(1))
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "parquet").write_text("a file where a directory must be")
    with pytest.raises(StoreError, match="cannot be written"):
        Compacted(tmp_path / "lake").compact(maker.made)


def test_one_artifact_of_a_month_is_not_compacted(maker: Maker, tmp_path: Path) -> None:
    maker.piece("account", users("a", 3))
    assert Compacted(tmp_path / "lake").compact(maker.made) == []
    assert compaction.by_month(maker.made)[compaction.Month("account", "prod", "2026-01")] == maker.made


def test_two_artifacts_may_share_an_object(maker: Maker, tmp_path: Path) -> None:
    for at in range(4):
        maker.piece("account", users("same", 2), collected=day(at), boundary=str(at))
    lake = Lake(Shelf(maker.made), tmp_path / "lake")
    count = "SELECT count(*), count(DISTINCT artifact), count(DISTINCT boundary) FROM account"
    assert ask(lake, count) == [(8, 4, 4)]
    Compacted(tmp_path / "lake").compact(maker.made)
    assert ask(lake, count) == [(8, 4, 4)]
    assert datetime.fromisoformat(z(day(3))) == ask(lake, "SELECT max(collected_at) FROM account")[0][0]
