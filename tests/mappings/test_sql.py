"""The bench: SQL of a mapping reaches nothing but its records, and what it answers is plain."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.lake.pieces import columns as lake_columns
from agent.mapping.lint_sql import lint_sql
from agent.mapping.sql import BESIDE, Bench, SqlError, expression, qualify, select, wants_as_of
from agent.model import KINDS, Check, Duration, Requirement


def complaints(exceptions: str, qualifies: str = "") -> list[str]:
    check = Check(id="c", title="C", exceptions=exceptions)
    one = Requirement(id="r", title="R", primary=("8.13",), kind="backup_test", cadence=Duration(3, text="P3M"),
                      max_age=Duration(4, text="P4M"), checks=(check,), qualifies=qualifies)
    return [message for _, message, _ in lint_sql(one)]


def asked(bench: Bench, sql: str) -> None:
    """Ask what lint has let through."""
    select(sql)
    bench.rows(sql)


@pytest.mark.parametrize("sql", [
    "SELECT content AS id FROM read_text('{file}')",
    "SELECT id FROM read_csv('{file}')",
    "SELECT id FROM '{file}'",
    "SELECT file AS id FROM glob('{folder}/*')",
    "COPY records TO '{file}'",
    "ATTACH '{file}' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '9GB'",
    "PRAGMA enable_external_access",
    "SELECT id FROM records; COPY records TO '{file}'",
    "INSERT INTO records SELECT * FROM records",
])
def test_a_check_reaches_no_file_and_changes_nothing(sql: str, tmp_path: Path) -> None:
    file = tmp_path / "secret.csv"
    file.write_text("id\nsecret\n")
    text = sql.format(file=file, folder=tmp_path)
    with Bench("backup_test") as bench, pytest.raises(SqlError) as caught:
        asked(bench, text)
    assert "\n" not in str(caught.value)
    assert file.read_text() == "id\nsecret\n"
    assert len(complaints(text)) == 1


def test_a_closed_parenthesis_does_not_break_out_of_an_expression() -> None:
    for text in ("true) OR (true", "true) UNION SELECT * FROM (records", "true; DROP TABLE records", ""):
        with pytest.raises(SqlError):
            expression(text)


def test_what_nests_too_deeply_is_one_line() -> None:
    (said,) = complaints("SELECT id FROM records WHERE " + "(" * 3000 + "true" + ")" * 3000)
    assert "depth" in said
    assert "\n" not in said


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_bench(kind: str) -> None:
    with Bench(kind) as bench:
        assert bench.columns("SELECT * FROM records") == [*KINDS[kind].columns, *BESIDE]
        assert BESIDE.items() <= lake_columns(kind).items(), "the lake has them, under the same names"
        bench.load([{"id": "a"}])
        assert bench.rows("SELECT id FROM records") == [{"id": "a"}]


def test_a_column_that_the_kind_does_not_have_is_named() -> None:
    with pytest.raises(SqlError, match="kind asset has no column 'outcome'"):
        qualify("asset", "", [{"id": "a", "outcome": "completed"}])


def test_null_does_not_qualify() -> None:
    records: list[dict[str, object]] = [{"id": "a", "validated": True}, {"id": "b"}]
    assert qualify("backup_test", "validated", records) == [True, False]
    assert qualify("backup_test", "", records) == [True, True]


def test_the_instant_is_bound_and_every_zone_is_utc() -> None:
    as_of = datetime(2026, 6, 1, tzinfo=UTC)
    with Bench("backup") as bench:
        bench.load([{"id": "a", "occurred_at": "2026-06-01T01:59:59+02:00"},
                    {"id": "b", "occurred_at": "2026-06-01T02:00:01+02:00"}])
        assert bench.rows("SELECT id FROM records WHERE occurred_at < $as_of", as_of) == [{"id": "a"}]
        assert bench.rows("SELECT CAST(occurred_at AS VARCHAR) AS at FROM records WHERE id = 'a'") == [
            {"at": "2026-05-31 23:59:59+00"}]
    assert wants_as_of("SELECT id FROM records WHERE occurred_at < $as_of")
    assert not wants_as_of("SELECT '$as_of' AS id FROM records")


@pytest.mark.parametrize(("sql", "never"), [
    ("SELECT id FROM records WHERE false", True),
    ("SELECT id FROM records LIMIT 0", True),
    ("SELECT lower(id) AS id FROM records WHERE outcome = 'failed' AND outcome = 'aborted' ORDER BY 1", True),
    ("SELECT id FROM records WHERE occurred_at < $as_of", False),
    ("SELECT id FROM records", False),
    ("SELECT 'none' AS id WHERE NOT EXISTS (SELECT 1 FROM records WHERE outcome = 'completed')", False),
    ("SELECT max(id) AS id FROM records GROUP BY resource HAVING count(*) > 1", False),
])
def test_a_check_that_can_never_fail_is_known(sql: str, never: bool) -> None:
    with Bench("backup_test") as bench:
        assert bench.never(sql) is never


@pytest.mark.parametrize(("sql", "names"), [
    ("SELECT id FROM records WHERE occurred_at < now()", ["now"]),
    ("SELECT id FROM records WHERE occurred_at < current_timestamp", ["current_timestamp"]),
    ("SELECT id FROM records WHERE random() < 0.5", ["random"]),
    ("SELECT id FROM (SELECT id, uuid() AS u FROM records) WHERE u IS NOT NULL", ["uuid"]),
    ("SELECT id FROM records WHERE occurred_at < $as_of - INTERVAL 3 DAY AND lower(outcome) = 'x'", []),
])
def test_clocks_and_chance_are_seen(sql: str, names: list[str]) -> None:
    with Bench("backup_test") as bench:
        assert bench.clocks(sql) == names


def test_a_word_is_compared_with_its_own_column_only() -> None:
    assert complaints("SELECT id FROM records AS r WHERE r.outcome IN ('failed', 'broken')") == [
        "check 'c' compares outcome with 'broken', which it never is"]
    assert complaints("SELECT id FROM records WHERE backup = 'broken'") == []
