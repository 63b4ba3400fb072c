"""What is wrong in the SQL of a requirement: it must bind, be able to fail, and see no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Literal

from agent.mapping.fields import nearest
from agent.mapping.sql import AS_OF, VALUES, Bench, SqlError, expression, select, selection, wants_as_of
from agent.model import KINDS, Check, Requirement

Complaints = Iterator[tuple[Literal["error", "warning"], str, str]]

_SEE = "The columns of each kind are in docs/mappings.md"


@cache
def _bench(kind: str) -> Bench:
    """Return an empty bench of the kind; it holds no record, so it can serve every requirement."""
    return Bench(kind)


def lint_sql(one: Requirement) -> Complaints:
    """Yield what is wrong in `qualifies`, `subjects` and `checks`."""
    if one.kind not in KINDS:
        return
    if one.qualifies:
        yield from _expression(one.qualifies, one.kind, "qualifies")
    if one.subjects is not None:
        yield from _expression(one.subjects.where, one.subjects.kind, "subjects.where")
        if one.subjects.column not in KINDS[one.kind].columns:
            yield ("error", f"subjects.column: kind {one.kind} has no column {one.subjects.column!r}",
                   nearest(one.subjects.column, KINDS[one.kind].columns))
    for name, times in Counter(check.id for check in one.checks).items():
        if times > 1:
            yield "error", f"check {name!r} is there {times} times", "Give each its own id"
    for check in one.checks:
        yield from _check(check, one)


def columns_read(one: Requirement) -> dict[str, str]:
    """Return the columns of its kind that the requirement reads, each with the first that does: `check 'x'`."""
    if one.kind not in KINDS:
        return {}
    texts = {"qualifies": selection(one.qualifies)} if one.qualifies else {}
    texts |= {f"check {check.id!r}": check.exceptions for check in one.checks}
    found = {one.subjects.column: "subjects"} if one.subjects else {}
    for name, sql in texts.items():
        try:
            read = _bench(one.kind).references(sql)
        except SqlError:  # lint tells of it
            continue
        found = dict.fromkeys(sorted(read & KINDS[one.kind].columns.keys()), name) | found
    return found


def _expression(text: str, kind: str, key: str) -> Complaints:
    bench = _bench(kind)
    try:
        expression(text)
        sql = selection(text)
        if wants_as_of(sql):
            yield "error", f"{key} asks for ${AS_OF}", "What a record is does not change with the day: use a check"
            return
        bench.columns(sql)
        if bench.never(sql):
            yield "error", f"{key} is never true: no record can qualify", "Look for a contradiction in it"
        yield from _clocks(bench, sql, key)
        yield from _words(bench, sql, kind, key)
    except SqlError as error:
        yield "error", f"{key} is not SQL over {kind}: {error}", _SEE


def _check(check: Check, one: Requirement) -> Complaints:
    bench, key = _bench(one.kind), f"check {check.id!r}"
    try:
        select(check.exceptions)
        if "id" not in bench.columns(check.exceptions):
            yield "error", f"{key} answers no column id", "Select the id of the record that is an exception"
        if bench.never(check.exceptions):
            yield "error", f"{key} cannot fail: no record is ever an exception", "Look for a contradiction in it"
        yield from _clocks(bench, check.exceptions, key)
        yield from _words(bench, check.exceptions, one.kind, key)
        yield from _needs(bench, check, one, key)
    except SqlError as error:
        yield "error", f"{key} is not SQL over {one.kind}: {error}", _SEE


def _needs(bench: Bench, check: Check, one: Requirement, key: str) -> Complaints:
    used = bench.references(check.exceptions)
    for column in check.needs:
        if column not in KINDS[one.kind].columns:
            yield ("error", f"{key} needs {column!r}, which kind {one.kind} does not have",
                   nearest(column, KINDS[one.kind].columns))
        elif column not in used:
            yield "warning", f"{key} needs {column!r} and does not use it", "Remove it from `needs`"


def _clocks(bench: Bench, sql: str, key: str) -> Complaints:
    for name in bench.clocks(sql):
        yield "error", f"{key} calls {name}, which sees a clock or chance", f"Use ${AS_OF} for the instant asked about"


def _words(bench: Bench, sql: str, kind: str, key: str) -> Complaints:
    for column, text in bench.literals(sql):
        known = VALUES.get((kind, column))
        if known is not None and text not in known:
            yield "error", f"{key} compares {column} with {text!r}, which it never is", nearest(text, known)
