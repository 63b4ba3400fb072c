"""How people may prove who they are, what every user and guest may do, and when passwords end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from collectors.entra._settings import setting

METHODS = "policies.authentication_methods_policy"
AUTHORIZATION = "policies.authorization_policy"

HEADER = Header(
    id="entra.auth_policies",
    title="Policies of authentication and authorization",
    kind="configuration",
    population="The methods of authentication that the tenant allows, what it allows every user and guest, and the "
    "settings of every domain.",
    provider="entra",
    per="boundary",
    calls=(
        Api(METHODS, ("Policy.Read.All",)),
        Api(AUTHORIZATION, ("Policy.Read.All",)),
        Api("domains", ("Domain.Read.All",)),
    ),
    cadence="P7D",
    limits=("Methods set per user, or left to the old policies until they are moved, are not among them.",),
)
ROLES = {
    "a0b1b346-4d3e-4e8b-98f8-753987be4970": "member",
    "10dae51f-b6af-4016-8d66-8c2a99b929b3": "guest",
    "2af84b1e-32c8-42b7-82bc-daa82404023b": "restricted_guest",
}
"""What guests may see, by the id of the role that they have."""
FOREVER = 2147483647
"""The days that a domain names where its passwords never end."""


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield the settings of methods, of authorization, and of each domain."""
    for policy in run.client.whole(METHODS):
        for name, value in _methods(policy).items():
            yield Record(setting("authenticationMethodsPolicy", name, value), policy)
    for policy in run.client.whole(AUTHORIZATION):
        for name, value in _authorization(policy).items():
            yield Record(setting("authorizationPolicy", name, value), policy)
    for domain in run.client.population("domains"):
        for name, value in _domain(domain).items():
            yield Record(setting(domain["id"], name, value), domain)


def _methods(policy: dict[str, Any]) -> dict[str, Any]:
    found = policy.get("authenticationMethodConfigurations") or []
    campaign = (policy.get("registrationEnforcement") or {}).get("authenticationMethodsRegistrationCampaign") or {}
    return {
        **{f"method_{str(one['id']).lower()}": one.get("state") for one in found},
        "registration_campaign": campaign.get("state"),
        "migration": policy.get("policyMigrationState"),
    }


def _authorization(policy: dict[str, Any]) -> dict[str, Any]:
    may = policy.get("defaultUserRolePermissions") or {}
    role = str(policy.get("guestUserRoleId") or "").lower()
    return {
        "invitations_from": policy.get("allowInvitesFrom"),
        "guest_role": ROLES.get(role, role or None),
        "users_create_applications": may.get("allowedToCreateApps"),
        "users_create_tenants": may.get("allowedToCreateTenants"),
        "users_create_security_groups": may.get("allowedToCreateSecurityGroups"),
        "users_consent_by": sorted(may.get("permissionGrantPoliciesAssigned") or []),
        "users_consent_to_risky_applications": policy.get("allowUserConsentForRiskyApps"),
        "users_join_by_email": policy.get("allowEmailVerifiedUsersToJoinOrganization"),
        "old_powershell_blocked": policy.get("blockMsolPowerShell"),
    }


def _domain(domain: dict[str, Any]) -> dict[str, Any]:
    days = domain.get("passwordValidityPeriodInDays")
    return {
        "authentication": domain.get("authenticationType"),
        "verified": domain.get("isVerified"),
        "default": domain.get("isDefault"),
        "password_days": "never" if days == FOREVER else days,
    }
