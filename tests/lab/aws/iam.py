"""IAM as the estate has it, paged as AWS pages it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.iam_shapes import (
    EMPTY_DETAILS,
    GROUP_POLICIES,
    credential_report,
    document,
    missing,
    tags,
    told_attached,
    told_detail,
    told_group,
    told_keys,
    told_last,
    told_mfa,
    told_policy,
    told_role,
    told_role_detail,
    told_root,
    told_unique,
    told_user,
    told_virtual,
)
from tests.lab.aws.paging import Listing
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.estate import Estate
from tests.lab.things import Role, User

Params = dict[str, Any]


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
        return Listing([told_user(u) for u in self._of(context)])

    def get_user(self, params: Params, context: Context) -> Any:
        user = self._user(params, context)
        return user if isinstance(user, ErrorAnswer) else {"User": {**told_user(user), "Tags": tags(user.tags)}}

    def list_user_tags(self, params: Params, context: Context) -> Any:
        return self._about(params, context, lambda u: tags(u.tags))

    def list_mfa_devices(self, params: Params, context: Context) -> Any:
        return self._about(params, context, lambda u: [told_mfa(u)] if u.mfa else [])

    def list_access_keys(self, params: Params, context: Context) -> Any:
        return self._about(params, context, told_keys)

    def list_groups_for_user(self, params: Params, context: Context) -> Any:
        return self._about(params, context, lambda u: [told_group(u.account, g) for g in u.groups])

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
        devices = [{**told_virtual(u), "User": told_user(u)} for u in self._of(context) if u.mfa]
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
        return Listing([told_group(context.account, name) for name in self.estate.file["groups"]])

    def list_attached_group_policies(self, params: Params, context: Context) -> Listing:
        return Listing([told_attached(GROUP_POLICIES[params["GroupName"]])])

    def list_group_policies(self, params: Params, context: Context) -> Listing:
        return Listing([])

    list_role_policies = list_saml_providers = list_open_id_connect_providers = list_group_policies
    list_server_certificates = list_instance_profiles = list_signing_certificates = list_group_policies
    list_ssh_public_keys = list_service_specific_credentials = list_account_aliases = list_group_policies

    def list_roles(self, params: Params, context: Context) -> Listing:
        return Listing([told_role(r) for r in self._roles(context)])

    def _roles(self, context: Context) -> list[Role]:
        return [r for r in self.estate.roles if r.account == context.account]

    def get_role(self, params: Params, context: Context) -> Any:
        found = next((r for r in self._roles(context) if r.name == params["RoleName"]), None)
        if found is None:
            return missing(f"The role with name {params['RoleName']}")
        return {"Role": {**told_role(found), "RoleLastUsed": told_last(found), "Tags": tags(found.tags)}}

    def list_role_tags(self, params: Params, context: Context) -> Any:
        return Listing(next((tags(r.tags) for r in self._roles(context) if r.name == params["RoleName"]), []))

    def list_attached_role_policies(self, params: Params, context: Context) -> Listing:
        found = [r.policy for r in self._roles(context) if r.name == params["RoleName"]]
        return Listing([told_attached(name) for name in found])

    def list_policies(self, params: Params, context: Context) -> Listing:
        return Listing([] if params.get("Scope") == "Local" else [told_policy(n) for n in self._used(context)])

    def _used(self, context: Context) -> list[str]:
        return sorted({*GROUP_POLICIES.values(), *(r.policy for r in self._roles(context))})

    def get_policy(self, params: Params, context: Context) -> dict[str, Any]:
        return {"Policy": told_policy(params["PolicyArn"].split("policy/", 1)[-1])}

    def get_policy_version(self, params: Params, context: Context) -> dict[str, Any]:
        name = params["PolicyArn"].split("policy/", 1)[-1]
        return {"PolicyVersion": {"Document": document(name), "VersionId": "v1", "IsDefaultVersion": True}}

    def list_entities_for_policy(self, params: Params, context: Context) -> dict[str, Any]:
        name = params["PolicyArn"].split("policy/", 1)[-1]
        groups = [{"GroupName": g, "GroupId": f"AGPA{g.upper()}"} for g, p in GROUP_POLICIES.items() if p == name]
        held = [
            {"RoleName": r.name, "RoleId": told_unique("AROA", r.arn)} for r in self._roles(context) if r.policy == name
        ]
        return {"PolicyGroups": groups, "PolicyRoles": held, "PolicyUsers": []}

    def get_account_authorization_details(self, params: Params, context: Context) -> list[dict[str, Any]]:
        users = [told_detail(u) for u in self._of(context)]
        groups = [
            {
                **told_group(context.account, g),
                "GroupPolicyList": [],
                "AttachedManagedPolicies": [told_attached(GROUP_POLICIES[g])],
            }
            for g in self.estate.file["groups"]
        ]
        roles = [told_role_detail(r) for r in self._roles(context)]
        version = {"VersionId": "v1", "IsDefaultVersion": True}
        used = [
            {**told_policy(n), "PolicyVersionList": [{**version, "Document": document(n)}]} for n in self._used(context)
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
        first = told_root(
            context.account, self.estate.ago("1200d"), self.estate.ago(root["last_used"]), mfa=root["mfa"]
        )
        text = credential_report(first, self._of(context))
        return {"Content": text.encode(), "ReportFormat": "text/csv", "GeneratedTime": self.estate.now}

    def generate_service_last_accessed_details(self, params: Params, context: Context) -> dict[str, Any]:
        return {"JobId": "00000000-0000-4000-8000-000000000001"}

    def get_service_last_accessed_details(self, params: Params, context: Context) -> dict[str, Any]:
        done = {"JobStatus": "COMPLETED", "JobCreationDate": self.estate.now, "JobCompletionDate": self.estate.now}
        seen = {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "TotalAuthenticatedEntities": 1}
        return {**done, "ServicesLastAccessed": [{**seen, "LastAuthenticated": self.estate.ago("3d")}]}
