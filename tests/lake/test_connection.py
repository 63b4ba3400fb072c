"""What SQL may not reach: files, the network, the environment, extensions, settings."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from agent.errors import ConfigurationError, StoreError
from agent.lake.connection import connect, limited, literal, said
from agent.lake.gate import passed

OUTSIDE = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('http://127.0.0.1:1/x.parquet')",
    "SELECT * FROM read_text('s3://bucket/x')",
    "COPY (SELECT 1) TO '{root}/out.csv'",
    "COPY (SELECT 1) TO '{root}/out.parquet' (FORMAT parquet)",
    "EXPORT DATABASE '{root}/dump'",
    "ATTACH '{root}/other.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "SET memory_limit = '9GB'",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "SET lock_configuration = false",
    "RESET lock_configuration",
    "SET TimeZone = 'Asia/Tokyo'",
    "SET enable_logging = true",
    "PRAGMA enable_profiling",
    "SELECT getenv('HOME')",
    "CREATE PERSISTENT SECRET s (TYPE s3)",
    "SELECT * FROM read_text('{root}/allowed/../secret.txt')",
    "SELECT * FROM read_text('{root}/allowed/link')",
    "SELECT * FROM read_text('{root}/allowed/within/secret.txt')",
    "SELECT * FROM of_python",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "allowed").mkdir()
    (tmp_path / "secret.txt").write_text("hidden")
    (tmp_path / "allowed" / "open.txt").write_text("shown")
    (tmp_path / "allowed" / "link").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "allowed" / "within").symlink_to(tmp_path)
    return tmp_path


@pytest.mark.parametrize("sql", OUTSIDE)
def test_the_engine_itself_refuses(root: Path, sql: str) -> None:
    of_python = connect([]).sql("SELECT 'a variable of the program'")
    before = sorted(root.rglob("*"))
    with connect([root / "allowed"]) as connection, pytest.raises(duckdb.Error) as refused:
        connection.execute(sql.format(root=root)).fetchall()
    assert "hidden" not in str(refused.value)
    assert sorted(root.rglob("*")) == before
    assert of_python is not None


def test_what_is_allowed_is_read(root: Path) -> None:
    with connect([root / "allowed"]) as connection:
        sql = f"SELECT content FROM read_text({literal(str(root / 'allowed' / 'open.txt'))})"
        assert connection.execute(sql).fetchall() == [("shown",)]
    with connect([root / "allowed" / "open.txt"]) as connection:
        assert connection.execute(sql).fetchall() == [("shown",)]
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"FROM read_text({literal(str(root / 'allowed' / '*'))})").fetchall()


def test_times_are_in_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with connect([]) as connection:
        row = connection.execute("SELECT CAST('2026-01-01T00:00:00Z'::TIMESTAMPTZ AS VARCHAR)").fetchone()
    assert row == ("2026-01-01 00:00:00+00",)


GATED = [
    "COPY account TO 'x.csv'", "ATTACH 'x.db'", "INSTALL httpfs", "SET threads = 1", "PRAGMA version",
    "CALL pragma_version()", "CREATE TABLE t AS SELECT 1", "DROP VIEW account", "SELECT 1; SELECT 2", "", ";",
    "EXPLAIN ANALYZE SELECT 1", "EXPORT DATABASE 'x'", "INSERT INTO account VALUES (1)", "DELETE FROM account",
    "SELECT * FROM read_text('x')", "SELECT * FROM read_parquet('x')", "SELECT * FROM glob('*')",
    "SELECT * FROM query('SELECT 1')", "SELECT * FROM query_table('account')", "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_views()", "SELECT * FROM information_schema.tables", "SELECT * FROM 'x.parquet'",
    "SELECT * FROM pandas_scan(1)", "SELECT (SELECT max(content) FROM read_text('x'))",
    "SELECT 1 WHERE EXISTS (FROM read_csv('x'))", "FROM _facts_records", "SELECT * FROM duckdb_secrets()",
    "WITH \"x.parquet\" AS (SELECT 1) SELECT * FROM \"x.parquet\"", "WITH _all AS (SELECT 1) FROM _all",
    "SELECT * FROM account UNION ALL SELECT * FROM read_json('x')", "SELECT * FROM json_execute_serialized_sql('x')",
    "SHOW TABLES", "DESCRIBE nothing", "VACUUM", "CHECKPOINT", "BEGIN", "USE memory", "EXECUTE p",
    "PREPARE p AS FROM account",
]


@pytest.mark.parametrize("sql", GATED)
def test_a_person_may_ask_one_select_over_the_evidence(sql: str) -> None:
    with connect([]) as connection, pytest.raises(ConfigurationError) as refused:
        passed(connection, sql, ["account", "grant"])
    assert "\n" not in refused.value.line()
    assert refused.value.exit_status == 2


@pytest.mark.parametrize(("sql", "tables"), [
    ("SELECT 1", set()),
    ("select * from Account;", {"account"}),
    ("FROM account -- all of them", {"account"}),
    ("SELECT ';' FROM account ; -- done", {"account"}),
    ("WITH x AS (FROM account) SELECT * FROM x JOIN \"grant\" g ON true", {"account", "grant"}),
    ("WITH account AS (FROM account) FROM account", {"account"}),
    ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) FROM n", set()),
    ("DESCRIBE account", {"account"}), ("SUMMARIZE account", {"account"}), ("VALUES (1)", set()),
    ("SELECT unnest([1]), * FROM range(3), unnest([1, 2]), (SELECT count(*) FROM account)", {"account"}),
    ("SELECT 'é;' FROM account;", {"account"}),
    ("PIVOT account ON type", set()),
])
def test_what_passes_and_which_tables_it_names(sql: str, tables: set[str]) -> None:
    with connect([]) as connection:
        if sql.startswith("PIVOT"):
            with pytest.raises(ConfigurationError, match="SELECT"):
                passed(connection, sql, ["account"])
            return
        question = passed(connection, sql, ["account", "grant"])
        assert question.tables == tables
        connection.execute("CREATE TABLE account AS SELECT 'a' AS id, 'human' AS type")
        connection.execute('CREATE TABLE "grant" AS SELECT 1 AS id')
        connection.execute(f"SELECT count(*) FROM (\n{question.sql}\n)")


def test_parameters_are_named() -> None:
    with connect([]) as connection:
        assert passed(connection, "SELECT $as_of, $n", []).parameters == {"as_of", "n"}


def test_the_nearest_table_is_named() -> None:
    with connect([]) as connection, pytest.raises(ConfigurationError, match="'acount'") as refused:
        passed(connection, "SELECT * FROM acount", ["account", "asset"])
    assert "Did you mean 'account'?" in refused.value.line()


def test_nesting_without_end_is_refused_not_crashed_on() -> None:
    sql = "SELECT " + "(" * 3000 + "1" + ")" * 3000
    with connect([]) as connection, pytest.raises(ConfigurationError):
        passed(connection, sql, [])


@pytest.mark.parametrize(("sql", "place", "said_so"), [
    ("SELECT nme FROM t", (1, 8), '"name"'),
    ("SELECT name\nFROM t\nWHERE foo(name)", (3, 7), "foo"),
    ("SELECT name FROM t WHERE", (1, 25), "syntax error"),
    ("SELECT '" + "x" * 300 + "', nme FROM t", (1, 312), "nme"),
])
def test_what_is_wrong_is_one_line_with_its_place(sql: str, place: tuple[int, int], said_so: str) -> None:
    with connect([]) as connection:
        connection.execute("CREATE TABLE t AS SELECT 'a' AS name")
        with pytest.raises(duckdb.Error) as raised:
            connection.execute(sql)
    error = said(raised.value, sql)
    assert isinstance(error, ConfigurationError)
    assert "\n" not in error.line()
    assert said_so in error.message
    assert error.place is not None
    if "syntax" not in said_so:
        assert (error.place.line, error.place.column) == place


def test_what_runs_too_long_is_stopped() -> None:
    with connect([]) as connection, pytest.raises(ConfigurationError, match=r"longer than 0\.2 seconds"), \
            limited(connection, 0.2):
        connection.execute("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range <> b.range")


def test_memory_is_bounded_and_said_in_one_line() -> None:
    sql = "SELECT len(l) FROM (SELECT list(range::VARCHAR || 'some text that takes room') AS l FROM range(20000000))"
    with connect([], memory="64MB") as connection, pytest.raises(duckdb.Error) as raised:
        connection.execute(sql).fetchall()
    error = said(raised.value, sql)
    assert isinstance(error, StoreError)
    assert error.line() == "the SQL needs more memory than it may use. Narrow it or aggregate first"


def test_nothing_is_left_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spill = tmp_path / "spill"
    spill.mkdir()
    with connect([], memory="128MB", spill=spill) as connection:
        connection.execute(
            "SELECT max(s) FROM (SELECT repeat('x', 200) || range AS s FROM range(900000) ORDER BY s DESC)"
        ).fetchall()
    assert list(tmp_path.iterdir()) == [spill]
