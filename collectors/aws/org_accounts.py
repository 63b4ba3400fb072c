"""The accounts of the organization with their owners and states: which AWS accounts there are at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws._tags import classification, environment, owner, tags_of

ALONE = {"AWSOrganizationsNotInUseException": "the account belongs to no organization: it is the only one"}
HEADER = Header(
    id="aws.org_accounts",
    title="Accounts of the organization",
    kind="asset",
    population="Every account of the AWS organization, the closed and suspended ones that it still lists included.",
    provider="aws",
    per="organization",
    calls=(
        Api("organizations.describe_organization", ("organizations:DescribeOrganization",), answers=ALONE),
        Api("organizations.list_accounts", ("organizations:ListAccounts",)),
        Api("organizations.list_tags_for_resource", ("organizations:ListTagsForResource",)),
        Api("organizations.list_roots", ("organizations:ListRoots",)),
        Api("organizations.list_organizational_units_for_parent", ("organizations:ListOrganizationalUnitsForParent",)),
        Api("organizations.list_accounts_for_parent", ("organizations:ListAccountsForParent",)),
    ),
    exact=True,
    limits=(
        "An account that was never invited into the organization is not among them.",
        "Which accounts administer a service for all of them is in aws.delegated_administrators.",
        "An account without an owner tag has no owner here, whatever its e-mail address says.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per account; the tree of organizational units counts them a second time."""
    if run.client.ask("organizations.describe_organization") is None:
        run.note("the account belongs to no organization")
        return
    places = dict(_places(run.client))

    def tags(account: dict[str, Any]) -> list[dict[str, Any]] | None:
        call = "organizations.list_tags_for_resource"
        return list(run.client.read(call, key="Tags", ResourceId=account["Id"]))

    accounts = run.client.population("organizations.list_accounts", key="Accounts")
    for account, told in run.client.each(accounts, tags, unread=None):
        raw = [
            {"operation": "organizations.list_accounts", "item": account},
            {"operation": "organizations.list_tags_for_resource", "item": told},
            {"operation": "organizations.list_accounts_for_parent", "item": places.get(account["Id"])},
        ]
        yield Record(_row(account, None if told is None else tags_of(told)), raw)
    run.receipt("organizations.list_accounts_for_parent, over the tree", len(places))


def _places(client: Aws) -> Iterator[tuple[str, str]]:
    """Yield each account with the path of its organizational unit, `Root/Workloads/Production`."""
    waiting = [(root["Id"], root["Name"]) for root in client.read("organizations.list_roots", key="Roots")]
    while waiting:
        parent, path = waiting.pop()
        call = "organizations.list_accounts_for_parent"
        yield from ((one["Id"], path) for one in client.read(call, key="Accounts", ParentId=parent))
        call = "organizations.list_organizational_units_for_parent"
        units = client.read(call, key="OrganizationalUnits", ParentId=parent)
        waiting += [(unit["Id"], f"{path}/{unit['Name']}") for unit in units]


def _row(account: dict[str, Any], tags: dict[str, str] | None) -> Asset:
    return Asset(
        account["Id"],
        name=account.get("Name"),
        type="AWS::Organizations::Account",
        provider="aws",
        owner=owner(tags or {}),
        classification=classification(tags or {}),
        environment=environment(tags or {}),
        created_at=account.get("JoinedTimestamp"),
        state=account.get("State") or account.get("Status"),
        tags=tags,
    )
