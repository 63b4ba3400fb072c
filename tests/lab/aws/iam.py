"""IAM as the estate has it, paged as AWS pages it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tests.lab.aws.answers import Context
from tests.lab.aws.paging import Listing
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.estate import Estate
from tests.lab.things import Role, User

Params = dict[str, Any]
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


class Iam:
    """The answers of one estate."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.users = {(u.account, u.name): u for u in estate.users}
        self.reports: set[str] = set()

    def answers(self) -> dict[str, Callable[[Params, Context], Any]]:
        """Return the handler of each operation."""
        own = {name: getattr(self, name) for name in dir(self) if name.startswith(("get_", "list_", "generate_"))}
        return {f"iam.{name}": handler for name, handler in own.items()}

    def _of(self, context: Context) -> list[User]:
        return [u for u in self.estate.users if u.account == context.account]

    def _user(self, params: Params, context: Context) -> User | ErrorAnswer:
        name = params.get("UserName", "lab")
        return self.users.get((context.account, name)) or missing(f"The user with name {name}")

    def list_users(self, params: Params, context: Context) -> Listing:
        return Listing([_user(u) for u in self._of(context)])

    def get_user(self, params: Params, context: Context) -> Any:
        user = self._user(params, context)
        return user if isinstance(user, ErrorAnswer) else {"User": {**_user(user), "Tags": tags(user.tags)}}

    def list_user_tags(self, params: Params, context: Context) -> Any:
        return self._about(params, context, lambda u: tags(u.tags))

    def list_mfa_devices(self, params: Params, context: Context) -> Any:
        return self._about(params, context, lambda u: [_mfa(u)] if u.mfa else [])

    def list_access_keys(self, params: Params, context: Context) -> Any:
        return self._about(params, context, _keys)

    def list_groups_for_user(self, params: Params, context: Context) -> Any:
        return self._about(params, context, lambda u: [_group(u.account, g) for g in u.groups])

    def list_attached_user_policies(self, params: Params, context: Context) -> Any:
        return self._about(params, context, lambda _: [])

    list_user_policies = list_attached_user_policies

    def _about(self, params: Params, context: Context, tell: Callable[[User], list[Any]]) -> Any:
        user = self._user(params, context)
        return user if isinstance(user, ErrorAnswer) else Listing(tell(user))

    def get_login_profile(self, params: Params, context: Context) -> Any:
        user = self._user(params, context)
        if isinstance(user, ErrorAnswer) or not user.console:
            return missing(f"Login Profile for User {params.get('UserName')}")
        return {"LoginProfile": {"UserName": user.name, "CreateDate": user.created, "PasswordResetRequired": False}}

    def get_access_key_last_used(self, params: Params, context: Context) -> Any:
        for user in self._of(context):
            for key in user.keys:
                if key.id == params["AccessKeyId"]:
                    used = {"LastUsedDate": key.last_used, "ServiceName": "s3", "Region": "eu-central-1"}
                    return {"UserName": user.name, "AccessKeyLastUsed": used}
        return missing("The Access Key")

    def list_virtual_mfa_devices(self, params: Params, context: Context) -> Listing:
        devices = [{**_virtual(u), "User": _user(u)} for u in self._of(context) if u.mfa]
        root = self._root(context)
        if root["mfa"]:
            serial = f"arn:aws:iam::{context.account}:mfa/root-account-mfa-device"
            user = {
                "UserName": "",
                "UserId": context.account,
                "Arn": f"arn:aws:iam::{context.account}:root",
                "Path": "/",
            }
            devices.append({"SerialNumber": serial, "User": user, "EnableDate": self.estate.ago("900d")})
        return Listing(devices)

    def _root(self, context: Context) -> dict[str, Any]:
        name = next(a.name for a in self.estate.accounts if a.id == context.account)
        return dict(self.estate.file["root"][name])

    def list_groups(self, params: Params, context: Context) -> Listing:
        return Listing([_group(context.account, name) for name in self.estate.file["groups"]])

    def list_attached_group_policies(self, params: Params, context: Context) -> Listing:
        return Listing([_attached(GROUP_POLICIES[params["GroupName"]])])

    def list_group_policies(self, params: Params, context: Context) -> Listing:
        return Listing([])

    list_role_policies = list_saml_providers = list_open_id_connect_providers = list_group_policies
    list_server_certificates = list_instance_profiles = list_signing_certificates = list_group_policies
    list_ssh_public_keys = list_service_specific_credentials = list_account_aliases = list_group_policies

    def list_roles(self, params: Params, context: Context) -> Listing:
        return Listing([_role(r) for r in self._roles(context)])

    def _roles(self, context: Context) -> list[Role]:
        return [r for r in self.estate.roles if r.account == context.account]

    def get_role(self, params: Params, context: Context) -> Any:
        found = next((r for r in self._roles(context) if r.name == params["RoleName"]), None)
        if found is None:
            return missing(f"The role with name {params['RoleName']}")
        return {"Role": {**_role(found), "RoleLastUsed": _last(found), "Tags": tags(found.tags)}}

    def list_role_tags(self, params: Params, context: Context) -> Any:
        return Listing(next((tags(r.tags) for r in self._roles(context) if r.name == params["RoleName"]), []))

    def list_attached_role_policies(self, params: Params, context: Context) -> Listing:
        found = [r.policy for r in self._roles(context) if r.name == params["RoleName"]]
        return Listing([_attached(name) for name in found])

    def list_policies(self, params: Params, context: Context) -> Listing:
        return Listing([] if params.get("Scope") == "Local" else [_policy(n) for n in self._used(context)])

    def _used(self, context: Context) -> list[str]:
        return sorted({*GROUP_POLICIES.values(), *(r.policy for r in self._roles(context))})

    def get_policy(self, params: Params, context: Context) -> dict[str, Any]:
        return {"Policy": _policy(params["PolicyArn"].split("policy/", 1)[-1])}

    def get_policy_version(self, params: Params, context: Context) -> dict[str, Any]:
        name = params["PolicyArn"].split("policy/", 1)[-1]
        return {"PolicyVersion": {"Document": document(name), "VersionId": "v1", "IsDefaultVersion": True}}

    def list_entities_for_policy(self, params: Params, context: Context) -> dict[str, Any]:
        name = params["PolicyArn"].split("policy/", 1)[-1]
        groups = [{"GroupName": g, "GroupId": f"AGPA{g.upper()}"} for g, p in GROUP_POLICIES.items() if p == name]
        held = [
            {"RoleName": r.name, "RoleId": _unique("AROA", r.arn)} for r in self._roles(context) if r.policy == name
        ]
        return {"PolicyGroups": groups, "PolicyRoles": held, "PolicyUsers": []}

    def get_account_authorization_details(self, params: Params, context: Context) -> list[dict[str, Any]]:
        users = [_detail(u) for u in self._of(context)]
        groups = [
            {
                **_group(context.account, g),
                "GroupPolicyList": [],
                "AttachedManagedPolicies": [_attached(GROUP_POLICIES[g])],
            }
            for g in self.estate.file["groups"]
        ]
        roles = [_role_detail(r) for r in self._roles(context)]
        version = {"VersionId": "v1", "IsDefaultVersion": True}
        used = [
            {**_policy(n), "PolicyVersionList": [{**version, "Document": document(n)}]} for n in self._used(context)
        ]
        wanted = set(params.get("Filter") or ("User", "Group", "Role", "AWSManagedPolicy"))
        lists = (
            ("UserDetailList", "User", users),
            ("GroupDetailList", "Group", groups),
            ("RoleDetailList", "Role", roles),
        )
        pages: list[dict[str, Any]] = []
        for key, kind, items in (*lists, ("Policies", "AWSManagedPolicy", used)):
            chosen = items if kind in wanted else []
            pages += [{**EMPTY_DETAILS, key: chosen[n : n + 100]} for n in range(0, len(chosen), 100)]
        return pages or [dict(EMPTY_DETAILS)]

    def get_account_summary(self, params: Params, context: Context) -> dict[str, Any]:
        root = self._root(context)
        users = self._of(context)
        return {
            "SummaryMap": {
                "Users": len(users),
                "Roles": len(self._roles(context)),
                "Groups": len(self.estate.file["groups"]),
                "MFADevices": sum(u.mfa for u in users) + int(root["mfa"]),
                "MFADevicesInUse": sum(u.mfa for u in users) + int(root["mfa"]),
                "AccountMFAEnabled": int(root["mfa"]),
                "AccountAccessKeysPresent": int(bool(root.get("keys"))),
                "AccountSigningCertificatesPresent": 0,
                "Policies": 0,
            }
        }

    def list_organizations_features(self, params: Params, context: Context) -> dict[str, Any]:
        return {"OrganizationId": self.estate.file["organization"]["id"], "EnabledFeatures": []}

    def get_account_password_policy(self, params: Params, context: Context) -> Any:
        if self.estate.off_everywhere("password_policy", context.account):
            return missing(f"The Password Policy with domain name {context.account}")
        rules = dict.fromkeys(("RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters"), True)
        return {
            "PasswordPolicy": {
                **rules,
                "RequireLowercaseCharacters": True,
                "MinimumPasswordLength": 14,
                "AllowUsersToChangePassword": True,
                "ExpirePasswords": False,
                "PasswordReusePrevention": 24,
            }
        }

    def generate_credential_report(self, params: Params, context: Context) -> dict[str, Any]:
        if context.account in self.reports:
            return {"State": "COMPLETE"}
        self.reports.add(context.account)
        return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}

    def get_credential_report(self, params: Params, context: Context) -> Any:
        if context.account not in self.reports:
            return ErrorAnswer("ReportNotPresent", 410, "No report exists")
        root = self._root(context)
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        created, used = _time(self.estate.ago("1200d")), _time(self.estate.ago(root["last_used"]))
        none = ["false", "N/A", "N/A", "N/A", "N/A"]
        arn, certs = f"arn:aws:iam::{context.account}:root", ["false", "N/A", "false", "N/A"]
        has = str(bool(root["mfa"])).lower()
        writer.writerow(
            [
                "<root_account>",
                arn,
                created,
                "not_supported",
                used,
                "not_supported",
                "not_supported",
                has,
                *none,
                *none,
                *certs,
            ]
        )
        for user in self._of(context):
            writer.writerow(_credentials(user, none, certs))
        return {"Content": out.getvalue().encode(), "ReportFormat": "text/csv", "GeneratedTime": self.estate.now}

    def generate_service_last_accessed_details(self, params: Params, context: Context) -> dict[str, Any]:
        return {"JobId": "00000000-0000-4000-8000-000000000001"}

    def get_service_last_accessed_details(self, params: Params, context: Context) -> dict[str, Any]:
        done = {"JobStatus": "COMPLETED", "JobCreationDate": self.estate.now, "JobCompletionDate": self.estate.now}
        seen = {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "TotalAuthenticatedEntities": 1}
        return {**done, "ServicesLastAccessed": [{**seen, "LastAuthenticated": self.estate.ago("3d")}]}


EMPTY_DETAILS: dict[str, list[Any]] = {
    "UserDetailList": [],
    "GroupDetailList": [],
    "RoleDetailList": [],
    "Policies": [],
}


def _time(at: datetime | None, none: str = "N/A") -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+00:00") if at else none


def _credentials(user: User, none: list[str], certs: list[str]) -> list[str]:
    password = _time(user.last_used, "no_information") if user.console else "N/A"
    changed = _time(user.created) if user.console else "N/A"
    keys = [[str(k.active).lower(), _time(k.created), _time(k.last_used), "eu-central-1", "s3"] for k in user.keys[:2]]
    first, second = [*keys, none, none][:2]
    enabled = str(user.console).lower()
    return [
        user.name,
        user.arn,
        _time(user.created),
        enabled,
        password,
        changed,
        "N/A",
        str(user.mfa).lower(),
        *first,
        *second,
        *certs,
    ]


def _unique(prefix: str, arn: str) -> str:
    return prefix + arn.encode().hex().upper()[-16:]


def _user(user: User) -> dict[str, Any]:
    told = {"Path": "/", "UserName": user.name, "UserId": _unique("AIDA", user.arn), "Arn": user.arn}
    last = {"PasswordLastUsed": user.last_used} if user.console and user.last_used else {}
    return {**told, "CreateDate": user.created, **last}


def _detail(user: User) -> dict[str, Any]:
    lists: dict[str, list[Any]] = {"UserPolicyList": [], "AttachedManagedPolicies": []}
    return {**_user(user), "GroupList": list(user.groups), **lists, "Tags": tags(user.tags)}


def _mfa(user: User) -> dict[str, Any]:
    return {"UserName": user.name, **_virtual(user)}


def _virtual(user: User) -> dict[str, Any]:
    return {"SerialNumber": f"arn:aws:iam::{user.account}:mfa/{user.name}", "EnableDate": user.created}


def _keys(user: User) -> list[dict[str, Any]]:
    return [
        {
            "UserName": user.name,
            "AccessKeyId": k.id,
            "Status": "Active" if k.active else "Inactive",
            "CreateDate": k.created,
        }
        for k in user.keys
    ]


def _group(account: str, name: str) -> dict[str, Any]:
    arn = f"arn:aws:iam::{account}:group/{name}"
    made = datetime(2024, 1, 8, 9, 0).astimezone()
    return {"Path": "/", "GroupName": name, "GroupId": _unique("AGPA", arn), "Arn": arn, "CreateDate": made}


def _attached(name: str) -> dict[str, str]:
    return {"PolicyName": name.rsplit("/", 1)[-1], "PolicyArn": policy_arn(name)}


def _policy(name: str) -> dict[str, Any]:
    arn = policy_arn(name)
    told = {"PolicyName": name.rsplit("/", 1)[-1], "Arn": arn, "PolicyId": _unique("ANPA", arn), "Path": "/"}
    return {**told, "DefaultVersionId": "v1", "AttachmentCount": 1, "IsAttachable": True}


def _trust(role: Role) -> str:
    kind = "AWS" if role.trusted.startswith("arn:") else "Service"
    statement = {"Effect": "Allow", "Principal": {kind: role.trusted}, "Action": "sts:AssumeRole"}
    return quote(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def _role(role: Role) -> dict[str, Any]:
    told = {"Path": "/", "RoleName": role.name, "RoleId": _unique("AROA", role.arn), "Arn": role.arn}
    return {**told, "CreateDate": role.created, "AssumeRolePolicyDocument": _trust(role), "MaxSessionDuration": 3600}


def _last(role: Role) -> dict[str, Any]:
    return {"LastUsedDate": role.last_used, "Region": "eu-central-1"} if role.last_used else {}


def _role_detail(role: Role) -> dict[str, Any]:
    lists: dict[str, list[Any]] = {"RolePolicyList": [], "InstanceProfileList": []}
    told = {**_role(role), **lists, "AttachedManagedPolicies": [_attached(role.policy)], "Tags": tags(role.tags)}
    return {**told, "RoleLastUsed": _last(role)}
