"""The organization, which the management account alone may read."""

from __future__ import annotations

from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.iam_shapes import tags
from tests.lab.aws.paging import Listing
from tests.lab.aws.table import Params, Table
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.estate import Estate
from tests.lab.things import Account

table = Table()


def _management(estate: Estate, context: Context) -> bool:
    return context.account == estate.accounts[0].id


def _refused(context: Context) -> ErrorAnswer:
    message = "You don't have permissions to access this resource."
    return ErrorAnswer("AccessDeniedException", 400, message)


def _account(estate: Estate, account: Account) -> dict[str, Any]:
    org = estate.file["organization"]["id"]
    arn = f"arn:aws:organizations::{estate.accounts[0].id}:account/{org}/{account.id}"
    told = {"Id": account.id, "Arn": arn, "Email": account.email, "Name": account.name, "Status": "ACTIVE"}
    return {**told, "State": "ACTIVE", "JoinedMethod": "CREATED", "JoinedTimestamp": estate.ago("900d")}


@table.on("organizations.describe_organization")
def _organization(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    first, org = estate.accounts[0], estate.file["organization"]["id"]
    arn = f"arn:aws:organizations::{first.id}:organization/{org}"
    master = {"MasterAccountId": first.id, "MasterAccountEmail": first.email}
    types = [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    return {"Organization": {"Id": org, "Arn": arn, "FeatureSet": "ALL", **master, "AvailablePolicyTypes": types}}


@table.on("organizations.list_accounts")
def _accounts(estate: Estate, params: Params, context: Context) -> Any:
    if not _management(estate, context):
        return _refused(context)
    return Listing([_account(estate, a) for a in estate.accounts], size=20)


@table.on("organizations.describe_account")
def _describe_account(estate: Estate, params: Params, context: Context) -> Any:
    found = [a for a in estate.accounts if a.id == params["AccountId"]]
    return {"Account": _account(estate, found[0])} if found else ErrorAnswer("AccountNotFoundException")


@table.on("organizations.list_roots")
def _roots(estate: Estate, params: Params, context: Context) -> Any:
    if not _management(estate, context):
        return _refused(context)
    org = estate.file["organization"]
    arn = f"arn:aws:organizations::{estate.accounts[0].id}:root/{org['id']}/{org['root']}"
    types = [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    return Listing([{"Id": org["root"], "Arn": arn, "Name": "Root", "PolicyTypes": types}])


@table.on("organizations.list_accounts_for_parent")
def _children(estate: Estate, params: Params, context: Context) -> Listing:
    root = params["ParentId"] == estate.file["organization"]["root"]
    return Listing([_account(estate, a) for a in estate.accounts if root])


@table.on("organizations.list_parents")
def _parents(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([{"Id": estate.file["organization"]["root"], "Type": "ROOT"}])


@table.on("organizations.list_tags_for_resource")
def _org_tags(estate: Estate, params: Params, context: Context) -> Listing:
    found = [a for a in estate.accounts if a.id == params["ResourceId"]]
    return Listing([tag for a in found for tag in tags({"environment": a.environment})])


POLICY = {"Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"}
REGIONS = {"Id": "p-regions01", "Name": "deny-services-outside-home", "Description": "", "AwsManaged": False}


def _policies_of(estate: Estate) -> list[dict[str, Any]]:
    kind = {"Type": "SERVICE_CONTROL_POLICY"}
    arn = f"arn:aws:organizations::{estate.accounts[0].id}:policy/{estate.file['organization']['id']}/p-regions01"
    full = {**POLICY, "Name": "FullAWSAccess", "Description": "Allows access to every operation", "AwsManaged": True}
    return [{**full, **kind}, {**REGIONS, "Arn": arn, **kind}]


@table.on("organizations.list_policies", "organizations.list_policies_for_target")
def _policies(estate: Estate, params: Params, context: Context) -> Any:
    if not _management(estate, context):
        return _refused(context)
    return Listing([p for p in _policies_of(estate) if p["Type"] == params["Filter"]])


@table.on("organizations.describe_policy")
def _policy(estate: Estate, params: Params, context: Context) -> Any:
    found = [p for p in _policies_of(estate) if p["Id"] == params["PolicyId"]]
    content = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    return (
        {"Policy": {"PolicySummary": found[0], "Content": content}} if found else ErrorAnswer("PolicyNotFoundException")
    )


@table.on("organizations.list_targets_for_policy")
def _targets(estate: Estate, params: Params, context: Context) -> Listing:
    root = estate.file["organization"]["root"]
    arn = f"arn:aws:organizations::{estate.accounts[0].id}:root/{estate.file['organization']['id']}/{root}"
    return Listing([{"TargetId": root, "Arn": arn, "Name": "Root", "Type": "ROOT"}])


@table.on("account.get_contact_information")
def _contact(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    street = {"AddressLine1": "Hafenstrasse 1", "City": "Hamburg", "PostalCode": "20457", "CountryCode": "DE"}
    name = estate.file["organization"]["name"]
    return {"ContactInformation": {"FullName": name, "CompanyName": name, "PhoneNumber": "+49 40 5550100", **street}}


def _delegated(estate: Estate) -> dict[str, list[str]]:
    """Return the services that member accounts administer, by account id."""
    said: dict[str, list[str]] = estate.file["organization"].get("delegated") or {}
    return {estate.account(name).id: services for name, services in said.items()}


@table.on("organizations.list_delegated_administrators")
def _delegates(estate: Estate, params: Params, context: Context) -> Any:
    if not _management(estate, context):
        return _refused(context)
    found = [a for a in estate.accounts if a.id in _delegated(estate)]
    return Listing([{**_account(estate, a), "DelegationEnabledDate": estate.ago("600d")} for a in found], size=20)


@table.on("organizations.list_delegated_services_for_account")
def _delegated_services(estate: Estate, params: Params, context: Context) -> Any:
    services = _delegated(estate).get(params["AccountId"])
    if services is None:
        return ErrorAnswer("AccountNotRegisteredException", 400, "The account is not a delegated administrator.")
    when = {"DelegationEnabledDate": estate.ago("600d")}
    return Listing([{"ServicePrincipal": one, **when} for one in services], size=20)
