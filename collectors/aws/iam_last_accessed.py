"""When IAM users and roles last used what they may use: the newest use, and the services that they were given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Account

GENERATE = "iam.generate_service_last_accessed_details"
GET = "iam.get_service_last_accessed_details"
HEADER = Header(
    id="aws.iam_last_accessed",
    title="Last use of permissions (IAM)",
    kind="account",
    population="Every IAM user and role of the account; roles that AWS services keep for themselves are left out.",
    provider="aws",
    per="boundary",
    calls=(
        Api("iam.list_users", ("iam:ListUsers",)),
        Api("iam.list_roles", ("iam:ListRoles",)),
        Api(GENERATE, ("iam:GenerateServiceLastAccessedDetails",)),
        Api(GET, ("iam:GetServiceLastAccessedDetails",)),
    ),
    cadence="P1M",
    keeps="AWS looks back 400 days; the newest four hours may be missing.",
    limits=(
        "`entitlements` are the services that a principal's policies allow; the artifact says when each was used.",
        "A principal who used nothing within 400 days has no `last_used_at`.",
        "Whether a user can still sign in is in aws.iam_credential_report: `enabled` is told of roles alone.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one account per user and role."""
    client = run.client
    users = client.population("iam.list_users", key="Users")
    for user, told in client.each(users, lambda user: _asked(client, user)):
        yield from _record(run, user["UserName"], user, told)
    roles = client.population("iam.list_roles", key="Roles")
    for role, answer in client.each(roles, lambda role: None if _of_service(role) else _asked(client, role)):
        if answer is None:
            run.skip("a role that an AWS service keeps for itself")
        else:
            yield from _record(run, role["RoleName"], role, answer)


def _of_service(role: dict[str, Any]) -> bool:
    return str(role.get("Path", "")).startswith("/aws-service-role/")


def _asked(client: Aws, principal: dict[str, Any]) -> dict[str, Any]:
    """Return the report of a principal, which IAM has to write first."""
    job = client.ask(GENERATE, Arn=principal["Arn"]) or {}
    return client.until(GET, _done, JobId=job["JobId"], MaxItems=1000) or {}


def _done(answer: dict[str, Any]) -> bool:
    return bool(answer["JobStatus"] != "IN_PROGRESS")


def _record(run: Run[Aws], name: str, principal: dict[str, Any], told: dict[str, Any]) -> Iterator[Record]:
    if told.get("JobStatus") != "COMPLETED":
        why = told.get("Error", {}).get("Message", "no reason given")
        run.note(f"IAM could not report on {principal['Arn']}: {why}")
        run.skip("IAM could not write its report")
        return
    role = "RoleName" in principal
    services = told.get("ServicesLastAccessed") or []
    used = [one["LastAuthenticated"] for one in services if one.get("LastAuthenticated")]
    row = Account(
        principal["Arn"],
        principal=name,
        type="role" if role else None,
        enabled=True if role else None,
        created_at=principal.get("CreateDate"),
        last_used_at=max(used, default=None),
        entitlements=sorted(one["ServiceNamespace"] for one in services),
    )
    yield Record(row, [{"operation": f"iam.list_{'roles' if role else 'users'}", "item": principal},
                       {"operation": GET, "item": told}])
