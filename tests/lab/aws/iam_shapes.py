"""IAM's words: managed policies, and users, groups and roles as IAM tells them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tests.lab.aws.wire import ErrorAnswer
from tests.lab.things import Role, User

GROUP_POLICIES = {
    "administrators": "AdministratorAccess",
    "developers": "PowerUserAccess",
    "auditors": "SecurityAudit",
    "finance": "job-function/Billing",
    "support": "ReadOnlyAccess",
}
STATEMENTS: dict[str, Any] = {
    "AdministratorAccess": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    "PowerUserAccess": {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
    "AWSBackupFullAccess": {"Effect": "Allow", "Action": ["backup:*", "backup-storage:*"], "Resource": "*"},
}
READ = {"Effect": "Allow", "Action": ["ec2:Describe*", "s3:Get*", "s3:List*"], "Resource": "*"}
KEY = "active last_rotated last_used_date last_used_region last_used_service"
COLUMNS = (
    *["user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed"],
    *["password_next_rotation", "mfa_active"],
    *(f"access_key_{number}_{name}" for number in (1, 2) for name in KEY.split()),
    *["cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated"],
)


def policy_arn(name: str) -> str:
    """Return the ARN of a policy that AWS manages."""
    return f"arn:aws:iam::aws:policy/{name}"


def document(name: str) -> str:
    """Return a managed policy's document as IAM sends it, percent-encoded."""
    return quote(json.dumps({"Version": "2012-10-17", "Statement": [STATEMENTS.get(name, READ)]}))


def missing(what: str) -> ErrorAnswer:
    """Return IAM's word for a thing that is not there."""
    return ErrorAnswer("NoSuchEntity", 404, f"{what} cannot be found.")


def tags(values: Any) -> list[dict[str, str]]:
    """Return tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


EMPTY_DETAILS: dict[str, list[Any]] = {
    "UserDetailList": [],
    "GroupDetailList": [],
    "RoleDetailList": [],
    "Policies": [],
}


def told_time(at: datetime | None, none: str = "N/A") -> str:
    """Return an instant as the credential report writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S+00:00") if at else none


NO_KEY = ["false", "N/A", "N/A", "N/A", "N/A"]
NO_CERTIFICATES = ["false", "N/A", "false", "N/A"]


def told_root(account: str, created: datetime, used: datetime, *, mfa: bool) -> list[str]:
    """Return the row of the root user."""
    none = "not_supported"
    told = ["<root_account>", f"arn:aws:iam::{account}:root", told_time(created), none, told_time(used), none, none]
    return [*told, str(mfa).lower(), *NO_KEY, *NO_KEY, *NO_CERTIFICATES]


def credential_report(root: list[str], users: Iterable[User]) -> str:
    """Return the report as CSV."""
    out = io.StringIO()
    rows = (told_credentials(user, NO_KEY, NO_CERTIFICATES) for user in users)
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, root, *rows])
    return out.getvalue()


def told_credentials(user: User, none: list[str], certs: list[str]) -> list[str]:
    """Return a row of the credential report."""
    password = told_time(user.last_used, "no_information") if user.console else "N/A"
    changed = told_time(user.created) if user.console else "N/A"
    keys = [
        [str(k.active).lower(), told_time(k.created), told_time(k.last_used), "eu-central-1", "s3"]
        for k in user.keys[:2]
    ]
    first, second = [*keys, none, none][:2]
    enabled = str(user.console).lower()
    return [
        user.name,
        user.arn,
        told_time(user.created),
        enabled,
        password,
        changed,
        "N/A",
        str(user.mfa).lower(),
        *first,
        *second,
        *certs,
    ]


def told_unique(prefix: str, arn: str) -> str:
    """Return the unique id of a thing."""
    return prefix + arn.encode().hex().upper()[-16:]


def told_user(user: User) -> dict[str, Any]:
    """Return a user."""
    told = {"Path": "/", "UserName": user.name, "UserId": told_unique("AIDA", user.arn), "Arn": user.arn}
    last = {"PasswordLastUsed": user.last_used} if user.console and user.last_used else {}
    return {**told, "CreateDate": user.created, **last}


def told_detail(user: User) -> dict[str, Any]:
    """Return a user of the authorization details."""
    lists: dict[str, list[Any]] = {"UserPolicyList": [], "AttachedManagedPolicies": []}
    return {**told_user(user), "GroupList": list(user.groups), **lists, "Tags": tags(user.tags)}


def told_mfa(user: User) -> dict[str, Any]:
    """Return a device of a user."""
    return {"UserName": user.name, **told_virtual(user)}


def told_virtual(user: User) -> dict[str, Any]:
    """Return a virtual device."""
    return {"SerialNumber": f"arn:aws:iam::{user.account}:mfa/{user.name}", "EnableDate": user.created}


def told_keys(user: User) -> list[dict[str, Any]]:
    """Return the keys of a user."""
    return [
        {
            "UserName": user.name,
            "AccessKeyId": k.id,
            "Status": "Active" if k.active else "Inactive",
            "CreateDate": k.created,
        }
        for k in user.keys
    ]


def told_group(account: str, name: str) -> dict[str, Any]:
    """Return a group."""
    arn = f"arn:aws:iam::{account}:group/{name}"
    made = datetime(2024, 1, 8, 9, 0).astimezone()
    return {"Path": "/", "GroupName": name, "GroupId": told_unique("AGPA", arn), "Arn": arn, "CreateDate": made}


def told_attached(name: str) -> dict[str, str]:
    """Return an attached policy."""
    return {"PolicyName": name.rsplit("/", 1)[-1], "PolicyArn": policy_arn(name)}


def told_policy(name: str) -> dict[str, Any]:
    """Return a managed policy."""
    arn = policy_arn(name)
    told = {"PolicyName": name.rsplit("/", 1)[-1], "Arn": arn, "PolicyId": told_unique("ANPA", arn), "Path": "/"}
    return {**told, "DefaultVersionId": "v1", "AttachmentCount": 1, "IsAttachable": True}


def told_trust(role: Role) -> str:
    """Return who may assume a role, percent-encoded."""
    kind = "AWS" if role.trusted.startswith("arn:") else "Service"
    statement = {"Effect": "Allow", "Principal": {kind: role.trusted}, "Action": "sts:AssumeRole"}
    return quote(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def told_role(role: Role) -> dict[str, Any]:
    """Return a role."""
    told = {"Path": "/", "RoleName": role.name, "RoleId": told_unique("AROA", role.arn), "Arn": role.arn}
    return {
        **told,
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": told_trust(role),
        "MaxSessionDuration": 3600,
    }


def told_last(role: Role) -> dict[str, Any]:
    """Return when a role was last used."""
    return {"LastUsedDate": role.last_used, "Region": "eu-central-1"} if role.last_used else {}


def told_role_detail(role: Role) -> dict[str, Any]:
    """Return a role of the authorization details."""
    lists: dict[str, list[Any]] = {"RolePolicyList": [], "InstanceProfileList": []}
    told = {
        **told_role(role),
        **lists,
        "AttachedManagedPolicies": [told_attached(role.policy)],
        "Tags": tags(role.tags),
    }
    return {**told, "RoleLastUsed": told_last(role)}
