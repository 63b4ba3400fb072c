"""Which audit logs are switched on: data access is off until somebody switches it on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._settings import setting

KINDS = ("organizations", "folders", "projects")
CALLS = {kind: f"cloudresourcemanager.{kind}.getIamPolicy" for kind in KINDS}
HEADER = Header(
    id="gcp.audit_log_config",
    title="Configuration of audit logs",
    kind="configuration",
    population="Every sort of audit log of the project, folder or organization for all services together, and for "
    "each service that has a configuration of its own.",
    provider="gcp",
    per="boundary",
    calls=tuple(Api(call, (f"resourcemanager.{kind}.getIamPolicy",)) for kind, call in CALLS.items()),
    limits=(
        "What a project inherits from above stands at the folder or organization: `false` is of this place alone.",
        "Administrative activity is always logged, whatever the configuration says.",
    ),
)
SORTS = {"admin_read": "ADMIN_READ", "data_read": "DATA_READ", "data_write": "DATA_WRITE"}
ALL = "allServices"


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per service and sort of log, and one per service with who is exempt."""
    parent = run.client.parent
    policies = run.client.population(
        CALLS[parent.partition("/")[0]], key="@", resource=parent, options={"requestedPolicyVersion": 3},
    )
    resource = f"//cloudresourcemanager.googleapis.com/{parent}"
    for policy in policies:
        said = {one["service"]: one.get("auditLogConfigs") or [] for one in policy.get("auditConfigs") or ()}
        for service in sorted({ALL, *said}):
            for name, value in _settings(said.get(service, [])).items():
                yield Record(setting(resource, name, value, part=service), _kept(policy))


def _settings(configs: list[dict[str, Any]]) -> dict[str, Any]:
    on = {one.get("logType") for one in configs}
    exempt = sorted({member for one in configs for member in one.get("exemptedMembers") or ()})
    return {**{name: sort in on for name, sort in SORTS.items()}, "exempted_members": exempt or None}


def _kept(policy: dict[str, Any]) -> dict[str, Any]:
    """Return what of a policy is about logs; who may do what is gcp.iam_policies."""
    return {name: policy[name] for name in ("auditConfigs", "version") if name in policy}
