"""The company's tenant behind one endpoint: Microsoft Graph and where tokens come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from tests.lab.certificate import Shown
from tests.lab.entra import governance, tenant, told
from tests.lab.entra.double import Double, Handler
from tests.lab.estate import Estate

TABLES = (tenant.table, told.table, governance.table)

# What the company does not use: lists without anything in them.
EMPTY = (
    "audit_logs.provisioning",
    "device_management.detected_apps",
    "device_management.device_compliance_policies",
    "device_management.device_configurations",
    "identity.conditional_access.named_locations",
    "identity_governance.access_reviews.definitions.item.instances.item.stages",
    "identity_governance.entitlement_management.assignments",
    "identity_governance.lifecycle_workflows.workflows",
    "identity_governance.privileged_access.group.assignment_schedule_instances",
    "identity_governance.privileged_access.group.eligibility_schedule_instances",
    "identity_protection.risk_detections",
    "identity_protection.risky_users",
    "oauth2_permission_grants",
    "policies.cross_tenant_access_policy.partners",
    "security.alerts_v2",
    "security.incidents",
    "service_principals.item.app_role_assigned_to",
    "solutions.backup_restore.restore_sessions",
)


@dataclass
class Lab:
    """A served estate; use it as a context."""

    estate: Estate
    shown: Shown = field(default_factory=Shown.made)
    port: int = 0

    def __post_init__(self) -> None:
        self.double = Double(self.estate.directory.file["tenant"], certificate=self.shown.both, port=self.port)
        empty: dict[str, Handler] = dict.fromkeys(EMPTY, _nothing)
        for answers in (empty, *(table.answers(self.estate) for table in TABLES)):
            for name, handler in answers.items():
                self.double.handle(name, handler)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.double.close()


def _nothing(ids: tuple[str, ...], params: dict[str, str]) -> list[dict[str, Any]]:
    return [{"value": []}]
