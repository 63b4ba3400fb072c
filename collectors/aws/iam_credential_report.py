"""IAM's credential report: every user and the root user with their passwords, keys and second factors."""

from __future__ import annotations

from collections.abc import Iterator

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
        Api("iam.get_account_summary", ("iam:GetAccountSummary",)),
    ),
    limits=(
        "AWS writes the report at most once in four hours; a note of the run says when.",
        "AWS does not tell people from programs: a user without a console password is shown as `service`.",
        "It holds no people of IAM Identity Center: aws.identity_center_users does.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one account per row of the report."""
    written(run)
    for row in run.client.population("iam.get_credential_report", key=lambda page: rows(page, run)):
        yield Record(account(row), row)
    summary = run.client.ask("iam.get_account_summary")
    if summary is not None:  # not exact: users made since the report was written are in the summary alone
        run.receipt("iam.get_account_summary, users and root", summary["SummaryMap"]["Users"] + 1)
