"""Identity Center, which lives in the home region of the management account."""

from __future__ import annotations

from typing import Any

from tests.lab.aws.answers import Context
from tests.lab.aws.iam_shapes import policy_arn
from tests.lab.aws.paging import Listing
from tests.lab.aws.table import Params, Table
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.estate import Estate
from tests.lab.things import Assignment, Person

table = Table()
STORE = "d-9067000001"
INSTANCE = "arn:aws:sso:::instance/ssoins-6804000000000001"
EMAIL = "{name}@nordwind.example"


def _management(estate: Estate, context: Context) -> bool:
    return context.account == estate.accounts[0].id


@table.on("sso-admin.list_instances")
def _instances(estate: Estate, params: Params, context: Context) -> Listing:
    here = _management(estate, context) and context.region == estate.file["home_region"]
    made = {
        "OwnerAccountId": context.account,
        "CreatedDate": estate.ago("800d"),
        "Status": "ACTIVE",
        "Name": "nordwind",
    }
    return Listing([{"InstanceArn": INSTANCE, "IdentityStoreId": STORE, **made}] if here else [])


def _set_arn(number: int) -> str:
    return f"arn:aws:sso:::permissionSet/ssoins-6804000000000001/ps-{number:016d}"


def _sets(estate: Estate) -> dict[str, dict[str, Any]]:
    """Return the permission sets by ARN."""
    return {_set_arn(n): s for n, s in enumerate(estate.file["identity_center"]["permission_sets"])}


@table.on("sso-admin.list_permission_sets")
def _permission_sets(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing(list(_sets(estate)))


@table.on("sso-admin.describe_permission_set")
def _permission_set(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    arn = params["PermissionSetArn"]
    said = _sets(estate)[arn]
    told = {"Name": said["name"], "PermissionSetArn": arn, "CreatedDate": estate.ago("700d")}
    return {"PermissionSet": {**told, "SessionDuration": said["session"]}}


@table.on("sso-admin.list_managed_policies_in_permission_set")
def _in_set(estate: Estate, params: Params, context: Context) -> Listing:
    said = _sets(estate)[params["PermissionSetArn"]]
    return Listing([{"Name": p.rsplit("/", 1)[-1], "Arn": policy_arn(p)} for p in said["policies"]])


@table.on("sso-admin.get_inline_policy_for_permission_set")
def _inline(estate: Estate, params: Params, context: Context) -> dict[str, Any]:
    return {"InlinePolicy": ""}


def _held(estate: Estate, arn: str) -> list[Assignment]:
    return [a for a in estate.assignments if a.permission_set == _sets(estate)[arn]["name"]]


@table.on("sso-admin.list_accounts_for_provisioned_permission_set")
def _provisioned(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing(sorted({a.account for a in _held(estate, params["PermissionSetArn"])}))


@table.on("sso-admin.list_account_assignments")
def _assignments(estate: Estate, params: Params, context: Context) -> Listing:
    arn, account = params["PermissionSetArn"], params["AccountId"]
    held = [a for a in _held(estate, arn) if a.account == account]
    return Listing([_assignment(estate, arn, a) for a in held])


def _assignment(estate: Estate, arn: str, held: Assignment) -> dict[str, Any]:
    who = {"PrincipalType": held.principal_type, "PrincipalId": _principal(estate, held)}
    return {"AccountId": held.account, "PermissionSetArn": arn, **who}


def _principal(estate: Estate, held: Assignment) -> str:
    if held.principal_type == "GROUP":
        return _group_id(estate, held.principal)
    return next(p.id for p in estate.people if p.name == held.principal)


@table.on("sso-admin.list_account_assignments_for_principal")
def _assignments_of(estate: Estate, params: Params, context: Context) -> Listing:
    told = [_assignment(estate, arn, a) for arn in _sets(estate) for a in _held(estate, arn)]
    return Listing([t for t in told if t["PrincipalId"] == params["PrincipalId"]])


def _group_id(estate: Estate, name: str) -> str:
    return f"a0671c0d-0000-4000-8000-{estate.file['groups'].index(name):012d}"


@table.on("identitystore.list_users")
def _users(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([_person(p) for p in estate.people])


def _person(person: Person) -> dict[str, Any]:
    given, _, family = person.display.partition(" ")
    told = {"UserName": person.name, "UserId": person.id, "IdentityStoreId": STORE, "DisplayName": person.display}
    mail = [{"Value": EMAIL.format(name=person.name), "Type": "work", "Primary": True}]
    state = {"UserStatus": "ENABLED" if person.enabled else "DISABLED"}
    return {**told, **state, "Name": {"GivenName": given, "FamilyName": family or given}, "Emails": mail}


@table.on("identitystore.describe_user")
def _one_user(estate: Estate, params: Params, context: Context) -> Any:
    found = [p for p in estate.people if p.id == params["UserId"]]
    return _person(found[0]) if found else ErrorAnswer("ResourceNotFoundException", 404, "USER not found.")


@table.on("identitystore.list_groups")
def _groups(estate: Estate, params: Params, context: Context) -> Listing:
    return Listing([_group(estate, name) for name in estate.file["groups"]])


def _group(estate: Estate, name: str) -> dict[str, Any]:
    return {"GroupId": _group_id(estate, name), "DisplayName": name, "IdentityStoreId": STORE}


@table.on("identitystore.describe_group")
def _one_group(estate: Estate, params: Params, context: Context) -> Any:
    found = [_group(estate, name) for name in estate.file["groups"] if _group_id(estate, name) == params["GroupId"]]
    return found[0] if found else ErrorAnswer("ResourceNotFoundException", 404, "GROUP not found.")


@table.on("identitystore.list_group_memberships")
def _members(estate: Estate, params: Params, context: Context) -> Listing:
    told = ((p, g) for p in estate.people for g in p.groups)
    return Listing([_membership(estate, p, g) for p, g in told if _group_id(estate, g) == params["GroupId"]])


@table.on("identitystore.list_group_memberships_for_member")
def _memberships(estate: Estate, params: Params, context: Context) -> Listing:
    found = [p for p in estate.people if p.id == params["MemberId"].get("UserId")]
    return Listing([_membership(estate, p, g) for p in found for g in p.groups])


def _membership(estate: Estate, person: Person, group: str) -> dict[str, Any]:
    ident = f"m-{person.id[-12:]}-{group}"
    told = {"IdentityStoreId": STORE, "MembershipId": ident, "GroupId": _group_id(estate, group)}
    return {**told, "MemberId": {"UserId": person.id}}
