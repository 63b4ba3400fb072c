"""`qualifies` by DuckDB over records in memory, as the product's own callable does it over artifacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import yaml

from agent.model import KINDS

VECTORS = Path(__file__).parents[1] / "vectors"


def qualifies(kind: str, sql: str, records: Sequence[Mapping[str, Any]]) -> list[bool]:
    if not sql:
        return [True] * len(records)
    columns = KINDS[kind].columns
    con = duckdb.connect(config={"enable_external_access": False})
    try:
        con.execute(f"CREATE TABLE records (n INTEGER, {', '.join(f'{n} {t}' for n, t in columns.items())})")
        marks = ", ".join("?" * (len(columns) + 1))
        for number, record in enumerate(records):
            values = [number, *(record.get(column) for column in columns)]
            con.execute(f"INSERT INTO records VALUES ({marks})", values)
        good = {row[0] for row in con.execute(f"SELECT n FROM records WHERE {sql}").fetchall()}
    finally:
        con.close()
    return [number in good for number in range(len(records))]


def cases(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((VECTORS / name).read_text())
    return loaded
