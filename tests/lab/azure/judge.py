"""Microsoft's own packages as the judge: the path of each operation, and which members its models know."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from agent.clients.azure.methods import Method

_DOT = re.compile(r"(?<!\\)\.")


@dataclass(frozen=True, slots=True)
class Published:
    """Where an operation is in a package of Microsoft: its module, the function that builds its request, its model."""

    package: str
    operations: str
    builder: str
    model: str


def _of(package: str, operations: str, builder: str, model: str) -> Published:
    return Published(f"azure.mgmt.{package}", operations, f"build_{builder}_request", model)


PUBLISHED: dict[str, Published] = {
    "resource.subscriptions.list": _of(
        "resource.subscriptions", "_operations", "subscriptions_list", "Subscription"
    ),
    "managementgroups.management_groups.get_descendants": _of(
        "managementgroups", "_operations", "management_groups_get_descendants", "DescendantInfo"
    ),
    "resourcegraph.resources": _of("resourcegraph", "_resource_graph_client_operations", "resources", "QueryResponse"),
    "authorization.role_assignments.list_for_subscription": _of(
        "authorization.v2022_04_01", "_role_assignments_operations", "list_for_subscription", "RoleAssignment"
    ),
    "authorization.role_definitions.list": _of(
        "authorization.v2022_04_01", "_role_definitions_operations", "list", "RoleDefinition"
    ),
    "policy.policy_assignments.list": _of(
        "resource.policy", "_operations", "policy_assignments_list", "PolicyAssignment"
    ),
    "monitor.activity_logs.list": _of("monitor", "_activity_logs_operations", "list", "EventData"),
    "monitor.tenant_activity_logs.list": _of("monitor", "_tenant_activity_logs_operations", "list", "EventData"),
    "monitor.activity_log_alerts.list_by_subscription_id": _of(
        "monitor", "_activity_log_alerts_operations", "list_by_subscription_id", "ActivityLogAlertResource"
    ),
    "monitor.metric_alerts.list_by_subscription": _of(
        "monitor", "_metric_alerts_operations", "list_by_subscription", "MetricAlertResource"
    ),
    "monitor.scheduled_query_rules.list_by_subscription": _of(
        "monitor", "_scheduled_query_rules_operations", "list_by_subscription", "ScheduledQueryRuleResource"
    ),
    "monitor.action_groups.list_by_subscription_id": _of(
        "monitor", "_action_groups_operations", "list_by_subscription_id", "ActionGroupResource"
    ),
    "loganalytics.workspaces.list": _of("loganalytics", "_operations", "workspaces_list", "Workspace"),
    "loganalytics.tables.list_by_workspace": _of("loganalytics", "_operations", "tables_list_by_workspace", "Table"),
    "securityinsight.incidents.list": _of("securityinsight", "_incidents_operations", "list", "Incident"),
    "securityinsight.alert_rules.list": _of("securityinsight", "_alert_rules_operations", "list", "AlertRule"),
    "network.network_watchers.list_all": _of(
        "network", "_operations", "network_watchers_list_all", "NetworkWatcher"
    ),
    "network.flow_logs.list": _of("network", "_operations", "flow_logs_list", "FlowLog"),
    "storage.storage_accounts.list": _of("storage", "_operations", "storage_accounts_list", "StorageAccount"),
    "storage.blob_services.get_service_properties": _of(
        "storage", "_operations", "blob_services_get_service_properties", "BlobServiceProperties"
    ),
    "keyvault.vaults.list_by_subscription": _of("keyvault", "_operations", "vaults_list_by_subscription", "Vault"),
    "keyvault.keys.list": _of("keyvault", "_operations", "keys_list", "Key"),
    "keyvault.secrets.list": _of("keyvault", "_operations", "secrets_list", "Secret"),
    "security.assessments.list": _of(
        "security.v2021_06_01", "_assessments_operations", "list", "SecurityAssessmentResponse"
    ),
    "security.pricings.list": _of("security.v2024_01_01", "_pricings_operations", "list", "Pricing"),
    "security.security_contacts.list": _of(
        "security.v2020_01_01_preview", "_security_contacts_operations", "list", "SecurityContact"
    ),
    "security.secure_scores.list": _of(
        "security.v2020_01_01", "_secure_scores_operations", "list", "SecureScoreItem"
    ),
    "security.regulatory_compliance_standards.list": _of(
        "security.v2019_01_01_preview", "_regulatory_compliance_standards_operations", "list",
        "RegulatoryComplianceStandard",
    ),
    "security.regulatory_compliance_controls.list": _of(
        "security.v2019_01_01_preview", "_regulatory_compliance_controls_operations", "list",
        "RegulatoryComplianceControl",
    ),
    "security.alerts.list": _of("security.v2022_01_01", "_alerts_operations", "list", "Alert"),
    "resource.deployments.list_at_subscription_scope": _of(
        "resource.deployments", "_operations", "deployments_list_at_subscription_scope", "DeploymentExtended"
    ),
    "resource.deployments.list_by_resource_group": _of(
        "resource.deployments", "_operations", "deployments_list_by_resource_group", "DeploymentExtended"
    ),
    "recoveryservices.vaults.list_by_subscription_id": _of(
        "recoveryservices", "_operations", "vaults_list_by_subscription_id", "Vault"
    ),
    "recoveryservicesbackup.backup_jobs.list": _of(
        "recoveryservicesbackup", "_operations", "backup_jobs_list", "JobResource"
    ),
    "recoveryservicesbackup.backup_policies.list": _of(
        "recoveryservicesbackup", "_operations", "backup_policies_list", "ProtectionPolicyResource"
    ),
    "recoveryservicessiterecovery.replication_jobs.list": _of(
        "recoveryservicessiterecovery", "_operations", "replication_jobs_list", "Job"
    ),
    "recoveryservicessiterecovery.replication_protected_items.list": _of(
        "recoveryservicessiterecovery", "_operations", "replication_protected_items_list", "ReplicationProtectedItem"
    ),
    "dataprotection.backup_vaults.get_in_subscription": _of(
        "dataprotection", "_operations", "backup_vaults_get_in_subscription", "BackupVaultResource"
    ),
    "dataprotection.jobs.list": _of("dataprotection", "_operations", "jobs_list", "AzureBackupJobResource"),
    "dataprotection.backup_policies.list": _of(
        "dataprotection", "_operations", "backup_policies_list", "BaseBackupPolicyResource"
    ),
    "sql.long_term_retention_policies.list_by_database": _of(
        "sql", "_operations", "long_term_retention_policies_list_by_database", "LongTermRetentionPolicy"
    ),
    "sql.transparent_data_encryptions.list_by_database": _of(
        "sql", "_operations", "transparent_data_encryptions_list_by_database",
        "LogicalDatabaseTransparentDataEncryption",
    ),
    "sql.server_blob_auditing_policies.list_by_server": _of(
        "sql", "_operations", "server_blob_auditing_policies_list_by_server", "ServerBlobAuditingPolicy"
    ),
    "authorization.access_review_schedule_definitions.list": _of(
        "authorization.v2021_12_01_preview", "_access_review_schedule_definitions_operations", "list",
        "AccessReviewScheduleDefinition",
    ),
    "authorization.access_review_instances.list": _of(
        "authorization.v2021_12_01_preview", "_access_review_instances_operations", "list", "AccessReviewInstance"
    ),
    "authorization.access_review_instance_decisions.list": _of(
        "authorization.v2021_12_01_preview", "_access_review_instance_decisions_operations", "list",
        "AccessReviewDecision",
    ),
    "authorization.role_assignment_schedule_instances.list_for_scope": _of(
        "authorization.v2020_10_01", "_role_assignment_schedule_instances_operations", "list_for_scope",
        "RoleAssignmentScheduleInstance",
    ),
    "authorization.role_eligibility_schedule_instances.list_for_scope": _of(
        "authorization.v2020_10_01", "_role_eligibility_schedule_instances_operations", "list_for_scope",
        "RoleEligibilityScheduleInstance",
    ),
    "authorization.role_management_policy_assignments.list_for_scope": _of(
        "authorization.v2020_10_01", "_role_management_policy_assignments_operations", "list_for_scope",
        "RoleManagementPolicyAssignment",
    ),
}
"""The published operation behind each of the client's."""
PLAIN = {
    "loganalytics.query": "a REST API that Microsoft has no management package for",
    "authorization.permissions.list": "azure-mgmt-authorization has it for resource groups; the path is the same above",
    "policy.policy_exemptions.list": "azure-mgmt-resource-policy has none of it any more: REST reference "
    "2022-07-01-preview",
    "monitor.diagnostic_settings.list": "azure-mgmt-monitor has none of it any more: REST reference 2021-05-01-preview",
}
"""Operations that no package has, with the reason."""


def request(published: Published, method: Method) -> tuple[str, str, str]:
    """Return verb, path and version that the package itself would use, with `<name>` for each part of the path."""
    module = importlib.import_module(f"{published.package}.operations.{published.operations}")
    builder = getattr(module, published.builder)
    given = {
        name: f"<{name}>" for name, one in inspect.signature(builder).parameters.items()
        if one.kind is not one.VAR_KEYWORD and one.default is one.empty
    }
    made = builder(**given, **({"json": {}} if method.verb == "POST" else {}))
    query = urlsplit(made.url).query
    version = re.search(r"api-version=([^&]+)", query)
    path = urlsplit(made.url).path.replace("%3C", "<").replace("%3E", ">")
    return made.method, _unnamed(path), version[1] if version else method.version


def ours(method: Method) -> tuple[str, str, str]:
    """Return verb, path and version of the client's own table, in the same form."""
    return method.verb, _unnamed(re.sub(r"\{\w+\}", "<>", method.path)), method.version


def _unnamed(path: str) -> str:
    return re.sub(r"<\w*>", "<>", path).replace("//", "/").lower()


def unknown(call: str, method: Method, body: dict[str, Any]) -> set[str]:
    """Return the members of a body that the package's models have no place for."""
    published = PUBLISHED[call]
    model = getattr(importlib.import_module(f"{published.package}.models"), published.model)
    if method.items != "value" or method.items not in body:
        return set(_unknown(_read(model, body), body))
    wrapper = set(body) - {"value", "nextLink", "@odata.nextLink", "@odata.context", "@odata.count"}
    return wrapper.union(*(set(_unknown(_read(model, one), one)) for one in body["value"]))


def _read(model: Any, body: dict[str, Any]) -> Any:
    """Return a body as the package reads it; the older packages and the newer ones have models of different kinds."""
    if hasattr(model, "_attribute_map"):
        return model.deserialize(body)
    return model._deserialize(body, [])


def _unknown(value: Any, body: Any) -> Iterator[str]:
    if isinstance(value, list) and isinstance(body, list):
        for one, inner in zip(value, body, strict=True):
            yield from _unknown(one, inner)
    elif hasattr(value, "_attribute_map"):
        yield from _of_old(value, body)
    elif hasattr(value, "_attr_to_rest_field"):
        names = {field._rest_name: name for name, field in value._attr_to_rest_field.items()}
        for key, inner in body.items():
            if key not in names:
                yield f"{type(value).__name__}.{key}"
            else:
                yield from _unknown(getattr(value, names[key]), inner)
    elif isinstance(value, dict) and isinstance(body, dict):
        for key, inner in body.items():
            yield from _unknown(value.get(key), inner)


def _of_old(value: Any, body: dict[str, Any]) -> Iterator[str]:
    known = {tuple(part.replace("\\.", ".") for part in _DOT.split(one["key"])): name
             for name, one in value._attribute_map.items()}
    open_ = "additional_properties" in value._attribute_map
    yield from _flat(value, body, known, (), open_=open_)


def _flat(
    value: Any, body: dict[str, Any], known: dict[tuple[str, ...], str], at: tuple[str, ...], *, open_: bool,
) -> Iterator[str]:
    for key, inner in body.items():
        here = (*at, key)
        if here in known:
            yield from _unknown(getattr(value, known[here]), inner)
        elif any(one[:len(here)] == here for one in known) and isinstance(inner, dict):
            yield from _flat(value, inner, known, here, open_=open_)
        elif not open_:
            yield f"{type(value).__name__}.{'.'.join(here)}"
