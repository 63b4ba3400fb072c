"""What was copied and what was tried: backup jobs and restore jobs over the history."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.lab.things import BackupJob, Resource, RestoreJob

if TYPE_CHECKING:
    from tests.lab.estate import Estate

SHORT = {
    "AWS::EC2::Instance": "EC2",
    "AWS::S3::Bucket": "S3",
    "AWS::RDS::DBInstance": "RDS",
    "AWS::DynamoDB::Table": "DynamoDB",
}
MONTH = timedelta(days=30)


def denied(estate: Estate, account: str, region: str, service: str) -> bool:
    """Return whether the organization forbids a service in an account and region."""
    entries = [entry for entry in estate.file["denied_regions"] if service in entry["services"]]
    return estate.off(entries, account, region)


def protected(estate: Estate) -> list[Resource]:
    """Return the resources that have backups."""
    return [r for r in estate.resources if r.protected and r.type in SHORT]


def backup_jobs(estate: Estate) -> Iterator[BackupJob]:
    """Yield a job a day for each protected resource by the first plan, and one a month by the second."""
    plans = estate.file["backup"]["plans"]
    days = round(int(estate.file["history"]) * 365 / 12)
    guarded = protected(estate)
    for age in range(days, 0, -1):
        day = estate.now - timedelta(days=age)
        for resource in guarded:
            if resource.created < day <= estate.ago(str(resource.traits.get("backed_up_until", "0d"))):
                yield _backup(estate, resource, plans[0], day)
                if day.day == 1:
                    yield _backup(estate, resource, plans[1], day)


def _backup(estate: Estate, resource: Resource, plan: dict[str, Any], day: datetime) -> BackupJob:
    ident = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{plan['name']}/{resource.arn}/{day:%Y-%m-%d}"))
    number = int(ident[:8], 16)
    at = day + timedelta(hours=1, seconds=number % 10800)
    state = "FAILED" if number % 1000 < float(estate.file["backup"]["fails"]) * 1000 else "COMPLETED"
    until = at + timedelta(days=int(plan["retention"]))
    size = number % 50_000_000_000
    kind, plan_id = SHORT[resource.type], plan["name"]
    place = (resource.account, resource.region, resource.arn, kind, plan["vault"], plan_id)
    return BackupJob(ident.upper(), *place, at, state, size, until)


def restore_jobs(estate: Estate) -> Iterator[RestoreJob]:
    """Yield the restores of each testing plan, none while the file says that nobody tried."""
    tests = estate.file["restore_tests"]
    silent = (estate.ago(tests["silent"]["from"]), estate.ago(tests["silent"]["to"]))
    jobs = [job for plan in tests["plans"] for job in _of_plan(estate, plan)]
    yield from sorted((job for job in jobs if not silent[0] <= job.at < silent[1]), key=lambda job: (job.at, job.id))


def _of_plan(estate: Estate, plan: dict[str, Any]) -> Iterator[RestoreJob]:
    account = estate.account(plan["account"]).id
    guarded = [r for r in protected(estate) if (r.account, r.region) == (account, plan["region"])]
    chosen = [r for r in guarded if SHORT[r.type] in plan["selections"]]
    first = estate.now - int(estate.file["history"]) * MONTH
    at = estate.ago(plan.get("last_run", "1d"))
    step = estate.now - estate.ago(plan["every"])
    while chosen and at > first:
        for number in range(int(estate.file["restore_tests"]["resources"]) * estate.scale):
            yield _restore(estate, plan, account, at, chosen[number % len(chosen)], number)
        at -= step


def _restore(
    estate: Estate, plan: dict[str, Any], account: str, at: datetime, resource: Resource, number: int
) -> RestoreJob:
    chance = estate.random("restore", plan["name"], at.date(), number)
    tests = estate.file["restore_tests"]
    state = "FAILED" if chance.random() < float(tests["fails"]) else "COMPLETED"
    validated = "SUCCESSFUL" if chance.random() >= float(tests["not_validated"]) else ""
    started = at + timedelta(hours=2, minutes=7 * number % 300)
    ended = started + timedelta(minutes=chance.randint(3, 90))
    ident = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{plan['name']}/{at:%Y-%m-%d}/{number}")).upper()
    done = validated if state == "COMPLETED" else ""
    place = (account, plan["region"], plan["name"], resource.arn, SHORT[resource.type])
    return RestoreJob(ident, *place, started, ended, state, done, chance.randint(10**8, 10**11))
