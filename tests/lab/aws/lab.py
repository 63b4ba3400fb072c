"""One endpoint with the whole estate behind it: the double where moto has nothing, moto for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from moto.core.utils import get_service_model

from tests.lab.aws import (
    catalogue,
    center,
    configured,
    digests,
    findings,
    inventory,
    machines,
    organization,
    seed,
    software,
    trail,
)
from tests.lab.aws.answers import Context, Handler
from tests.lab.aws.backup import Backup, setup_denials
from tests.lab.aws.double import Double
from tests.lab.aws.faults import denied, denied_by_scp
from tests.lab.aws.iam import Iam
from tests.lab.aws.wire import spelled
from tests.lab.estate import Estate

TABLES = (
    catalogue.table,
    center.table,
    configured.table,
    findings.table,
    inventory.table,
    machines.table,
    organization.table,
    software.table,
    trail.table,
)

# What a company that does not use a service is told, where moto would answer with an error.
EMPTY = (
    "accessanalyzer.list_archive_rules",
    "application-autoscaling.describe_scaling_activities",
    "backup.list_copy_jobs",
    "backup.list_frameworks",
    "backup.list_report_plans",
    "cloudformation.describe_stack_resource_drifts",
    "cloudtrail.list_channels",
    "cloudtrail.list_event_data_stores",
    "cloudwatch.describe_alarm_history",
    "codepipeline.list_action_executions",
    "config.describe_aggregate_compliance_by_config_rules",
    "config.describe_conformance_pack_compliance",
    "config.describe_conformance_pack_status",
    "config.describe_conformance_packs",
    "config.describe_organization_config_rules",
    "config.get_aggregate_compliance_details_by_config_rule",
    "config.get_conformance_pack_compliance_summary",
    "drs.describe_jobs",
    "drs.describe_recovery_instances",
    "drs.describe_recovery_snapshots",
    "drs.describe_source_servers",
    "ec2.describe_locked_snapshots",
    "eks.list_addons",
    "eks.list_insights",
    "fms.list_compliance_status",
    "fms.list_policies",
    "guardduty.list_members",
    "guardduty.list_publishing_destinations",
    "iam.get_organizations_access_report",
    "inspector2.list_cis_scans",
    "lambda.list_event_source_mappings",
    "network-firewall.list_firewall_policies",
    "organizations.list_aws_service_access_for_organization",
    "organizations.list_organizational_units_for_parent",
    "resource-groups.list_group_resources",
    "resource-groups.list_groups",
    "resourcegroupstaggingapi.get_compliance_summary",
    "rolesanywhere.list_profiles",
    "rolesanywhere.list_trust_anchors",
    "securityhub.list_members",
    "securityhub.list_security_control_definitions",
    "securityhub.list_standards_control_associations",
    "security-ir.list_cases",
    "security-ir.list_memberships",
    "service-quotas.list_requested_service_quota_change_history",
    "service-quotas.list_service_quotas",
    "service-quotas.list_services",
    "ssm.describe_automation_executions",
    "ssm.describe_maintenance_window_executions",
    "ssm.describe_ops_items",
    "ssm.describe_patch_group_state",
    "ssm.describe_sessions",
    "ssm.get_inventory",
    "ssm.get_inventory_schema",
    "ssm.list_associations",
    "ssm.list_compliance_items",
    "ssm.list_compliance_summaries",
    "ssm.list_inventory_entries",
    "ssm-incidents.list_incident_records",
    "ssm-incidents.list_replication_sets",
    "ssm-incidents.list_response_plans",
    "ssm-incidents.list_timeline_events",
    "sso-admin.list_application_assignments",
    "sso-admin.list_applications",
    "sso-admin.list_customer_managed_policy_references_in_permission_set",
    "support.describe_cases",
    "wafv2.list_resources_for_web_acl",
    "compute-optimizer.get_ec2_instance_recommendations",
)


@dataclass
class Lab:
    """A served estate; use it as a context, or `close` it. One with moto at a time: its memory is the process's."""

    estate: Estate
    port: int = 0
    moto: bool = True

    def __post_init__(self) -> None:
        keys = {key_of(account.id): account.id for account in self.estate.accounts}
        self.double = Double(accounts=keys, fallthrough=seed.application() if self.moto else None, port=self.port)
        if self.moto:
            seed.seed(self.estate, self.double)
        self._answer()
        self._deny()
        self.double.calls.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self.double.close()

    def _answer(self) -> None:
        told: list[dict[str, Handler]] = [table.answers(self.estate) for table in TABLES]
        own = [Iam(self.estate).answers(), Backup(self.estate).answers()]
        empty: dict[str, Handler] = dict.fromkeys(EMPTY, nothing)
        for answers in (empty, *told, *own):
            for name, handler in answers.items():
                self.double.handle(name, handler)
        der, fingerprint = digests.public_key()
        span = {"ValidityStartTime": self.estate.ago("900d"), "ValidityEndTime": self.estate.ago("-900d")}
        key = {"Value": der, "Fingerprint": fingerprint, **span}
        self.double.script({"cloudtrail.list_public_keys": {"PublicKeyList": [key]}})

    def _deny(self) -> None:
        for service, account, region in setup_denials(self.estate):
            self.double.fault(f"{service}.*", denied_by_scp(), account=account, region=region)
        for bucket in (r for r in self.estate.resources if r.traits.get("denied")):
            for pattern in ("s3.get_*", "s3.list_object*", "s3.head_*"):
                self.double.fault(pattern, denied(), where={"Bucket": bucket.name})


def key_of(account: str) -> str:
    """Return the access key that the lab gives an account."""
    return f"AKIA{account}LAB0"


def nothing(params: dict[str, Any], context: Context) -> dict[str, Any]:
    """Return an answer of empty lists."""
    service = get_service_model(context.call.service)
    model = next(service.operation_model(n) for n in service.operation_names if spelled(n) == context.call.operation)
    members = model.output_shape.members if model.output_shape else {}
    return {name: [] for name, shape in members.items() if shape.type_name == "list"}
