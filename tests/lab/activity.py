"""What happened and what was found: management events, findings, evaluations."""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.lab.things import Account, Evaluation, Event, Finding

if TYPE_CHECKING:
    from tests.lab.estate import Estate

ACTIONS = (
    ("ConsoleLogin", "signin.amazonaws.com", False),
    ("AssumeRole", "sts.amazonaws.com", True),
    ("RunInstances", "ec2.amazonaws.com", False),
    ("PutBucketPolicy", "s3.amazonaws.com", False),
    ("CreateAccessKey", "iam.amazonaws.com", False),
    ("UpdateFunctionCode20150331v2", "lambda.amazonaws.com", False),
    ("Decrypt", "kms.amazonaws.com", True),
    ("AttachRolePolicy", "iam.amazonaws.com", False),
    ("GetSecretValue", "secretsmanager.amazonaws.com", True),
    ("ModifyDBInstance", "rds.amazonaws.com", False),
)
THREATS = (
    "Recon:EC2/PortProbeUnprotectedPort",
    "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B",
    "Trojan:EC2/DNSDataExfiltration",
)
POSTURE = ("S3.8", "IAM.6", "EC2.19", "RDS.3", "KMS.4", "CloudTrail.4")
SEVERITIES = ("LOW", "MEDIUM", "MEDIUM", "HIGH", "HIGH", "CRITICAL")


def _id(*names: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(str(name) for name in names)))


def events(estate: Estate) -> Iterator[Event]:
    """Yield the events of all accounts and regions, oldest first."""
    streams = [_drawn(estate, a, r) for a in estate.accounts for r in estate.regions]
    said = sorted((_said(estate, entry) for entry in estate.file["events"]), key=lambda event: event.at)
    yield from heapq.merge(*streams, said, key=lambda event: event.at)


def _said(estate: Estate, entry: dict[str, Any]) -> Event:
    account = estate.account(entry["account"]).id
    at = estate.ago(entry["age"]) + timedelta(hours=9, minutes=30)
    ident = _id("event", account, entry["name"], entry["user"])
    return Event(
        ident,
        account,
        entry["region"],
        min(at, estate.now),
        entry["name"],
        entry["source"],
        entry["user"],
        "203.0.113.77",
        False,
        entry.get("error", ""),
    )


def _drawn(estate: Estate, account: Account, region: str) -> Iterator[Event]:
    users = [user.name for user in estate.users if user.account == account.id]
    daily = estate.count("events_a_day", account) // len(estate.regions)
    for age in range(int(estate.file["event_days"]), 0, -1):
        chance = estate.random("event", account.id, region, age)
        day = estate.now - timedelta(days=age)
        for number, second in enumerate(sorted(chance.randrange(86400) for _ in range(daily))):
            name, source, quiet = ACTIONS[chance.randrange(len(ACTIONS))]
            ident = _id(account.id, region, f"{day:%Y-%m-%d}", number)
            address = f"198.51.100.{chance.randint(1, 254)}"
            at = day + timedelta(seconds=second)
            yield Event(ident, account.id, region, at, name, source, chance.choice(users), address, quiet)


def findings(estate: Estate) -> Iterator[Finding]:
    """Yield the findings of GuardDuty, Inspector and Security Hub as drawn, of Access Analyzer as the file says."""
    for account in estate.accounts:
        for region in estate.regions:
            for source, section in (
                ("guardduty", "threats"),
                ("inspector", "vulnerabilities"),
                ("securityhub", "posture"),
            ):
                if source != "guardduty" or not estate.off(estate.file["guardduty"]["absent"], account.id, region):
                    yield from _found(estate, account, region, source, section)
    for entry in estate.file["access_findings"]:
        account_id, at = estate.account(entry["account"]).id, estate.ago(entry["age"])
        ident = _id("access", entry["resource"])
        yield Finding(
            ident,
            account_id,
            entry["region"],
            "access-analyzer",
            entry["finding"],
            entry["finding"],
            entry["resource"],
            entry["type"],
            "",
            entry["status"],
            at,
            at,
        )


def _found(estate: Estate, account: Account, region: str, source: str, section: str) -> Iterator[Finding]:
    targets = estate.of("AWS::EC2::Instance", account.id, region)
    for number in range(estate.count(section, account) // len(estate.regions)):
        chance = estate.random(source, account.id, region, number)
        target = targets[number % len(targets)]
        created = estate.now - timedelta(days=chance.randint(1, 80), seconds=chance.randrange(86400))
        kind = {
            "guardduty": THREATS[number % len(THREATS)],
            "inspector": f"CVE-2026-{10000 + chance.randrange(9000)}",
            "securityhub": POSTURE[number % len(POSTURE)],
        }[source]
        state = "open" if chance.random() < 0.6 else "closed"
        severity = SEVERITIES[chance.randrange(len(SEVERITIES))]
        ident = _id(source, account.id, region, number).replace("-", "")
        updated = min(created + timedelta(days=chance.randint(0, 10)), estate.now)
        title = f"{kind} on {target.name}"
        place = (target.arn, target.type, severity, state, created, updated)
        yield Finding(ident, account.id, region, source, kind, title, *place)


def evaluations(estate: Estate) -> Iterator[Evaluation]:
    """Yield what each Config rule says of the resources that it looks at."""
    for account in estate.accounts:
        for region in estate.regions:
            if estate.off(estate.file["recorders"]["absent"], account.id, region):
                continue
            yield from _judged(estate, account, region)


def _judged(estate: Estate, account: Account, region: str) -> Iterator[Evaluation]:
    targets = [r for r in estate.resources if (r.account, r.region) == (account.id, region)]
    for rule in estate.file["config_rules"]:
        for number in range(estate.count("compliance", account) // len(estate.regions)):
            chance = estate.random("rule", rule, account.id, region, number)
            target = targets[number % len(targets)]
            at = estate.now - timedelta(hours=chance.randint(1, 300))
            if number < len(targets):
                yield Evaluation(account.id, region, rule, target.id, target.type, chance.random() > 0.1, at)
