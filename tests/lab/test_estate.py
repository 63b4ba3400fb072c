"""The estate keeps its promises: the same file makes the same company, and what was planted is there."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.lab.estate import Estate

NOW = datetime(2026, 11, 24, tzinfo=UTC)
COUNTED = ("users", "roles", "resources", "backup_jobs", "restore_jobs", "events", "findings", "evaluations")
QUARTER = (datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def estate() -> Estate:
    return Estate.load(now=NOW)


def planted(estate: Estate, name: str) -> dict[str, Any]:
    return dict(next(p["expect"] for p in estate.planted if p["id"] == name))


def test_the_same_file_makes_the_same_estate(estate: Estate) -> None:
    again = Estate.load(now=NOW)
    for name in COUNTED:
        assert getattr(again, name) == getattr(estate, name)


def test_nothing_is_twice_and_nothing_is_of_tomorrow(estate: Estate) -> None:
    for name in ("users", "roles", "resources"):
        assert max(Counter(thing.arn for thing in getattr(estate, name)).values()) == 1
    for name in ("backup_jobs", "restore_jobs", "events", "findings", "people"):
        assert max(Counter(thing.id for thing in getattr(estate, name)).values()) == 1
    assert max(event.at for event in estate.events) <= NOW
    assert max(job.ended for job in estate.restore_jobs) <= NOW
    assert max(job.at for job in estate.backup_jobs) <= NOW
    assert all(user.last_used is None or user.created <= user.last_used <= NOW for user in estate.users)


def test_eight_times_the_scale_is_eight_times_the_records(estate: Estate) -> None:
    large = estate.scaled(8)
    for name in COUNTED:
        ratio = len(getattr(large, name)) / len(getattr(estate, name))
        assert 7 <= ratio <= 9, (name, ratio)


def test_nobody_restored_in_the_third_quarter(estate: Estate) -> None:
    quarter = [job for job in estate.restore_jobs if QUARTER[0] <= job.at < QUARTER[1]]
    assert len(quarter) == planted(estate, "empty-third-quarter")["records"] == 0
    around = Counter((job.at.year, (job.at.month - 1) // 3 + 1) for job in estate.restore_jobs)
    assert min(around[quarter] for quarter in ((2025, 4), (2026, 1), (2026, 2), (2026, 4))) > 0


def test_people(estate: Estate) -> None:
    production = estate.account("production").id
    users = {user.name: user for user in estate.users if user.account == production}
    assert [u.name for u in users.values() if u.console and not u.mfa] == [
        planted(estate, "person-without-mfa")["principal"]
    ]
    old = [u.name for u in users.values() for k in u.keys if NOW - k.created > timedelta(days=90)]
    assert old == [planted(estate, "old-access-key")["principal"]]
    assert NOW - users["ci-legacy"].keys[0].created == timedelta(days=planted(estate, "old-access-key")["key_age_days"])
    former = planted(estate, "leaver-still-enabled")
    assert users[former["principal"]].last_used == NOW - timedelta(days=former["unused_days"])


def test_things(estate: Estate) -> None:
    def off(kind: str, trait: str, value: object) -> list[str]:
        return [r.name for r in estate.resources if r.type == kind and r.traits.get(trait) == value]

    public = planted(estate, "public-bucket")["resource"].rsplit(":", 1)[-1]
    assert off("AWS::S3::Bucket", "public", True) == [public]
    assert off("AWS::S3::Bucket", "denied", True) == ["nordwind-hr-vault"]
    assert off("AWS::KMS::Key", "rotation", False) == [planted(estate, "rotation-off")["alias"]]
    assert off("AWS::EC2::Instance", "patched", False) == [planted(estate, "missing-patches")["name"]]
    assert off("AWS::RDS::DBInstance", "encrypted", False) == ["old-crm"]
    named = {r.name: r for r in estate.resources}
    assert not named[planted(estate, "never-tagged")["name"]].tagged
    assert not named[planted(estate, "unprotected-instance")["name"]].protected
    assert not named[planted(estate, "unprotected-database")["name"]].protected
    assert named["orders"].protected


def test_events(estate: Estate) -> None:
    logins = [e for e in estate.events if (e.user, e.name) == ("root", "ConsoleLogin")]
    assert [(e.account, (NOW - e.at).days + 1) for e in logins] == [
        (estate.account("production").id, planted(estate, "root-used")["days_ago"])
    ]


def test_planted_faults_have_an_id_a_collector_and_an_answer(estate: Estate) -> None:
    assert max(Counter(p["id"] for p in estate.planted).values()) == 1
    names = {a.name for a in estate.accounts}
    places = {
        "gcp": {estate.google.organization, *(one.id for one in estate.google.projects)},
        "entra": {estate.directory.file["tenant"]},
        "azure": {f"tenants/{estate.directory.file['tenant']}", *(one.id for one in estate.subscriptions.all)},
    }
    for fault in estate.planted:
        provider = fault["collector"].partition(".")[0]
        assert (fault["account"] in names) if provider == "aws" else fault["boundary"] in places[provider]
        assert fault["expect"]
