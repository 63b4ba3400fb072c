"""Every operation that the client can call, as Microsoft's own packages have it."""

from __future__ import annotations

from agent.clients.azure.methods import Method


def _below(provider: str, *rest: str) -> str:
    return "/".join(("/subscriptions/{subscriptionId}/providers", provider, *rest))


def _in_group(provider: str, *rest: str) -> str:
    return "/".join(("/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers", provider, *rest))


_WORKSPACE = _in_group("Microsoft.OperationalInsights/workspaces/{workspaceName}")
METHODS: dict[str, Method] = {
    "resource.subscriptions.list": Method("GET", "/subscriptions", "2022-12-01"),
    "managementgroups.management_groups.get_descendants": Method(
        "GET", "/providers/Microsoft.Management/managementGroups/{groupId}/descendants", "2023-04-01"
    ),
    "resourcegraph.resources": Method(
        "POST", "/providers/Microsoft.ResourceGraph/resources", "2021-03-01", items="data", link="$skipToken"
    ),
    "authorization.role_assignments.list_for_subscription": Method(
        "GET", _below("Microsoft.Authorization/roleAssignments"), "2022-04-01"
    ),
    "authorization.role_definitions.list": Method(
        "GET", "/{scope}/providers/Microsoft.Authorization/roleDefinitions", "2022-04-01"
    ),
    "monitor.activity_logs.list": Method(
        "GET", _below("Microsoft.Insights/eventtypes/management/values"), "2015-04-01"
    ),
}
"""Operations by the name under which headers declare them."""
