"""Summaries against plain Python over the same records."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from agent.errors import ConfigurationError, VerificationError
from agent.lake.merge import merge
from agent.lake.summary import decode, encode, needs_scan, population, qualifies_hash, summarise
from tests.lake.made import T0, Maker, day, requirement, subjects, z


def restores(count: int, seed: int = 7) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [
        {
            "id": f"job-{seed}-{at}", "resource": f"db-{chance.randrange(5)}",
            "outcome": chance.choice(["completed", "failed", "running"]),
            "validated": chance.choice([True, False, None]),
            "occurred_at": z(T0 + timedelta(microseconds=chance.randrange(10**13))) if chance.random() < 0.9 else None,
        }
        for at in range(count)
    ]


def at(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(record["occurred_at"])


def test_instants_are_those_of_qualifying_records_sorted_to_the_microsecond(maker: Maker) -> None:
    records = restores(500)
    rule = requirement("backup_test", qualifies="outcome = 'completed' AND coalesce(validated, true) -- as agreed")
    found = summarise(maker.piece("backup_test", records), rule)
    good = [r for r in records if r["outcome"] == "completed" and r["validated"] is not False and r["occurred_at"]]
    assert found.instants == tuple(sorted(at(r) for r in good))
    assert found.by_subject == {}
    assert found.valid_until == ()


def test_every_record_qualifies_where_nothing_is_said(maker: Maker) -> None:
    records = restores(50)
    found = summarise(maker.piece("backup_test", records), requirement("backup_test"))
    assert found.instants == tuple(sorted(at(r) for r in records if r["occurred_at"]))


def test_by_subject(maker: Maker) -> None:
    records = [*restores(300), {"id": "of-nothing", "outcome": "completed", "occurred_at": z(day(1))}]
    rule = requirement("backup_test", qualifies="outcome = 'completed'", subjects=subjects())
    found = summarise(maker.piece("backup_test", records), rule)
    good = [r for r in records if r["outcome"] == "completed" and r["occurred_at"]]
    databases = {r.get("resource") for r in good} - {None}
    expected = {db: tuple(sorted(at(r) for r in good if r.get("resource") == db)) for db in databases}
    assert found.by_subject == expected
    assert len(found.instants) == len(good)


def test_documents_keep_their_own_end(maker: Maker) -> None:
    records: list[dict[str, Any]] = [
        {"id": "p1", "title": "Policy", "occurred_at": z(day(3)), "valid_until": z(day(300))},
        {"id": "p2", "title": "Plan", "occurred_at": z(day(1)), "valid_until": None},
        {"id": "p3", "title": "Plan", "occurred_at": z(day(2)), "valid_until": z(day(40.5))},
    ]
    found = summarise(maker.piece("document", records), requirement("document"))
    assert found.instants == (day(1), day(2), day(3))
    assert found.valid_until == ((day(2), day(40.5)), (day(3), day(300)))


def test_a_state_needs_no_scan(maker: Maker) -> None:
    piece = maker.piece("account", [{"id": "u"}])
    piece.path.unlink()
    rule = requirement("account")
    assert not needs_scan(rule)
    assert summarise(piece, rule).instants == ()


def test_a_state_with_subjects_dates_each_at_its_collection(maker: Maker) -> None:
    records: list[dict[str, Any]] = [
        {"id": "l1", "name": "db-1", "enabled": True}, {"id": "l2", "name": "db-2", "enabled": False},
        {"id": "l3", "name": "db-1", "enabled": True}, {"id": "l4", "name": None, "enabled": True},
    ]
    piece = maker.piece("log_source", records, collected=day(4))
    found = summarise(piece, requirement("log_source", qualifies="enabled", subjects=subjects("name")))
    assert found.by_subject == {"db-1": (day(4),)}


def test_what_is_kept_comes_back_the_same(maker: Maker) -> None:
    rule = requirement("backup_test", subjects=subjects())
    found = summarise(maker.piece("backup_test", restores(300)), rule)
    assert decode(encode(found)) == found
    papers = [{"id": "p", "occurred_at": z(day(1)), "valid_until": z(day(2.000001))}]
    dated = summarise(maker.piece("document", papers), requirement("document"))
    assert decode(encode(dated)) == dated
    assert dated.valid_until


def test_no_records_at_all(maker: Maker) -> None:
    assert summarise(maker.piece("backup_test", []), requirement("backup_test")).instants == ()


def test_the_population_of_subjects(maker: Maker) -> None:
    first = maker.piece("asset", [{"id": "b", "type": "db", "tags": {"env": "prod"}}, {"id": "z", "type": "vm"}])
    second = maker.piece("asset", [{"id": "a", "type": "db", "tags": {"env": "prod"}}, {"id": "c", "type": "db"}])
    chosen = subjects(where="type = 'db' AND tags['env'] = 'prod'")
    assert population([first, second], chosen) == ("a", "b")


def test_the_hash_changes_with_what_decides_the_answer_and_with_nothing_else() -> None:
    base = requirement("backup_test", qualifies="outcome = 'a  b'")
    assert qualifies_hash(base) == qualifies_hash(requirement("backup_test", qualifies="outcome = 'a  b'", id="other"))
    others = [
        requirement("backup_test", qualifies="outcome = 'a b'"), requirement("backup", qualifies="outcome = 'a  b'"),
        requirement("backup_test", qualifies="outcome = 'a  b'", subjects=subjects()), requirement("backup_test"),
    ]
    assert len({qualifies_hash(r) for r in [base, *others]}) == 5


@pytest.mark.parametrize(("sql", "said"), [
    ("outcme = 'completed'", "outcome"),
    ("outcome = ", "syntax error"),
    ("outcome = 'completed')", "syntax error"),
    ("size_bytes > 'many'", "many"),
    ("EXISTS (FROM read_text('/etc/passwd'))", "read_text"),
    ("outcome IN (SELECT outcome FROM others)", "others"),
])
def test_wrong_sql_is_one_line_that_says_where(maker: Maker, sql: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as raised:
        summarise(maker.piece("backup_test", restores(5)), requirement("backup_test", qualifies=sql))
    assert "\n" not in raised.value.line()
    assert str(raised.value.place).startswith("qualifies")


def test_wide_integers_odd_keys_and_columns_of_tomorrow_are_read(maker: Maker) -> None:
    records: list[dict[str, Any]] = [
        {"id": "é\u2028\x00'\"", "size_bytes": "9007199254740999", "occurred_at": z(day(1)), "not_known": {"a": 1}},
        {"id": "b", "occurred_at": "2026-01-01T02:00:00+02:00"},
    ]
    wide = requirement("backup_test", qualifies="size_bytes > 9007199254740998")
    found = summarise(maker.piece("backup_test", records), wide)
    assert found.instants == (day(1),)
    assert summarise(maker.made[0], requirement("backup_test", qualifies="id = 'b'")).instants == (T0,)


def test_a_damaged_object_is_not_read_as_a_shorter_one(maker: Maker) -> None:
    piece = maker.piece("backup_test", restores(20_000))
    piece.path.write_bytes(piece.path.read_bytes()[:-5000])
    with pytest.raises(VerificationError, match="sha256:a0") as raised:
        summarise(piece, requirement("backup_test"))
    assert "\n" not in raised.value.line()
    with pytest.raises(VerificationError, match="sha256:a0"):
        merge([piece], maker.root / "merged")


def test_another_object_under_the_name_is_refused_by_the_merge(maker: Maker) -> None:
    piece = maker.piece("backup_test", restores(5))
    other = maker.piece("backup_test", restores(6))
    piece.path.write_bytes(other.path.read_bytes())
    with pytest.raises(VerificationError, match="not what its digest names"):
        merge([piece], maker.root / "merged")
