"""Accounts that administer a service for the whole organization: power that no policy of theirs shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Grant

ADMINISTRATORS = "organizations.list_delegated_administrators"
SERVICES = "organizations.list_delegated_services_for_account"
HEADER = Header(
    id="aws.delegated_administrators",
    title="Delegated administrators of the organization",
    kind="grant",
    population="Every service that a member account administers for the whole organization, by account.",
    provider="aws",
    per="organization",
    calls=(
        Api(ADMINISTRATORS, ("organizations:ListDelegatedAdministrators",),
            answers={"AWSOrganizationsNotInUseException": "the account belongs to no organization"}),
        Api(SERVICES, ("organizations:ListDelegatedServicesForAccount",), answers={
            "AccountNotRegisteredException": "the account ceased to be an administrator while it was read",
        }),
    ),
    limits=(
        "Who may use that power is in the grants of that account: aws.iam_authorization_details.",
        "The management account administers every service, and has no row.",
        "How much a service lets its administrator do AWS does not tell: `privileged` is null.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one grant per account and service."""

    def services(account: dict[str, Any]) -> list[dict[str, Any]]:
        return list(run.client.read(SERVICES, key="DelegatedServices", AccountId=account["Id"]))

    accounts = run.client.population(ADMINISTRATORS, key="DelegatedAdministrators")
    for account, delegated in run.client.each(accounts, services):
        if not delegated:
            run.skip("it administers nothing any more")
        for one in delegated:
            raw = [{"operation": ADMINISTRATORS, "item": account}, {"operation": SERVICES, "item": one}]
            yield Record(_row(account, one["ServicePrincipal"]), raw)


def _row(account: dict[str, Any], service: str) -> Grant:
    return Grant(
        f"{account['Arn']}#{service}",
        principal=account["Id"],
        principal_type="account",
        role=service,
        resource=account["Arn"].split("/")[1],
        effect="allow" if (account.get("State") or account.get("Status")) == "ACTIVE" else "disabled",
    )
