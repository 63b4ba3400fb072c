"""What a true tool says of an estate, worked out from the estate alone: nothing here knows the agent."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.lab import backups
from tests.lab.estate import Estate
from tests.lab.things import Resource, RestoreJob

BACKED_UP = {"AWS::EC2::Instance", "AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::DynamoDB::Table"}
AGES = {"P1Y": timedelta(days=380), "P6M": timedelta(days=190), "P3M": timedelta(days=100)}
"""How old the evidence of a cadence may be where the mapping does not say: docs/mappings.md."""


def days(estate: Estate, number: int) -> datetime:
    """Return the instant so many days ago."""
    return estate.now - timedelta(days=number)


def closed(estate: Estate, service: str) -> set[tuple[str, str]]:
    """Return the accounts and regions in which the organization forbids a service."""
    places = ((account.id, region) for account in estate.accounts for region in estate.regions)
    return {place for place in places if backups.denied(estate, *place, service)}


def of_type(estate: Estate, *types: str) -> list[Resource]:
    """Return the resources of these types."""
    return [one for one in estate.resources if one.type in types]


def named(estate: Estate, section: str) -> list[dict[str, Any]]:
    """Return what the file names of a section, of all accounts."""
    return [one for account in estate.accounts for one in estate.named(section, account)]


def open_(estate: Estate, service: str, resources: list[Resource]) -> list[Resource]:
    """Return the resources that lie where a service is not forbidden."""
    forbidden = closed(estate, service)
    return [one for one in resources if (one.account, one.region) not in forbidden]


def quarter(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the local midnight at which the quarter of an instant begins."""
    local = instant.astimezone(zone)
    return datetime(local.year, (local.month - 1) // 3 * 3 + 1, 1, tzinfo=zone)


def after(start: datetime, months: int) -> datetime:
    """Return the local midnight so many months later."""
    number = start.year * 12 + start.month - 1 + months
    return start.replace(year=number // 12, month=number % 12 + 1)


def audit_period(estate: Estate) -> tuple[datetime, datetime]:
    """Return the audit period of the file, in the organization's time."""
    zone = ZoneInfo(estate.file["organization"]["timezone"])
    period = estate.file["audits"][0]["period"]
    first, last = (datetime(d.year, d.month, d.day, tzinfo=zone) for d in (period["from"], period["to"]))
    return first, last


def audit_end(estate: Estate) -> datetime:
    """Return the end of the audit's last day."""
    zone = ZoneInfo(estate.file["organization"]["timezone"])
    last = estate.file["audits"][0]["ends"]
    return datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1)


def qualifying(job: RestoreJob) -> bool:
    """Return whether a restore shows that a backup can be restored: it completed, and nobody found it broken."""
    return job.state == "COMPLETED" and job.validated in ("", "SUCCESSFUL")


def restore_quarters(estate: Estate, account: str) -> dict[datetime, bool]:
    """Return for each quarter owed to the audit whether somebody restored in it; ended ones only."""
    first, last = audit_period(estate)
    zone = first.tzinfo
    assert isinstance(zone, ZoneInfo)
    done = {quarter(job.ended, zone) for job in estate.restore_jobs if job.account == account and qualifying(job)}
    found, start = {}, quarter(first, zone)
    while after(start, 3) <= min(last, estate.now):
        found[start] = start in done
        start = after(start, 3)
    return found


def document_states(estate: Estate, cadences: dict[str, str], at: datetime) -> dict[str, str]:
    """Return the freshness of each document requirement at an instant, by the rules of the design."""
    found = {}
    for requirement, cadence in cadences.items():
        papers = [paper for paper in estate.papers if paper.requirement == requirement]
        if not papers:
            found[requirement] = "missing"
            continue
        newest = max(papers, key=lambda paper: paper.approved)
        ends = [newest.approved + AGES[cadence], *([newest.valid_until] if newest.valid_until else [])]
        warning = min(AGES[cadence] / 4, timedelta(days=14))
        stale = min(ends)
        found[requirement] = "stale" if at >= stale else "expiring" if at >= stale - warning else "fresh"
    return found


def counts(estate: Estate) -> dict[str, int]:
    """Return how many records each collector of the example estate has to bring."""
    users, events = estate.users, estate.events
    month = days(estate, 30)
    jobs = [job for job in estate.backup_jobs if job.at >= month]
    sources = Counter(one.source for one in estate.findings)
    retained = [one for one in estate.backup_jobs if one.state == "COMPLETED" and one.retained_until > estate.now]
    changes = [one for one in events if not one.read_only or one.user == "root"]
    logs = len(of_type(estate, "AWS::Logs::LogGroup"))
    regions = len(estate.accounts) * len(estate.regions)
    off = {(estate.account(one["account"]).id, one["region"]) for one in estate.file["recorders"]["absent"]}
    return {
        "aws.iam_users": len(users),
        "aws.iam_users_mfa": len(users),
        "aws.iam_credential_report": len(users) + len(estate.accounts),
        "aws.root_user": len(estate.accounts),
        "aws.identity_center_assignments": len(estate.assignments),
        "aws.identity_center_users": len(estate.people),
        "aws.org_accounts": len(estate.accounts),
        "aws.delegated_administrators": sum(map(len, estate.file["organization"]["delegated"].values())),
        "aws.ec2_inventory": len(of_type(estate, "AWS::EC2::Instance")),
        "aws.machine_images": len(named(estate, "images")),
        "aws.backup_jobs": len(jobs),
        "aws.backup_restore_jobs": len(estate.restore_jobs),
        "aws.backup_recovery_points": len(retained),
        "aws.cloudtrail_events": len(changes),
        "aws.cloudwatch_log_groups": logs,
        "aws.cloudwatch_logs_delivery": logs,
        "aws.config_recorder": regions,
        "aws.vpc_flow_logs": regions,
        "aws.config_rule_compliance": len(estate.evaluations),
        "aws.config_inventory": len([r for r in estate.resources if (r.account, r.region) not in off]),
        "aws.config_aggregate_inventory": len([r for r in estate.resources if (r.account, r.region) not in off]),
        "aws.resource_explorer": len(estate.resources),
        "aws.guardduty": sources["guardduty"],
        "aws.inspector_findings": sources["inspector"],
        "aws.securityhub_findings": sources["securityhub"],
    }


def unowned(estate: Estate, account: str) -> dict[str, set[str]]:
    """Return the ARNs of resources without owner, as far as each inventory that is read in an account can see.

    The first account sees what the organization's aggregator holds of all of them.
    """
    off = {(estate.account(one["account"]).id, one["region"]) for one in estate.file["recorders"]["absent"]}
    lacking = [one for one in estate.resources if not one.tags.get("owner")]
    recorded = [one for one in lacking if (one.account, one.region) not in off]
    found = {
        "aws.resource_explorer": {one.arn for one in lacking if one.account == account},
        "aws.config_inventory": {one.arn for one in recorded if one.account == account},
    }
    if account == estate.accounts[0].id:
        found["aws.config_aggregate_inventory"] = {one.arn for one in recorded}
    return found


def unprotected(estate: Estate, account: str) -> int:
    """Return how much of an account AWS Backup could protect and does not, where it may be asked.

    An instance of the lab has one volume, which is backed up with it.
    """
    could = open_(estate, "backup", of_type(estate, *BACKED_UP))
    found = [one for one in could if one.account == account and not one.protected]
    return len(found) + sum(1 for one in found if one.type == "AWS::EC2::Instance")


def not_validated(estate: Estate, account: str) -> set[str]:
    """Return the restores of the last year that nobody looked at, and whose resource nobody restored better since."""
    first, _ = audit_period(estate)
    jobs = [job for job in estate.restore_jobs if job.account == account and job.ended >= first]
    return {
        job.id for job in jobs
        if job.state == "COMPLETED" and not job.validated
        and not any(o.resource == job.resource and o.ended > job.ended and o.validated for o in jobs)
    }


def resources_told(estate: Estate) -> dict[str, int]:
    """Return how many resources each collector of settings has to speak of."""
    buckets = [one for one in of_type(estate, "AWS::S3::Bucket") if not one.traits.get("denied")]
    regions = len(estate.accounts) * len(estate.regions)
    unlogged = len(estate.file["sessions"]["unlogged"])
    functions = open_(estate, "lambda", of_type(estate, "AWS::Lambda::Function"))
    return {
        "aws.compute_settings": len(functions) + len(named(estate, "clusters")),
        "aws.ec2_settings": len(of_type(estate, "AWS::EC2::Instance")),
        "aws.database_settings": len(open_(estate, "rds", of_type(estate, "AWS::RDS::DBInstance"))),
        "aws.permission_sets": len(estate.file["identity_center"]["permission_sets"]),
        "aws.event_rules": len(estate.file["event_rules"]),
        "aws.missing_patches": sum(not one.traits["patched"] for one in of_type(estate, "AWS::EC2::Instance")),
        "aws.s3_access_points": len(named(estate, "access_points")),
        "aws.session_settings": regions + regions - unlogged,
        "aws.snapshot_policies": len(estate.file["snapshot_policies"]),
        "aws.kms_keys": len(of_type(estate, "AWS::KMS::Key")),
        "aws.certificates": len(of_type(estate, "AWS::ACM::Certificate")),
        "aws.secrets": len(of_type(estate, "AWS::SecretsManager::Secret")),
        "aws.backup_restore_testing": len(estate.file["restore_tests"]["plans"]),
        "aws.guardduty_detectors": regions,
        "aws.inspector_coverage": len(of_type(estate, "AWS::EC2::Instance")) + regions,
        "aws.iam_password_policy": len(estate.accounts),
        "buckets": len(buckets),
    }
