"""The page on questions is true: each SQL on it runs, and it names every table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.lake.query import Asked, Lake
from agent.model import KINDS
from tests.lake.made import Maker, Shelf, day, z

PAGE = (Path(__file__).parents[2] / "docs" / "query.md").read_text()
QUESTIONS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("sql", QUESTIONS, ids=[f"question {at}" for at, _ in enumerate(QUESTIONS, 1)])
def test_each_question_runs(maker: Maker, sql: str) -> None:
    maker.piece("account", [
        {"id": "u", "principal": "ann", "type": "human", "enabled": True, "mfa": False,
         "credentials": [{"type": "key", "created_at": z(day(0)), "active": True}]}])
    maker.piece("asset", [{"id": "db", "type": "AWS::RDS::DBInstance", "tags": {"env": "prod"}}])
    with Lake(Shelf(maker.made)).query(sql, Asked(as_of=day(200))) as result:
        assert len([row for batch in result.batches for row in batch]) == 1


def test_every_kind_is_named_with_its_sort() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)[:len(KINDS)] == list(KINDS)
    states = re.search(r"State kinds \((.*?)\)", PAGE)
    assert states is not None
    assert set(re.findall(r"`(\w+)`", states[1])) == {kind.name for kind in KINDS.values() if not kind.event}
