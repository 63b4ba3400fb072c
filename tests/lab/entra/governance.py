"""How the tenant is governed as Microsoft Graph tells it: memberships, guests, reviewers, settings, managed devices."""

from __future__ import annotations

from typing import Any

from tests.lab.directory import Device, ident
from tests.lab.entra.tenant import ROLES, Ids, Params, pages
from tests.lab.entra.told import DEFINITIONS
from tests.lab.estate import Estate
from tests.lab.told import Paged, Table, stamp

table = Table()
USER = "#microsoft.graph.user"


@table.on("groups.item.members")
def _members(estate: Estate, ids: Ids, params: Params) -> Paged:
    name = next(name for name, key in estate.directory.groups.items() if key == ids[0])
    return pages([one for one in estate.directory.members if name in one.groups], params, lambda one: {
        "@odata.type": USER, "id": one.id, "displayName": one.display, "userPrincipalName": one.upn,
    })


@table.on("users.item.sponsors")
def _sponsors(estate: Estate, ids: Ids, params: Params) -> Paged:
    sponsor = estate.directory.by_name["jonas.weber"]
    return pages([sponsor], params, lambda one: {
        "@odata.type": USER, "id": one.id, "displayName": one.display, "userPrincipalName": one.upn,
    })


@table.on(f"{DEFINITIONS}.item.instances.item.contacted_reviewers")
def _reviewers(estate: Estate, ids: Ids, params: Params) -> Paged:
    review = next(one for one in estate.directory.reviews if (one.definition, one.id) == ids)
    said = next(one for one in estate.directory.file["reviews"] if one["name"] == review.name)
    return pages([estate.directory.by_name[said["reviewer"]]], params, lambda one: {
        "id": one.id, "displayName": one.display, "userPrincipalName": one.upn,
        "createdDateTime": stamp(review.starts),
    })


@table.on("policies.authorization_policy")
def _authorization(estate: Estate, ids: Ids, params: Params) -> list[dict[str, Any]]:
    may = {"allowedToCreateApps": False, "allowedToCreateSecurityGroups": False, "allowedToCreateTenants": False,
           "allowedToReadBitlockerKeysForOwnedDevice": True, "allowedToReadOtherUsers": True,
           "permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.microsoft-user-default-low"]}
    return [{
        "id": "authorizationPolicy", "displayName": "Authorization Policy", "allowInvitesFrom": "adminsAndGuestInviters",
        "allowedToSignUpEmailBasedSubscriptions": False, "allowedToUseSSPR": True,
        "allowEmailVerifiedUsersToJoinOrganization": False, "blockMsolPowerShell": True,
        "guestUserRoleId": "2af84b1e-32c8-42b7-82bc-daa82404023b", "defaultUserRolePermissions": may,
    }]


@table.on("policies.authentication_methods_policy")
def _methods(estate: Estate, ids: Ids, params: Params) -> list[dict[str, Any]]:
    kind = "#microsoft.graph.{}AuthenticationMethodConfiguration"
    states = {"Fido2": ("fido2", "enabled"), "MicrosoftAuthenticator": ("microsoftAuthenticator", "enabled"),
              "Sms": ("sms", "disabled"), "Voice": ("voice", "disabled")}
    return [{
        "id": "authenticationMethodsPolicy", "displayName": "Authentication Methods Policy",
        "policyMigrationState": "migrationComplete", "lastModifiedDateTime": stamp(estate.ago("200d")),
        "authenticationMethodConfigurations": [
            {"@odata.type": kind.format(name), "id": key, "state": state} for key, (name, state) in states.items()
        ],
    }]


@table.on("domains")
def _domains(estate: Estate, ids: Ids, params: Params) -> Paged:
    return pages([estate.directory.file["domain"]], params, lambda one: {
        "id": one, "authenticationType": "Managed", "isVerified": True, "isDefault": True, "isInitial": False,
        "isRoot": True, "isAdminManaged": True, "passwordValidityPeriodInDays": 2147483647,
    })


@table.on("policies.cross_tenant_access_policy.default")
def _cross(estate: Estate, ids: Ids, params: Params) -> list[dict[str, Any]]:
    def rule(kind: str) -> dict[str, Any]:
        everybody = {"accessType": kind, "targets": [{"target": "AllUsers", "targetType": "user"}]}
        everything = {"accessType": kind, "targets": [{"target": "AllApplications", "targetType": "application"}]}
        return {"usersAndGroups": everybody, "applications": everything}

    trust = dict.fromkeys(("isMfaAccepted", "isCompliantDeviceAccepted", "isHybridAzureADJoinedDeviceAccepted"), False)
    return [{
        "isServiceDefault": True, "inboundTrust": trust,
        "b2bCollaborationInbound": rule("allowed"), "b2bCollaborationOutbound": rule("allowed"),
        "b2bDirectConnectInbound": rule("blocked"), "b2bDirectConnectOutbound": rule("blocked"),
    }]


@table.on("policies.role_management_policy_assignments")
def _rules(estate: Estate, ids: Ids, params: Params) -> Paged:
    kind = "#microsoft.graph.unifiedRoleManagementPolicy{}Rule"

    def told(role: str) -> dict[str, Any]:
        key = f"DirectoryRole_{ident('rule', role)}"
        rules = [
            {"@odata.type": kind.format("Expiration"), "id": "Expiration_Admin_Eligibility",
             "isExpirationRequired": True, "maximumDuration": "P365D"},
            {"@odata.type": kind.format("Expiration"), "id": "Expiration_EndUser_Assignment",
             "isExpirationRequired": True, "maximumDuration": "PT8H"},
            {"@odata.type": kind.format("Enablement"), "id": "Enablement_EndUser_Assignment",
             "enabledRules": ["MultiFactorAuthentication", "Justification"]},
            {"@odata.type": kind.format("Approval"), "id": "Approval_EndUser_Assignment",
             "setting": {"isApprovalRequired": True, "approvalMode": "SingleStage", "approvalStages": []}},
        ]
        policy = {"id": key, "displayName": "DirectoryRole", "scopeId": "/", "scopeType": "DirectoryRole", "rules": rules}
        return {"id": f"{key}_{ROLES[role]}", "policyId": key, "scopeId": "/", "scopeType": "DirectoryRole",
                "roleDefinitionId": ROLES[role], "policy": policy}

    return pages(list(ROLES), params, told)


@table.on("device_management.managed_devices")
def _managed(estate: Estate, ids: Ids, params: Params) -> Paged:
    def told(one: Device) -> dict[str, Any]:
        owner = one.owner.upn if one.owner else None
        return {
            "id": ident("managed", one.name), "deviceName": one.name, "userPrincipalName": owner, "emailAddress": owner,
            "operatingSystem": "Windows", "osVersion": "10.0.26100", "managedDeviceOwnerType": "company",
            "complianceState": "compliant" if one.compliant else "noncompliant", "isEncrypted": True,
            "enrolledDateTime": stamp(one.created), "lastSyncDateTime": stamp(estate.ago("5h")),
            "azureADDeviceId": ident("device id", one.name),
        }

    return pages(estate.directory.devices, params, told)
