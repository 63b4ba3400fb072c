"""IAM users one by one, as they are now: second factors, access keys with their last use, and passwords."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Account

HEADER = Header(
    id="aws.iam_users_mfa",
    title="IAM users with second factors and keys",
    kind="account",
    population="Every IAM user of the account with its second factors, access keys and console password.",
    provider="aws",
    per="boundary",
    calls=(
        Api("iam.list_users", ("iam:ListUsers",)),
        Api("iam.list_mfa_devices", ("iam:ListMFADevices",)),
        Api("iam.list_access_keys", ("iam:ListAccessKeys",)),
        Api("iam.get_access_key_last_used", ("iam:GetAccessKeyLastUsed",)),
        Api(
            "iam.get_login_profile",
            ("iam:GetLoginProfile",),
            answers={"NoSuchEntity": "the user has no console password"},
        ),
        Api("iam.list_groups_for_user", ("iam:ListGroupsForUser",)),
        Api("iam.get_account_summary", ("iam:GetAccountSummary",)),
    ),
    exact=True,
    limits=(
        "AWS does not tell people from programs: a user without a console password is shown as `service`.",
        "Who answers for a user is in aws.iam_users.",
        "SSH keys, service-specific passwords and signing certificates of users are not among the credentials.",
        "It holds neither the root user (aws.root_user) nor people of IAM Identity Center (aws.identity_center_users).",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one account per IAM user."""
    client = run.client

    def details(user: dict[str, Any]) -> dict[str, Any]:
        name = user["UserName"]
        keys = list(client.read("iam.list_access_keys", key="AccessKeyMetadata", UserName=name))
        return {
            "iam.list_mfa_devices": list(client.read("iam.list_mfa_devices", key="MFADevices", UserName=name)),
            "iam.get_login_profile": client.ask("iam.get_login_profile", UserName=name),
            "iam.list_access_keys": keys,
            "iam.get_access_key_last_used": [
                client.ask("iam.get_access_key_last_used", AccessKeyId=key["AccessKeyId"]) for key in keys
            ],
            "iam.list_groups_for_user": list(client.read("iam.list_groups_for_user", key="Groups", UserName=name)),
        }

    users = client.population("iam.list_users", key="Users")
    for user, told in client.each(users, details):
        raw = {"iam.list_users": user, **told}
        yield Record(_row(user, told), [{"operation": name, "item": item} for name, item in raw.items()])
    summary = client.ask("iam.get_account_summary")
    if summary is not None:
        run.receipt("iam.get_account_summary, users", summary["SummaryMap"]["Users"])


def _row(user: dict[str, Any], told: dict[str, Any]) -> Account:
    profile, devices = told["iam.get_login_profile"], told["iam.list_mfa_devices"]
    ways_in = [*_password(user, profile), *_keys(told)]
    return Account(
        user["Arn"],
        principal=user["UserName"],
        type="human" if profile else "service",
        mfa=bool(devices),
        enabled=any(one["active"] for one in ways_in),
        created_at=user["CreateDate"],
        last_used_at=max((one["last_used_at"] for one in ways_in if one["last_used_at"]), default=None),
        credentials=[*ways_in, *(_credential("mfa", device.get("EnableDate")) for device in devices)],
        entitlements=[f"group:{group['GroupName']}" for group in told["iam.list_groups_for_user"]],
    )


def _password(user: dict[str, Any], profile: dict[str, Any] | None) -> list[dict[str, Any]]:
    if profile is None:
        return []
    return [_credential("password", profile["LoginProfile"]["CreateDate"], user.get("PasswordLastUsed"))]


def _keys(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, answer in zip(told["iam.list_access_keys"], told["iam.get_access_key_last_used"], strict=True):
        used = answer.get("AccessKeyLastUsed", {}).get("LastUsedDate")
        yield _credential("access_key", key.get("CreateDate"), used, active=key.get("Status") == "Active")


def _credential(kind: str, created: Any, used: Any = None, *, active: bool = True) -> dict[str, Any]:
    return {"type": kind, "created_at": created, "last_used_at": used, "active": active}
