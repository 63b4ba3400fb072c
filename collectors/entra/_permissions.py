"""Which application permissions let an application take over the tenant, or read what is everybody's."""

from __future__ import annotations

PRIVILEGED = frozenset({
    "AdministrativeUnit.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy", "DelegatedPermissionGrant.ReadWrite.All",
    "DeviceManagementConfiguration.ReadWrite.All", "DeviceManagementManagedDevices.PrivilegedOperations.All",
    "DeviceManagementRBAC.ReadWrite.All", "Directory.AccessAsUser.All", "Directory.ReadWrite.All",
    "Domain.ReadWrite.All", "EntitlementManagement.ReadWrite.All", "Exchange.ManageAsApp", "Files.Read.All",
    "Files.ReadWrite.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All", "Mail.Read", "Mail.ReadWrite",
    "Mail.Send", "MailboxSettings.ReadWrite", "Organization.ReadWrite.All", "Policy.ReadWrite.AuthenticationMethod",
    "Policy.ReadWrite.ConditionalAccess", "Policy.ReadWrite.PermissionGrant",
    "PrivilegedAccess.ReadWrite.AzureADGroup", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
    "RoleAssignmentSchedule.ReadWrite.Directory", "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.ReadWrite.Directory", "RoleManagementPolicy.ReadWrite.Directory", "Sites.FullControl.All",
    "Sites.ReadWrite.All", "User.EnableDisableAccount.All", "User.ReadWrite.All",
    "UserAuthenticationMethod.ReadWrite.All", "full_access_as_app", "user_impersonation",
})
LIMIT = (
    "`privileged` follows our own list of permissions by which an application can take over the tenant, or read or "
    "write everybody's mail and files."
)


def privileged(scopes: list[str]) -> bool:
    """Return whether one of the permissions is on the list."""
    return not PRIVILEGED.isdisjoint(scopes)
