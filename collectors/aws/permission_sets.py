"""Permission sets of IAM Identity Center: how long somebody who takes one on may go on working."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._center import INSTANCES, ONE, instances
from collectors.aws._settings import setting

LIST, READ = "sso-admin.list_permission_sets", "sso-admin.describe_permission_set"
HEADER = Header(
    id="aws.permission_sets",
    title="Permission sets of IAM Identity Center",
    kind="configuration",
    population="Every permission set of IAM Identity Center, given to somebody or not, with how long a session in it "
    "lasts.",
    provider="aws",
    per="organization",
    calls=(
        INSTANCES,
        Api(LIST, ("sso:ListPermissionSets",)),
        Api(READ, ("sso:DescribePermissionSet",),
            answers={"ResourceNotFoundException": "the permission set was deleted while it was read"}),
    ),
    limits=(
        "What a permission set allows, and who has it where, is in aws.identity_center_assignments.",
        "How long somebody stays signed in to the access portal itself is not read.",
        ONE,
    ),
)
DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
HOUR = "PT1H"
"""How long a session lasts where nobody said it."""


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per permission set and setting; every instance in turn."""
    for client, instance in instances(run):
        of = instance["InstanceArn"]

        def described(arn: str, client: Aws = client, of: str = of) -> dict[str, Any] | None:
            return client.ask(READ, InstanceArn=of, PermissionSetArn=arn)

        listed = client.population(LIST, key="PermissionSets", InstanceArn=of, MaxResults=100)
        for arn, answer in client.each(listed, described):
            if answer is None:
                run.skip("deleted while it was read")
                continue
            told = answer["PermissionSet"]
            hours = _hours(told.get("SessionDuration") or HOUR)
            settings = {"permission_set": told.get("Name"), "session_hours": hours}
            for name, value in settings.items():
                yield Record(setting(arn, name, value), told)


def _hours(duration: str) -> float | None:
    """Return the hours of an ISO 8601 duration such as `PT1H30M`; None of what is none."""
    found = DURATION.fullmatch(duration)
    if not found:
        return None
    hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return hours + minutes / 60 + seconds / 3600
