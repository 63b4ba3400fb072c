"""IAM's credential report: every user and the root user with their passwords, keys and second factors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._report import GENERATE, GET, account, rows, written

HEADER = Header(
    id="aws.iam_credential_report",
    title="IAM credential report",
    kind="account",
    population="Every IAM user of the account, and its root user, as IAM's credential report lists them.",
    provider="aws",
    per="boundary",
    calls=(
        GENERATE,
        GET,
        Api("iam.list_users", ("iam:ListUsers",)),
    ),
    exact=True,
    limits=(
        "AWS writes the report at most once in four hours; a note of the run says when.",
        "Users made since then are not in it. Those made before and still there are held against the list of users.",
        "AWS does not tell people from programs: a user without a console password is shown as `service`.",
        "It holds no people of IAM Identity Center: aws.identity_center_users does.",
    ),
)


SETTLED = timedelta(minutes=15)
"""A user made so shortly before the report may not have come to IAM's every corner when it was written."""


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one account per row of the report."""
    written(run)
    at, told = [], set[str]()

    def page(answer: dict[str, Any]) -> list[dict[str, str]]:
        at.append(answer["GeneratedTime"])
        return rows(answer, run)

    for row in run.client.population("iam.get_credential_report", key=page):
        told.add(row["arn"])
        yield Record(account(row), row)
    users = run.client.read("iam.list_users", key="Users")
    older = [user["Arn"] for user in users if user["CreateDate"] <= at[0] - SETTLED]
    run.receipt("iam.list_users, users made before the report", len(older), len(told.intersection(older)))
