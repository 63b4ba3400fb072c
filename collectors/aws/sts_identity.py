"""As whom the evidence of an account is collected: the caller's account, ARN and unique id."""

from __future__ import annotations

from collections.abc import Iterator

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Configuration

HEADER = Header(
    id="aws.sts_identity",
    title="The collector's own identity",
    kind="configuration",
    population="The identity with which everything of this account is read, as AWS itself names it.",
    provider="aws",
    per="boundary",
    calls=(Api("sts.get_caller_identity", ("sts:GetCallerIdentity",)),),
    limits=("It says who read, not what the identity was allowed to read: each artifact names what it lacks.",),
)

SETTINGS = {"caller_account": "Account", "caller_arn": "Arn", "caller_id": "UserId"}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield account, ARN and unique id of the caller."""
    for answer in run.client.population("sts.get_caller_identity", key="@"):
        for setting, name in SETTINGS.items():
            row = Configuration(
                f"{answer['Arn']}#{setting}", resource=answer["Arn"], setting=setting, value=answer.get(name),
            )
            yield Record(row, answer)
