"""Rights that may be taken for a time: for how long, and whether somebody has to agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._settings import setting
from collectors.gcp._times import seconds

CALLS = {
    kind: f"privilegedaccessmanager.{kind}.locations.entitlements.list"
    for kind in ("organizations", "folders", "projects")
}
OFF = {"SERVICE_DISABLED": "Privileged Access Manager is switched off in the project: it lends no rights"}
HEADER = Header(
    id="gcp.pam_entitlements",
    title="Rights that may be taken for a time",
    kind="configuration",
    population="Every setting of every entitlement of Privileged Access Manager of the project, folder or organization "
    "itself.",
    provider="gcp",
    per="boundary",
    calls=tuple(Api(call, ("privilegedaccessmanager.entitlements.list",), answers=OFF) for call in CALLS.values()),
    limits=("Who is in a group that may take a right is not told.",),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per entitlement and setting."""
    parent = run.client.parent
    found = run.client.population(
        CALLS[parent.partition("/")[0]], key="entitlements", parent=f"{parent}/locations/global", pageSize=500,
    )
    for item in found:
        for name, value in _settings(item).items():
            yield Record(setting(f"//privilegedaccessmanager.googleapis.com/{item['name']}", name, value), item)


def _settings(item: dict[str, Any]) -> dict[str, Any]:
    access = (item.get("privilegedAccess") or {}).get("gcpIamAccess") or {}
    steps = ((item.get("approvalWorkflow") or {}).get("manualApprovals") or {}).get("steps") or []
    longest = seconds(item.get("maxRequestDuration"))
    return {
        "state": item.get("state"),
        "roles": sorted(one["role"] for one in access.get("roleBindings") or () if one.get("role")),
        "resource": access.get("resource"),
        "eligible": sorted({who for one in item.get("eligibleUsers") or () for who in one.get("principals") or ()}),
        "longest_hours": None if longest is None else longest / 3600,
        "approval_required": bool(steps),
        "justification_required": "unstructured" in (item.get("requesterJustificationConfig") or {}),
    }
