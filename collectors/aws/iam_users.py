"""IAM users and who answers for each: a program's user that nobody owns is nobody's to renew or delete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws._tags import classification, environment, owner, tags_of

DETAILS = "iam.get_account_authorization_details"
HEADER = Header(
    id="aws.iam_users",
    title="IAM users and their owners",
    kind="asset",
    population="Every IAM user of the account, of a person or a program, with the tags that say who answers for it.",
    provider="aws",
    per="boundary",
    calls=(
        Api(DETAILS, ("iam:GetAccountAuthorizationDetails",)),
        Api("iam.get_account_summary", ("iam:GetAccountSummary",)),
    ),
    exact=True,
    limits=(
        "How a user signs in and what it may do is in aws.iam_users_mfa and aws.iam_authorization_details.",
        "AWS does not tell people from programs: a person's user owns itself, and needs the tag all the same.",
        "Roles, whose makers are many services, are not among them.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per user."""
    for user in run.client.population(DETAILS, key="UserDetailList", Filter=["User"]):
        kept = {name: user.get(name) for name in ("UserName", "UserId", "Arn", "Path", "CreateDate", "Tags")}
        yield Record(_row(user), kept)
    summary = run.client.ask("iam.get_account_summary")
    if summary is not None:
        run.receipt("iam.get_account_summary, users", summary["SummaryMap"]["Users"])


def _row(user: dict[str, Any]) -> Asset:
    tags = tags_of(user.get("Tags"))
    return Asset(
        user["Arn"],
        name=user["UserName"],
        type="AWS::IAM::User",
        provider="aws",
        owner=owner(tags),
        classification=classification(tags),
        environment=environment(tags),
        created_at=user["CreateDate"],
        tags=tags,
    )
