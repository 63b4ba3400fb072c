"""The password policy for IAM users: each rule with its value, or that nobody set one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Configuration

HEADER = Header(
    id="aws.iam_password_policy",
    title="Password policy of IAM",
    kind="configuration",
    population="Every rule of the account's password policy for IAM users; without a policy, each rule with no value.",
    provider="aws",
    per="boundary",
    calls=(
        Api(
            "iam.get_account_password_policy",
            ("iam:GetAccountPasswordPolicy",),
            answers={"NoSuchEntity": "nobody set a password policy: AWS's own default holds"},
        ),
    ),
    cadence="P1W",
    limits=(
        "It binds neither the root user nor people who sign in through IAM Identity Center or another provider.",
        "Where nobody set a policy the values are null, although AWS then demands eight characters.",
    ),
)

RULES = (
    "MinimumPasswordLength", "RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters",
    "RequireLowercaseCharacters", "AllowUsersToChangePassword", "ExpirePasswords", "MaxPasswordAge",
    "PasswordReusePrevention", "HardExpiry",
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one setting per rule."""
    account, policies = run.boundary.id, 0
    for policy in run.client.population("iam.get_account_password_policy", key="PasswordPolicy"):
        policies += 1
        yield from _rules(account, policy)
    if not policies:
        yield from _rules(account, {})


def _rules(account: str, policy: dict[str, Any]) -> Iterator[Record]:
    for rule in RULES:
        setting = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", rule).lower()
        row = Configuration(f"{account}#{setting}", resource=account, setting=setting, value=_text(policy.get(rule)))
        yield Record(row, policy)


def _text(value: Any) -> str | None:
    return None if value is None else str(value).lower()
