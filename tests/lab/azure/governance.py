"""Who may do what in the company's subscriptions, for how long, and who looked at it, as Resource Manager tells it."""

from __future__ import annotations

from typing import Any

from tests.lab.azure.manager import here
from tests.lab.directory import Decision, ident
from tests.lab.estate import Estate
from tests.lab.governed import ROLES, Given, Review
from tests.lab.subscriptions import Subscription
from tests.lab.told import Paged, Table, stamp

Params = dict[str, Any]
table = Table()
BELOW = "providers/Microsoft.Authorization"
NOBODY = "00000000-0000-0000-0000-000000000000"


def _role(scope: str, role: str) -> str:
    return f"{scope}/{BELOW}/roleDefinitions/{ROLES[role][0]}"


def _subscription(estate: Estate, params: Params) -> Subscription:
    return here(estate, {"subscriptionId": str(params["scope"]).strip("/").split("/")[1]})


@table.on("managementgroups.management_groups.get_descendants")
def _descendants(estate: Estate, params: Params) -> Paged:
    above = f"/providers/Microsoft.Management/managementGroups/{params['groupId']}"
    known = params["groupId"] == estate.subscriptions.file["management_group"]
    return Paged("value", estate.subscriptions.all if known else (), 100, lambda one: {
        "id": one.path, "name": one.id, "type": "/subscriptions",
        "properties": {"displayName": one.name, "parent": {"id": above}},
    })


@table.on("authorization.role_assignments.list_for_subscription")
def _assignments(estate: Estate, params: Params) -> Paged:
    held = [one for one in estate.subscriptions.given if one.subscription == here(estate, params)]
    return Paged("value", held, 100, lambda one: {
        "id": f"{one.scope}/{BELOW}/roleAssignments/{one.id}", "name": one.id,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": _role(one.subscription.path, one.role), "principalId": one.principal,
            "principalType": one.kind, "scope": one.scope, "condition": None,
            "createdOn": stamp(estate.ago("300d")), "updatedOn": stamp(estate.ago("300d")),
        },
    })


@table.on("authorization.role_definitions.list")
def _definitions(estate: Estate, params: Params) -> Paged:
    def told(role: str) -> Params:
        key, actions = ROLES[role]
        return {
            "id": _role(f"/{params['scope'].strip('/')}", role), "name": key,
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {"roleName": role, "type": "BuiltInRole", "description": role, "assignableScopes": ["/"],
                           "permissions": [{"actions": actions, "notActions": []}]},
        }

    return Paged("value", list(ROLES), 100, told)


@table.on("authorization.role_assignment_schedule_instances.list_for_scope")
def _assigned(estate: Estate, params: Params) -> Paged:
    held = [one for one in estate.subscriptions.given if one.subscription == _subscription(estate, params)]
    return Paged("value", held, 100, lambda one: _scheduled(estate, one, "roleAssignmentScheduleInstances", {
        "assignmentType": one.how, "originRoleAssignmentId": f"{one.scope}/{BELOW}/roleAssignments/{one.id}",
    }))


@table.on("authorization.role_eligibility_schedule_instances.list_for_scope")
def _eligible(estate: Estate, params: Params) -> Paged:
    held = [one for one in estate.subscriptions.eligible if one.subscription == _subscription(estate, params)]
    return Paged("value", held, 100, lambda one: _scheduled(estate, one, "roleEligibilityScheduleInstances", {}))


def _scheduled(estate: Estate, one: Given, kind: str, more: Params) -> Params:
    where = one.subscription
    return {
        "id": f"{where.path}/{BELOW}/{kind}/{one.id}", "name": one.id, "type": f"Microsoft.Authorization/{kind}",
        "properties": {
            "scope": one.scope, "roleDefinitionId": _role(where.path, one.role), "principalId": one.principal,
            "principalType": one.kind, "status": "Provisioned",
            "memberType": "Direct" if one.scope == where.path else "Inherited",
            "startDateTime": stamp(estate.ago("300d")), "createdOn": stamp(estate.ago("300d")),
            **({"endDateTime": stamp(one.ends)} if one.ends else {}), **more,
            "expandedProperties": {
                "scope": {"id": one.scope, "displayName": one.scope.rpartition("/")[2]},
                "roleDefinition": {"id": _role(where.path, one.role), "displayName": one.role, "type": "BuiltInRole"},
                "principal": {"id": one.principal, "type": one.kind, **_named(estate, one)},
            },
        },
    }


def _named(estate: Estate, one: Given) -> Params:
    tenant = estate.directory
    if one.kind == "User":
        member = next(each for each in tenant.members if each.id == one.principal)
        return {"displayName": member.display, "email": member.upn}
    groups = {key: name for name, key in tenant.groups.items()}
    return {"displayName": groups.get(one.principal, f"robot {one.principal[:8]}")}


@table.on("authorization.role_management_policy_assignments.list_for_scope")
def _policies(estate: Estate, params: Params) -> Paged:
    where = _subscription(estate, params)
    weak = {one["role"] for one in estate.subscriptions.file["without_mfa"] if one["at"] == where.name}

    def told(role: str) -> Params:
        key = ident("policy", where.id, role)
        asked = ["Justification", *([] if role in weak else ["MultiFactorAuthentication"])]
        return {
            "id": f"{where.path}/{BELOW}/roleManagementPolicyAssignments/{key}", "name": key,
            "type": "Microsoft.Authorization/RoleManagementPolicyAssignment",
            "properties": {"scope": where.path, "roleDefinitionId": _role(where.path, role),
                           "policyId": f"{where.path}/{BELOW}/roleManagementPolicies/{key}",
                           "effectiveRules": list(_rules(asked))},
        }

    return Paged("value", list(ROLES), 100, told)


def _rules(asked: list[str]) -> list[Params]:
    """Return the rules of a role; those of expiry by what they rule."""
    ends = {"Expiration_EndUser_Assignment": (True, "PT8H"), "Expiration_Admin_Assignment": (True, "P180D"),
            "Expiration_Admin_Eligibility": (False, "P365D")}
    return [
        {"id": "Enablement_EndUser_Assignment", "ruleType": "RoleManagementPolicyEnablementRule", "enabledRules": asked},
        {"id": "Approval_EndUser_Assignment", "ruleType": "RoleManagementPolicyApprovalRule",
         "setting": {"isApprovalRequired": True, "approvalMode": "SingleStage"}},
        *({"id": name, "ruleType": "RoleManagementPolicyExpirationRule", "isExpirationRequired": needed,
           "maximumDuration": longest} for name, (needed, longest) in ends.items()),
    ]


@table.on("authorization.access_review_schedule_definitions.list")
def _reviews(estate: Estate, params: Params) -> Paged:
    where = here(estate, params)
    found = {one.definition: one for one in estate.subscriptions.reviews if one.subscription == where}
    return Paged("value", list(found.values()), 100, lambda one: {
        "id": _definition(one), "name": one.definition, "type": "Microsoft.Authorization/accessReviewScheduleDefinitions",
        "properties": {
            "displayName": one.name, "status": "InProgress", "reviewersType": "Assigned",
            "scope": {"resourceId": where.path, "principalType": "user", "assignmentState": "active"},
            "settings": {"autoApplyDecisionsEnabled": False, "defaultDecisionEnabled": False,
                         "mailNotificationsEnabled": True, "justificationRequiredOnApproval": True,
                         "recurrence": {"pattern": {"type": "absoluteMonthly", "interval": 3},
                                        "range": {"type": "noEnd", "startDate": stamp(one.starts)}}},
        },
    })


def _definition(one: Review) -> str:
    return f"{one.subscription.path}/{BELOW}/accessReviewScheduleDefinitions/{one.definition}"


@table.on("authorization.access_review_instances.list")
def _instances(estate: Estate, params: Params) -> Paged:
    found = [one for one in estate.subscriptions.reviews if one.definition == params["scheduleDefinitionId"]]
    return Paged("value", found, 100, lambda one: {
        "id": f"{_definition(one)}/instances/{one.id}", "name": one.id,
        "type": "Microsoft.Authorization/accessReviewScheduleDefinitions/instances",
        "properties": {"status": one.status, "startDateTime": stamp(one.starts), "endDateTime": stamp(one.ends),
                       "reviewersType": "Assigned"},
    })


@table.on("authorization.access_review_instance_decisions.list")
def _decisions(estate: Estate, params: Params) -> Paged:
    review = next(one for one in estate.subscriptions.reviews if one.id == params["id"])
    return Paged("value", review.decisions, 100, lambda one: {
        "id": f"{_definition(review)}/instances/{review.id}/decisions/{one.id}", "name": one.id,
        "type": "Microsoft.Authorization/accessReviewScheduleDefinitions/instances/decisions",
        "properties": _decided(review, one),
    })


def _decided(review: Review, one: Decision) -> Params:
    who = {"id": one.member.id, "type": "user", "displayName": one.member.display}
    by = one.reviewer
    reviewed = {"principalId": NOBODY} if by is None else {
        "principalId": by.id, "principalType": "user", "principalName": by.display, "userPrincipalName": by.upn}
    return {
        "principal": who, "resource": {"id": review.subscription.path, "type": "azureRole", "displayName": "role"},
        "recommendation": "NoInfoAvailable", "decision": one.verdict, "justification": "looked at",
        "reviewedBy": reviewed, "applyResult": "AppliedSuccessfully" if one.applied else "New",
        **({"reviewedDateTime": stamp(one.at)} if one.at else {}),
    }
