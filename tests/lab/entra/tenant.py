"""The tenant as Microsoft Graph tells it: people, groups, applications, devices, roles, policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.lab.directory import Application, Device, Held, Member, ident
from tests.lab.estate import Estate
from tests.lab.told import Paged, Table, stamp

Params = dict[str, str]
Ids = tuple[str, ...]
table = Table()
ROLES = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Security Reader": "5d6b6bb7-de71-4623-b4af-96380a352509",
}
"""Built-in roles of the directory with the ids that Microsoft publishes."""


def pages(items: Sequence[Any], params: Params, tell: Callable[[Any], dict[str, Any]], size: int = 100) -> Paged:
    """Return the pages of a list, of each item what `$select` asks for."""
    chosen = {name.strip() for name in params.get("$select", "").split(",") if name.strip()}

    def told(one: Any) -> dict[str, Any]:
        whole = tell(one)
        return {k: v for k, v in whole.items() if k in chosen or k == "id" or "@" in k} if chosen else whole

    expanded = {name.partition("(")[0] for name in params.get("$expand", "").split(",") if name}
    chosen |= expanded if chosen else set()
    return Paged("value", items, params.get("$top", size), told)


@table.on("organization")
def _organization(estate: Estate, ids: Ids, params: Params) -> Paged:
    return pages([estate.directory.file], params, lambda one: {
        "id": one["tenant"], "displayName": estate.file["organization"]["name"], "tenantType": "AAD",
        "createdDateTime": stamp(estate.ago("1600d")),
    })


@table.on("users")
def _users(estate: Estate, ids: Ids, params: Params) -> Paged:
    return pages(estate.directory.members, params, lambda one: _user(estate, one))


def _user(estate: Estate, one: Member) -> dict[str, Any]:
    return {
        "id": one.id, "userPrincipalName": one.upn, "displayName": one.display, "mail": one.upn,
        "userType": "Guest" if one.guest else "Member", "accountEnabled": one.enabled,
        "createdDateTime": stamp(one.created), "employeeId": None, "department": None,
        "externalUserState": "Accepted" if one.guest else None, "creationType": "Invitation" if one.guest else None,
        "onPremisesSyncEnabled": None, "passwordPolicies": None,
        "lastPasswordChangeDateTime": None if one.guest else stamp(max(one.created, estate.ago("300d"))),
        "signInActivity": {"lastSignInDateTime": stamp(one.last_sign_in),
                           "lastSuccessfulSignInDateTime": stamp(one.last_sign_in)},
    }


@table.on("reports.authentication_methods.user_registration_details")
def _registered(estate: Estate, ids: Ids, params: Params) -> Paged:
    privileged = {one.principal for one in estate.directory.held}
    return pages([one for one in estate.directory.members if one.enabled], params, lambda one: {
        "id": one.id, "userPrincipalName": one.upn, "userDisplayName": one.display,
        "userType": "guest" if one.guest else "member", "isAdmin": one.id in privileged,
        "isMfaRegistered": one.mfa, "isMfaCapable": one.mfa, "isPasswordlessCapable": False,
        "methodsRegistered": ["microsoftAuthenticatorPush"] if one.mfa else ["email"],
        "lastUpdatedDateTime": stamp(estate.ago("20h")),
    })


@table.on("groups")
def _groups(estate: Estate, ids: Ids, params: Params) -> Paged:
    owner = estate.directory.by_name["anna.lindqvist"]
    kind = {"@odata.type": "#microsoft.graph.user"}
    return pages(list(estate.directory.groups), params, lambda name: {
        "id": estate.directory.groups[name], "displayName": name, "createdDateTime": stamp(estate.ago("1200d")),
        "securityEnabled": True, "mailEnabled": False, "groupTypes": [], "visibility": "Private",
        "isAssignableToRole": name in ("administrators", "auditors"), "membershipRule": None,
        "onPremisesSyncEnabled": None, "classification": None,
        "owners": [{**kind, "id": owner.id, "displayName": owner.display}],
    })


@table.on("applications")
def _applications(estate: Estate, ids: Ids, params: Params) -> Paged:
    return pages(estate.directory.applications, params, _application)


def _application(one: Application) -> dict[str, Any]:
    return {
        "id": one.id, "appId": ident("client", one.name), "displayName": one.name, "signInAudience": "AzureADMyOrg",
        "createdDateTime": stamp(one.created),
        "passwordCredentials": [
            {"keyId": key, "displayName": "deploy", "hint": "a1b", "startDateTime": stamp(start), "endDateTime": stamp(end)}
            for key, start, end in one.secrets
        ],
        "keyCredentials": [
            {"keyId": key, "type": "AsymmetricX509Cert", "usage": "Verify", "displayName": f"CN={one.name}",
             "startDateTime": stamp(start), "endDateTime": stamp(end)}
            for key, start, end in one.certificates
        ],
    }


@table.on("service_principals")
def _principals(estate: Estate, ids: Ids, params: Params) -> Paged:
    return pages(estate.directory.applications, params, lambda one: {
        "id": ident("principal", one.name), "appId": ident("client", one.name), "displayName": one.name,
        "accountEnabled": True, "appOwnerOrganizationId": estate.directory.file["tenant"],
        "servicePrincipalType": "Application", "passwordCredentials": [], "keyCredentials": [],
    })


@table.on("devices")
def _devices(estate: Estate, ids: Ids, params: Params) -> Paged:
    return pages(estate.directory.devices, params, _device)


def _device(one: Device) -> dict[str, Any]:
    kind = {"@odata.type": "#microsoft.graph.user"}
    owners = [] if one.owner is None else [{**kind, "id": one.owner.id, "userPrincipalName": one.owner.upn}]
    return {
        "id": one.id, "deviceId": ident("device id", one.name), "displayName": one.name, "accountEnabled": True,
        "operatingSystem": "Windows", "operatingSystemVersion": "10.0.26100", "trustType": "AzureAd",
        "managementType": "MDM", "deviceOwnership": "Company", "isCompliant": one.compliant, "isManaged": True,
        "registrationDateTime": stamp(one.created), "registeredOwners": owners,
    }


def _definition(role: str) -> dict[str, Any]:
    return {"id": ROLES[role], "displayName": role, "isBuiltIn": True, "isEnabled": True, "templateId": ROLES[role]}


def _principal(estate: Estate, one: Held) -> dict[str, Any]:
    if one.group:
        name = next(name for name, key in estate.directory.groups.items() if key == one.principal)
        return {"@odata.type": "#microsoft.graph.group", "id": one.principal, "displayName": name}
    member = next(who for who in estate.directory.members if who.id == one.principal)
    return {"@odata.type": "#microsoft.graph.user", "id": member.id, "displayName": member.display,
            "userPrincipalName": member.upn}


@table.on("role_management.directory.role_definitions")
def _definitions(estate: Estate, ids: Ids, params: Params) -> Paged:
    return pages(list(ROLES), params, _definition)


@table.on("role_management.directory.role_assignments")
def _assigned(estate: Estate, ids: Ids, params: Params) -> Paged:
    held = [one for one in estate.directory.held if one.how != "Eligible"]
    return pages(held, params, lambda one: {
        "id": one.id, "principalId": one.principal, "roleDefinitionId": ROLES[one.role], "directoryScopeId": "/",
        "principal": _principal(estate, one),
    })


def _scheduled(estate: Estate, one: Held) -> dict[str, Any]:
    return {
        "id": one.id, "principalId": one.principal, "roleDefinitionId": ROLES[one.role], "directoryScopeId": "/",
        "appScopeId": None, "startDateTime": stamp(estate.ago("4h")), "endDateTime": stamp(one.ends),
        "memberType": "Direct", "principal": _principal(estate, one), "roleDefinition": _definition(one.role),
    }


@table.on("role_management.directory.role_assignment_schedule_instances")
def _held(estate: Estate, ids: Ids, params: Params) -> Paged:
    held = [one for one in estate.directory.held if one.how != "Eligible"]
    return pages(held, params, lambda one: {**_scheduled(estate, one), "assignmentType": one.how})


@table.on("role_management.directory.role_eligibility_schedule_instances")
def _eligible(estate: Estate, ids: Ids, params: Params) -> Paged:
    held = [one for one in estate.directory.held if one.how == "Eligible"]
    return pages(held, params, lambda one: _scheduled(estate, one))


@table.on("identity.conditional_access.policies")
def _policies(estate: Estate, ids: Ids, params: Params) -> Paged:
    nobody: dict[str, list[str]] = {name: [] for name in ("excludeUsers", "includeGroups", "excludeGroups",
                                                          "includeRoles", "excludeRoles")}
    return pages(estate.directory.file["policies"], params, lambda one: {
        "id": ident("policy", one["name"]), "displayName": one["name"], "state": one["state"],
        "createdDateTime": stamp(estate.ago("400d")), "modifiedDateTime": stamp(estate.ago("90d")),
        "conditions": {
            "clientAppTypes": one.get("clients", ["all"]), "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": [one["users"]], **nobody, **_left_out(one)},
        },
        "grantControls": {"operator": "OR", "builtInControls": one["controls"]},
    })


def _left_out(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return the guests that a policy leaves out, of every tenant that they come from."""
    if "without" not in policy:
        return {"excludeGuestsOrExternalUsers": None}
    everywhere = {"@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all"}
    return {"excludeGuestsOrExternalUsers": {
        "guestOrExternalUserTypes": policy["without"], "externalTenants": everywhere,
    }}


@table.on("policies.identity_security_defaults_enforcement_policy")
def _defaults(estate: Estate, ids: Ids, params: Params) -> list[dict[str, Any]]:
    return [{"id": "00000000-0000-0000-0000-000000000005", "displayName": "Security Defaults", "isEnabled": False}]
