"""Every operation that the client can call, as Microsoft's own packages have it."""

from __future__ import annotations

from agent.clients.azure.methods import Method


def _below(provider: str, *rest: str) -> str:
    return "/".join(("/subscriptions/{subscriptionId}/providers", provider, *rest))


def _in_group(provider: str, *rest: str) -> str:
    return "/".join(("/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers", provider, *rest))


_WORKSPACE = _in_group("Microsoft.OperationalInsights/workspaces/{workspaceName}")
_RECOVERY = _in_group("Microsoft.RecoveryServices/vaults/{vaultName}")
_BACKUP = _in_group("Microsoft.DataProtection/backupVaults/{vaultName}")
_SQL = _in_group("Microsoft.Sql/servers/{serverName}")
_REVIEWS = _below("Microsoft.Authorization/accessReviewScheduleDefinitions")
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
    "authorization.permissions.list": Method("GET", _below("Microsoft.Authorization/permissions"), "2022-04-01"),
    "policy.policy_assignments.list": Method("GET", _below("Microsoft.Authorization/policyAssignments"), "2026-06-01"),
    "policy.policy_exemptions.list": Method(
        "GET", _below("Microsoft.Authorization/policyExemptions"), "2022-07-01-preview"
    ),
    "monitor.activity_logs.list": Method(
        "GET", _below("Microsoft.Insights/eventtypes/management/values"), "2015-04-01"
    ),
    "monitor.tenant_activity_logs.list": Method(
        "GET", "/providers/Microsoft.Insights/eventtypes/management/values", "2015-04-01"
    ),
    "monitor.diagnostic_settings.list": Method(
        "GET", "/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings", "2021-05-01-preview"
    ),
    "monitor.activity_log_alerts.list_by_subscription_id": Method(
        "GET", _below("Microsoft.Insights/activityLogAlerts"), "2020-10-01"
    ),
    "monitor.metric_alerts.list_by_subscription": Method(
        "GET", _below("Microsoft.Insights/metricAlerts"), "2018-03-01"
    ),
    "monitor.scheduled_query_rules.list_by_subscription": Method(
        "GET", _below("Microsoft.Insights/scheduledQueryRules"), "2023-12-01"
    ),
    "monitor.action_groups.list_by_subscription_id": Method(
        "GET", _below("Microsoft.Insights/actionGroups"), "2023-01-01"
    ),
    "loganalytics.workspaces.list": Method("GET", _below("Microsoft.OperationalInsights/workspaces"), "2025-07-01"),
    "loganalytics.tables.list_by_workspace": Method("GET", f"{_WORKSPACE}/tables", "2025-07-01"),
    "loganalytics.query": Method("POST", "/v1/workspaces/{workspaceId}/query", items="tables", link="", host="logs"),
    "securityinsight.incidents.list": Method(
        "GET", f"{_WORKSPACE}/providers/Microsoft.SecurityInsights/incidents", "2021-10-01"
    ),
    "securityinsight.alert_rules.list": Method(
        "GET", f"{_WORKSPACE}/providers/Microsoft.SecurityInsights/alertRules", "2021-10-01"
    ),
    "network.network_watchers.list_all": Method("GET", _below("Microsoft.Network/networkWatchers"), "2026-03-01"),
    "network.flow_logs.list": Method(
        "GET", _in_group("Microsoft.Network/networkWatchers/{networkWatcherName}/flowLogs"), "2026-03-01"
    ),
    "storage.storage_accounts.list": Method("GET", _below("Microsoft.Storage/storageAccounts"), "2026-09-01"),
    "storage.blob_services.get_service_properties": Method(
        "GET", _in_group("Microsoft.Storage/storageAccounts/{accountName}/blobServices/default"), "2026-09-01",
        items="", link="",
    ),
    "keyvault.vaults.list_by_subscription": Method("GET", _below("Microsoft.KeyVault/vaults"), "2026-05-15"),
    "keyvault.keys.list": Method("GET", _in_group("Microsoft.KeyVault/vaults/{vaultName}/keys"), "2026-05-15"),
    "keyvault.secrets.list": Method("GET", _in_group("Microsoft.KeyVault/vaults/{vaultName}/secrets"), "2026-05-15"),
    "security.assessments.list": Method(
        "GET", "/{scope}/providers/Microsoft.Security/assessments", "2021-06-01"
    ),
    "security.pricings.list": Method("GET", "/{scopeId}/providers/Microsoft.Security/pricings", "2024-01-01"),
    "security.security_contacts.list": Method(
        "GET", _below("Microsoft.Security/securityContacts"), "2020-01-01-preview"
    ),
    "security.secure_scores.list": Method("GET", _below("Microsoft.Security/secureScores"), "2020-01-01"),
    "security.regulatory_compliance_standards.list": Method(
        "GET", _below("Microsoft.Security/regulatoryComplianceStandards"), "2019-01-01-preview"
    ),
    "security.regulatory_compliance_controls.list": Method(
        "GET", _below("Microsoft.Security/regulatoryComplianceStandards", "{regulatoryComplianceStandardName}",
                      "regulatoryComplianceControls"), "2019-01-01-preview"
    ),
    "security.alerts.list": Method("GET", _below("Microsoft.Security/alerts"), "2022-01-01"),
    "resource.deployments.list_at_subscription_scope": Method(
        "GET", _below("Microsoft.Resources/deployments"), "2026-06-01"
    ),
    "resource.deployments.list_by_resource_group": Method(
        "GET", "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}/providers/Microsoft.Resources/"
        "deployments", "2026-06-01"
    ),
    "recoveryservices.vaults.list_by_subscription_id": Method(
        "GET", _below("Microsoft.RecoveryServices/vaults"), "2026-11-01"
    ),
    "recoveryservicesbackup.backup_jobs.list": Method("GET", f"{_RECOVERY}/backupJobs", "2026-10-01"),
    "recoveryservicesbackup.backup_policies.list": Method("GET", f"{_RECOVERY}/backupPolicies", "2026-10-01"),
    "recoveryservicessiterecovery.replication_jobs.list": Method("GET", f"{_RECOVERY}/replicationJobs", "2025-08-01"),
    "recoveryservicessiterecovery.replication_protected_items.list": Method(
        "GET", f"{_RECOVERY}/replicationProtectedItems", "2025-08-01"
    ),
    "dataprotection.backup_vaults.get_in_subscription": Method(
        "GET", _below("Microsoft.DataProtection/backupVaults"), "2026-06-01"
    ),
    "dataprotection.jobs.list": Method("GET", f"{_BACKUP}/backupJobs", "2026-06-01"),
    "dataprotection.backup_policies.list": Method("GET", f"{_BACKUP}/backupPolicies", "2026-06-01"),
    "sql.long_term_retention_policies.list_by_database": Method(
        "GET", f"{_SQL}/databases/{{databaseName}}/backupLongTermRetentionPolicies", "2025-01-01"
    ),
    "sql.transparent_data_encryptions.list_by_database": Method(
        "GET", f"{_SQL}/databases/{{databaseName}}/transparentDataEncryption", "2025-01-01"
    ),
    "sql.server_blob_auditing_policies.list_by_server": Method("GET", f"{_SQL}/auditingSettings", "2025-01-01"),
    "authorization.access_review_schedule_definitions.list": Method("GET", _REVIEWS, "2021-12-01-preview"),
    "authorization.access_review_instances.list": Method(
        "GET", f"{_REVIEWS}/{{scheduleDefinitionId}}/instances", "2021-12-01-preview"
    ),
    "authorization.access_review_instance_decisions.list": Method(
        "GET", f"{_REVIEWS}/{{scheduleDefinitionId}}/instances/{{id}}/decisions", "2021-12-01-preview"
    ),
    "authorization.role_assignment_schedule_instances.list_for_scope": Method(
        "GET", "/{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleInstances", "2020-10-01"
    ),
    "authorization.role_eligibility_schedule_instances.list_for_scope": Method(
        "GET", "/{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances", "2020-10-01"
    ),
    "authorization.role_management_policy_assignments.list_for_scope": Method(
        "GET", "/{scope}/providers/Microsoft.Authorization/roleManagementPolicyAssignments", "2020-10-01"
    ),
}
"""Operations by the name under which headers declare them."""
