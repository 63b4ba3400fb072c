"""Checks and conclusions against plain Python over the same records."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from agent.errors import ConfigurationError
from agent.lake.checks import MOST, Population, run_checks
from agent.lake.conclude import conclude, deficient_share
from agent.lake.pieces import Piece
from agent.model import Check, Conclusion, Freshness, Outcome, Window
from agent.model.conclusions import CheckResult
from tests.lake.made import T0, Maker, check, day, requirement, subjects, z

NO_MFA = check("SELECT id, principal FROM records WHERE enabled AND NOT mfa ORDER BY id")
FAILED = check("SELECT id, resource, outcome FROM records WHERE outcome <> 'completed' ORDER BY id")


def one(kind: str, pieces: list[Piece], asked: Check, **more: Any) -> CheckResult:
    rule = {key: more.pop(key) for key in ("qualifies", "subjects") if key in more}
    population = Population(kind, pieces, more.pop("as_of", day(365)), **more)
    (result,) = run_checks(requirement(kind, checks=(asked,), **rule), population)
    return result


def accounts(seed: int, count: int = 40) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [{"id": f"u{seed}-{at:02}", "principal": f"p{at}", "enabled": chance.random() < 0.7,
             "mfa": chance.random() < 0.5} for at in range(count)]


def test_exceptions_of_a_state_over_several_regions(maker: Maker) -> None:
    populations = [accounts(seed) for seed in range(4)]
    pieces = [maker.piece("account", records, region=f"r{at}") for at, records in enumerate(populations)]
    found = one("account", pieces, NO_MFA)
    bad = sorted(r["id"] for records in populations for r in records if r["enabled"] and not r["mfa"])
    assert [row["id"] for row in found.exceptions] == bad
    assert (found.count, found.records, found.state) == (len(bad), 160, Conclusion.DEFICIENT)


def test_the_facts_stand_beside_the_columns(maker: Maker) -> None:
    piece = maker.piece("account", [{"id": "u"}], collected=day(2.5), boundary="123", region="eu-west-1")
    facts = check("SELECT id, scope, boundary, region, collector, artifact, collected_at FROM records")
    found = one("account", [piece], facts)
    assert found.exceptions == ({
        "id": "u", "scope": "prod", "boundary": "123", "region": "eu-west-1", "collector": "x.y",
        "artifact": piece.artifact, "collected_at": day(2.5),
    },)


def test_a_fact_gives_way_to_a_column_of_the_kind(maker: Maker) -> None:
    piece = maker.piece("asset", [{"id": "bucket", "region": "us-east-1"}], region="eu-west-1")
    found = one("asset", [piece], check("SELECT * FROM records"))
    assert found.exceptions[0]["region"] == "us-east-1"
    assert found.exceptions[0]["artifact_region"] == "eu-west-1"
    assert not [column for column in found.exceptions[0] if column.startswith("_")]


def test_what_is_nested_comes_back_whole_with_times_in_utc(maker: Maker) -> None:
    record = {
        "id": "u", "created_at": z(day(1)), "entitlements": ["a", "b"],
        "credentials": [{"type": "key", "created_at": z(day(0.25)), "active": True}],
    }
    nested = check("SELECT id, created_at, credentials, entitlements FROM records")
    found = one("account", [maker.piece("account", [record])], nested)
    assert found.exceptions == ({
        "id": "u", "created_at": day(1), "entitlements": ["a", "b"],
        "credentials": [{"type": "key", "created_at": day(0.25), "last_used_at": None, "active": True}],
    },)


def test_as_of_is_bound_where_the_sql_names_it(maker: Maker) -> None:
    records = [{"id": f"u{age}", "last_used_at": z(day(100) - timedelta(days=age))} for age in (10, 89, 90, 91, 300)]
    old = check("SELECT id FROM records WHERE last_used_at < $as_of - INTERVAL 90 DAY ORDER BY id")
    piece = maker.piece("account", records, collected=day(100))
    assert [r["id"] for r in one("account", [piece], old, as_of=day(100)).exceptions] == ["u300", "u91"]
    later = one("account", [piece], old, as_of=day(130)).exceptions
    assert [r["id"] for r in later] == ["u300", "u91"], "nobody has looked since: nothing has grown older"
    again = maker.piece("account", records, collected=day(100) + timedelta(microseconds=1))
    assert [r["id"] for r in one("account", [again], old, as_of=day(130)).exceptions] == [
        "u300", "u90", "u91"]


def events(chance: random.Random, count: int) -> list[dict[str, Any]]:
    return [{"id": f"e{chance.randrange(400)}", "resource": f"db-{chance.randrange(9)}",
             "outcome": chance.choice(["completed", "failed"]),
             "occurred_at": z(day(chance.uniform(-50, 150))) if chance.random() < 0.95 else None} for _ in range(count)]


def unique(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({record["id"]: record for record in records}.values())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_events_of_the_period_each_once_the_later_collected_winning(maker: Maker, seed: int, pieces: int) -> None:
    chance = random.Random(seed)
    made = [(day(chance.uniform(0, 100)), unique(events(chance, 60))) for _ in range(pieces)]
    population = [maker.piece("backup_test", records, collected=at) for at, records in made]
    chance.shuffle(population)
    latest = {r["id"]: r for _, records in sorted(made, key=lambda m: m[0]) for r in records}
    inside = {key: r for key, r in latest.items()
              if r["occurred_at"] and day(0) <= datetime.fromisoformat(r["occurred_at"]) < day(100)}
    found = one("backup_test", population, FAILED, period=Window(day(0), day(100)))
    assert [r["id"] for r in found.exceptions] == sorted(k for k, r in inside.items() if r["outcome"] != "completed")
    assert found.records == len(inside)
    assert found.undated == sum(r["occurred_at"] is None for r in latest.values())


def test_without_a_period_the_last_365_days_count(maker: Maker) -> None:
    records = [{"id": f"e{at}", "outcome": "failed", "occurred_at": z(day(at))} for at in (-1, 0, 0.5, 365, 366)]
    found = one("backup_test", [maker.piece("backup_test", records)], FAILED, as_of=day(365))
    assert [r["id"] for r in found.exceptions] == ["e0", "e0.5", "e365"]


def test_no_records_are_unknown_unless_the_check_says_otherwise(maker: Maker) -> None:
    empty = maker.piece("account", [])
    found = one("account", [empty], NO_MFA)
    assert (found.state, found.reason) == (Conclusion.UNKNOWN, "there are no records to check")
    assert one("account", [], NO_MFA).state is Conclusion.UNKNOWN
    assert one("account", [empty], check(NO_MFA.exceptions, empty_passes=True)).state is Conclusion.NO_EXCEPTIONS
    some = check("SELECT 'no root' AS id WHERE NOT EXISTS (FROM records WHERE type = 'root')", empty_passes=True)
    assert one("account", [empty], some).state is Conclusion.DEFICIENT


def test_a_null_in_a_needed_column_is_unknown_and_the_exceptions_are_kept(maker: Maker) -> None:
    records = [{"id": "a", "enabled": True, "mfa": None}, {"id": "b", "enabled": True, "mfa": False}]
    piece = maker.piece("account", records)
    found = one("account", [piece], check(NO_MFA.exceptions, needs=("mfa", "enabled")))
    assert found.state is Conclusion.UNKNOWN
    assert found.reason == "mfa is not told for 1 of 2 records"
    assert [row["id"] for row in found.exceptions] == ["b"]
    assert one("account", [piece], NO_MFA).state is Conclusion.DEFICIENT


def test_an_event_without_time_makes_a_check_unknown_that_needs_the_time(maker: Maker) -> None:
    records = [{"id": "a", "outcome": "completed", "occurred_at": z(day(300))}, {"id": "b", "outcome": "failed"}]
    piece = maker.piece("backup_test", records)
    assert one("backup_test", [piece], FAILED).state is Conclusion.NO_EXCEPTIONS
    found = one("backup_test", [piece], check(FAILED.exceptions, needs=("occurred_at",)))
    assert (found.state, found.reason) == (Conclusion.UNKNOWN, "occurred_at is not told for 1 of 1 records")


def restore(key: str, db: str | None, outcome: str, at: float) -> dict[str, Any]:
    return {"id": key, "resource": db, "outcome": outcome, "occurred_at": z(day(at))}


CLOSING: list[tuple[str, list[dict[str, Any]], list[str]]] = [
    ("repeated successfully", [restore("a", "db", "failed", 1), restore("b", "db", "completed", 2)], []),
    ("successful before", [restore("a", "db", "failed", 2), restore("b", "db", "completed", 1)], ["a"]),
    ("at the same instant", [restore("a", "db", "failed", 1), restore("b", "db", "completed", 1)], ["a"]),
    ("of another subject", [restore("a", "db", "failed", 1), restore("b", "other", "completed", 2)], ["a"]),
    ("without a subject", [restore("a", None, "failed", 1), restore("b", None, "completed", 2)], ["a"]),
    ("repeated in vain", [restore("a", "db", "failed", 1), restore("b", "db", "failed", 2)], ["a", "b"]),
    ("failed again later", [restore("a", "db", "failed", 1), restore("b", "db", "completed", 2),
                            restore("c", "db", "failed", 3)], ["c"]),
    ("after the period", [restore("a", "db", "failed", 1), restore("b", "db", "completed", 120)], []),
    ("not before it was recorded", [restore("a", "db", "failed", 1), restore("b", "db", "completed", 500)], ["a"]),
]


@pytest.mark.parametrize(("records", "left"), [case[1:] for case in CLOSING], ids=[case[0] for case in CLOSING])
def test_a_later_qualifying_record_of_the_subject_closes(
    maker: Maker, records: list[dict[str, Any]], left: list[str]
) -> None:
    piece = maker.piece("backup_test", records, collected=day(364))
    found = one("backup_test", [piece], FAILED, qualifies="outcome = 'completed'", period=Window(day(0), day(100)))
    assert [row["id"] for row in found.exceptions] == left
    failed = [r for r in records if r["outcome"] == "failed"]
    assert (found.count, found.closed) == (len(left), len(failed) - len(left))


def test_nothing_closes_across_boundaries_or_without_qualifies(maker: Maker) -> None:
    failed = maker.piece("backup_test", [restore("a", "db", "failed", 1)], boundary="111")
    good = maker.piece("backup_test", [restore("b", "db", "completed", 2)], boundary="222")
    assert one("backup_test", [failed, good], FAILED, qualifies="outcome = 'completed'").count == 1
    both = maker.piece("backup_test", [restore("a", "db", "failed", 1), restore("b", "db", "completed", 2)])
    assert one("backup_test", [both], FAILED).count == 1


def test_what_is_itself_an_exception_closes_nothing(maker: Maker) -> None:
    slow = check("SELECT id FROM records WHERE duration_s > 60 ORDER BY id")
    records = [restore(key, "db", "completed", at) | {"duration_s": 90} for key, at in (("a", 1), ("b", 2))]
    found = one("backup_test", [maker.piece("backup_test", records)], slow, qualifies="outcome = 'completed'")
    assert [row["id"] for row in found.exceptions] == ["a", "b"]


def test_a_sum_without_id_stays_and_the_subject_column_of_the_requirement_is_taken(maker: Maker) -> None:
    records = [restore("a", "db", "failed", 1), restore("b", "db", "completed", 2)]
    piece = maker.piece("backup_test", records, collected=day(3))
    sums = check("SELECT resource, count(*) AS n FROM records WHERE outcome = 'failed' GROUP BY ALL")
    summed = one("backup_test", [piece], sums, qualifies="outcome = 'completed'")
    assert summed.exceptions == ({"resource": "db", "n": 1},)
    people = [{"id": "1", "person": "ann", "outcome": "failed", "occurred_at": z(day(1))},
              {"id": "2", "person": "ann", "outcome": "passed", "occurred_at": z(day(2))}]
    course = check("SELECT id FROM records WHERE outcome = 'failed'")
    training = maker.piece("training", people, collected=day(3))
    assert one("training", [training], course, qualifies="outcome = 'passed'").count == 1
    by_person = {"qualifies": "outcome = 'passed'", "subjects": subjects("person")}
    assert one("training", [training], course, **by_person).count == 0


def test_rows_are_capped_and_counted(maker: Maker) -> None:
    piece = maker.piece("configuration", [{"id": f"c{at:05}"} for at in range(MOST + 5)])
    found = one("configuration", [piece], check("SELECT id FROM records ORDER BY id"))
    assert (len(found.exceptions), found.count) == (MOST, MOST + 5)
    assert found.exceptions[-1] == {"id": f"c{MOST - 1:05}"}


@pytest.mark.parametrize(("sql", "said"), [
    ("SELECT id FROM record", "'records'"),
    ("SELECT mfaa FROM records", "mfa"),
    ("SELECT id FROM records WHERE last_used_at < $now", "as_of"),
    ("SELECT * FROM read_csv('/etc/passwd')", "read_csv"),
    ("SELECT * FROM _all", "records"),
    ("DROP VIEW records", "SELECT"),
    ("SELECT id::INTEGER FROM records", "convert"),
])
def test_wrong_sql_of_a_check_is_one_line(maker: Maker, sql: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        one("account", [maker.piece("account", [{"id": "x"}])], check(sql))
    assert said in raised.value.line()
    assert "\n" not in raised.value.line()


def test_a_needed_column_that_the_kind_lacks_is_said(maker: Maker) -> None:
    with pytest.raises(ConfigurationError, match="mfaa"):
        one("account", [maker.piece("account", [{"id": "x"}])], check("SELECT id FROM records", needs=("mfaa",)))


def test_the_conclusion_is_the_worst_of_the_checks(maker: Maker) -> None:
    piece = maker.piece("account", [{"id": "a", "enabled": True, "mfa": True}])
    clean = Check(id="one", title="", exceptions=NO_MFA.exceptions)
    bad = Check(id="two", title="", exceptions="FROM records")
    unknown = Check(id="three", title="", exceptions=NO_MFA.exceptions, needs=("privileged",))

    def state(*checks: Check, freshness: Freshness = Freshness.FRESH) -> Conclusion:
        return conclude(requirement("account", checks=checks), Population("account", [piece], day(1)), freshness).state

    assert state(clean) is Conclusion.NO_EXCEPTIONS
    assert state(clean, freshness=Freshness.EXPIRING) is Conclusion.NO_EXCEPTIONS
    assert state(clean, unknown) is Conclusion.UNKNOWN
    assert state(clean, unknown, bad) is Conclusion.DEFICIENT
    assert state() is Conclusion.UNKNOWN
    assert state(bad, freshness=Freshness.STALE) is Conclusion.UNKNOWN
    assert state(bad, freshness=Freshness.MISSING) is Conclusion.UNKNOWN


def test_a_partial_artifact_concludes_nothing(maker: Maker) -> None:
    piece = maker.piece("account", [{"id": "a", "enabled": True, "mfa": True}], outcome=Outcome.PARTIAL)
    answer = conclude(requirement("account", checks=(NO_MFA,)), Population("account", [piece], day(1)), Freshness.FRESH)
    assert (answer.state, answer.reason, answer.artifacts) == (
        Conclusion.UNKNOWN, "the evidence is partial", (piece.artifact,))


@pytest.mark.parametrize(("history", "as_of", "share"), [
    ([], 100, Fraction(0)),
    ([(0, "deficient")], 100, Fraction(1)),
    ([(0, "deficient"), (90, "no_exceptions")], 100, Fraction(9, 10)),
    ([(-50, "deficient"), (25, "unknown"), (50, "deficient")], 100, Fraction(3, 4)),
    ([(0, "deficient"), (20, "no_exceptions")], 40, Fraction(1, 2)),
    ([(0, "deficient"), (20, "no_exceptions")], 10, Fraction(1)),
    ([(150, "deficient")], 200, Fraction(0)),
    ([(0, "deficient")], -1, Fraction(0)),
])
def test_the_share_of_the_period_spent_deficient(history: list[tuple[int, str]], as_of: int, share: Fraction) -> None:
    known = [(T0 + timedelta(days=at), Conclusion(state)) for at, state in history]
    assert deficient_share(known, Window(day(0), day(100)), day(as_of)) == share


def test_a_finding_still_open_is_judged_whenever_it_was_found(maker: Maker) -> None:
    """ADR 3: found before the audit period and open in it; what was resolved before it stays out."""
    period = Window(day(50), day(100))
    found = {"open-before": (10, "open"), "resolved-before": (10, "resolved"), "inside": (60, "resolved"),
             "open-after": (101, "open")}
    records = [{"id": name, "state": state, "occurred_at": z(day(at))} for name, (at, state) in found.items()]
    piece = maker.piece("finding", records, collected=day(102))
    seen = one("finding", [piece], check("SELECT id FROM records ORDER BY id"), as_of=day(103), period=period)
    assert [row["id"] for row in seen.exceptions] == ["inside", "open-before"]
