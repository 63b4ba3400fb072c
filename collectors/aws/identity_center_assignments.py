"""Assignments of IAM Identity Center: who has which permission set in which account, and who may use what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Grant
from collectors.aws._center import GROUPS, INSTANCES, ONE, USERS, instances, names
from collectors.aws._policy import PRIVILEGED
from collectors.aws._sets import CALLS, PermissionSet, reader

PLACES = "sso-admin.list_accounts_for_provisioned_permission_set"
ASSIGNED = "sso-admin.list_account_assignments"
APPLICATIONS = "sso-admin.list_applications"
IN_APPLICATION = "sso-admin.list_application_assignments"
HEADER = Header(
    id="aws.identity_center_assignments",
    title="Assignments of IAM Identity Center",
    kind="grant",
    population="Every assignment of a person or group to a permission set in an account, or to an application, in IAM "
    "Identity Center.",
    provider="aws",
    per="organization",
    calls=(
        INSTANCES,
        *CALLS,
        Api(PLACES, ("sso:ListAccountsForProvisionedPermissionSet",)),
        Api(ASSIGNED, ("sso:ListAccountAssignments",)),
        Api(APPLICATIONS, ("sso:ListApplications",)),
        Api(IN_APPLICATION, ("sso:ListApplicationAssignments",)),
        USERS,
        GROUPS,
    ),
    limits=(
        PRIVILEGED,
        "An assignment to a group is one row; who is in the group is in aws.identity_center_users.",
        "Customer managed policies lie in the member accounts, unread: `privileged` is null where they decide.",
        "An application that demands no assignment lets in everybody, and has no row.",
        ONE,
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one grant per assignment; every instance in turn."""
    for client, instance in instances(run):
        known = names(client, instance["IdentityStoreId"])
        arns = client.read("sso-admin.list_permission_sets", key="PermissionSets", InstanceArn=instance["InstanceArn"])
        for _, held in client.each(arns, reader(client, instance["InstanceArn"])):
            yield from _of_set(run, client, instance["InstanceArn"], held, known)
        yield from _of_applications(run, client, instance["InstanceArn"], known)


def _of_set(
    run: Run[Aws], client: Aws, instance: str, held: PermissionSet, known: dict[str, str],
) -> Iterator[Record]:
    of = {"InstanceArn": instance, "PermissionSetArn": held.arn}

    def assigned(account: str) -> list[dict[str, Any]]:
        return list(client.read(ASSIGNED, key="AccountAssignments", AccountId=account, **of))

    accounts = client.population(PLACES, key="AccountIds", **of)
    for account, found in client.each(accounts, assigned):
        for one in found:
            raw = [
                {"operation": ASSIGNED, "item": one},
                {"operation": "sso-admin.describe_permission_set", "item": held.raw},
            ]
            yield Record(_row(one, f"{held.arn}#{account}", known, held, account), raw)
        _empty(run, found)


def _of_applications(run: Run[Aws], client: Aws, instance: str, known: dict[str, str]) -> Iterator[Record]:
    def assigned(application: dict[str, Any]) -> list[dict[str, Any]]:
        arn = application["ApplicationArn"]
        return list(client.read(IN_APPLICATION, key="ApplicationAssignments", ApplicationArn=arn))

    applications = client.population(APPLICATIONS, key="Applications", InstanceArn=instance)
    for application, found in client.each(applications, assigned):
        for one in found:
            raw = [{"operation": IN_APPLICATION, "item": one}, {"operation": APPLICATIONS, "item": application}]
            yield Record(_of_application(one, application, known), raw)
        _empty(run, found)


def _empty(run: Run[Aws], found: list[dict[str, Any]]) -> None:
    if not found:
        run.skip("nobody is assigned")


def _row(one: dict[str, Any], place: str, known: dict[str, str], held: PermissionSet, account: str) -> Grant:
    return Grant(
        f"{place}/{one['PrincipalType']}/{one['PrincipalId']}",
        principal=known.get(one["PrincipalId"], one["PrincipalId"]),
        principal_type=one["PrincipalType"].lower(),
        role=held.name,
        resource=account,
        effect="allow",
        privileged=held.said.privileged,
        conditional=held.said.conditional,
    )


def _of_application(one: dict[str, Any], application: dict[str, Any], known: dict[str, str]) -> Grant:
    arn = application["ApplicationArn"]
    return Grant(
        f"{arn}#{one['PrincipalType']}/{one['PrincipalId']}",
        principal=known.get(one["PrincipalId"], one["PrincipalId"]),
        principal_type=one["PrincipalType"].lower(),
        role=application.get("Name"),
        resource=arn,
        effect="allow" if application.get("Status") != "DISABLED" else "disabled",
    )
