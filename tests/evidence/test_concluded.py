"""A conclusion that is kept is that of exactly these records, and only where the store signed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent import canonical
from agent.evidence.concluded import Concluded, looked_at, mark_of, read, write
from agent.model import Check, Conclusion, Requirement, Subjects, Window
from agent.model.conclusions import Alternative, CheckResult
from tests.rules.build import requirement

YEAR = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
CHECK = Check(id="tested", title="Every one was tested", exceptions="SELECT * FROM records", needs=("resource",))
SUBJECTS = Subjects(kind="asset", where="true", column="resource")
EVENT = requirement(kind="backup_test", checks=(CHECK,), qualifies="validated", subjects=SUBJECTS)
FOUND = Concluded("a mark", "looked at", (CheckResult(
    check="tested", title="Every one was tested", state=Conclusion.DEFICIENT, exceptions=({"id": "somebody"},), count=1,
    closed=2, records=3, undated=4, reason="one: it lacks", alternatives=(
        Alternative(collector="one", state=Conclusion.UNKNOWN, count=1, records=2, reason="it lacks"),
    ),
),))


class Key:
    """Vouches by a word that stands before what it signs."""

    def __init__(self, word: bytes) -> None:
        self.word = word

    def sign(self, data: bytes) -> bytes:
        return self.word + b" " + canonical.document(len(data))

    def holds(self, data: bytes, signature: bytes) -> bool:
        return signature == self.sign(data)


def test_what_is_kept_comes_back_without_the_rows() -> None:
    body = write(FOUND, Key(b"mine"))
    assert b"somebody" not in body
    assert read(body, Key(b"mine")) == replace(FOUND, checks=(replace(FOUND.checks[0], exceptions=()),))


@pytest.mark.parametrize("body", [
    b"", b"{}", b"[]", b"null", b"no JSON", b'{"concluded": 1, "signature": 2}', write(FOUND, Key(b"theirs")),
])
def test_what_nobody_signed_says_nothing(body: bytes) -> None:
    assert read(body, Key(b"mine")) is None
    assert mark_of(body) == ("a mark" if b"a mark" in body else "")


def changed(one: Requirement) -> list[Requirement]:
    check = one.checks[0]
    return [
        replace(one, kind="backup"), replace(one, qualifies="true"), replace(one, checks=()),
        replace(one, subjects=replace(SUBJECTS, column="id")), replace(one, subjects=None),
        *(replace(one, checks=(other,)) for other in (
            replace(check, id="other"), replace(check, title="Other"), replace(check, exceptions="SELECT 1"),
            replace(check, needs=()), replace(check, empty_passes=True))),
    ]


@pytest.mark.parametrize("other", changed(EVENT), ids=range(10))
def test_another_requirement_looks_at_something_else(other: Requirement) -> None:
    assert looked_at(other, ["a"], YEAR) != looked_at(EVENT, ["a"], YEAR)


def test_other_artifacts_and_for_events_another_period_are_something_else() -> None:
    same = looked_at(EVENT, ["a", "b"], YEAR)
    assert looked_at(EVENT, ["b", "a"], YEAR) == same
    assert looked_at(EVENT, ["a"], YEAR) != same
    assert looked_at(EVENT, ["a", "b"], replace(YEAR, end=datetime(2027, 2, 1, tzinfo=UTC))) != same
    assert looked_at(EVENT, ["a", "b"], None) != same
    state = replace(EVENT, kind="account")
    assert looked_at(state, ["a"], YEAR) == looked_at(state, ["a"], None)
