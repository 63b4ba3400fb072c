"""Vulnerabilities of the software on machines, as VM Manager finds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.gcp._machines import INSTANCES, OFF, by_zone
from collectors.gcp._names import compute, within
from collectors.gcp._times import instant

REPORTS = "osconfig.projects.locations.instances.vulnerabilityReports.list"
HEADER = Header(
    id="gcp.os_vulnerabilities",
    title="Vulnerabilities of machines",
    kind="finding",
    population="Every vulnerability that VM Manager finds in the software of each machine of the project, one record "
    "per machine and vulnerability.",
    provider="gcp",
    per="member",
    calls=(
        Api(INSTANCES, ("compute.instances.list",), answers=OFF),
        Api(REPORTS, ("osconfig.vulnerabilityReports.list",),
            unavailable={"SERVICE_DISABLED": "the OS Config API is off: nobody looks for vulnerabilities"}),
    ),
    limits=(
        "Machines without the agent of VM Manager have no report; gcp.os_inventory names them.",
        "What is repaired leaves the report: every finding here is open.",
        "`occurred_at` is when the report first had the vulnerability.",
    ),
)
SEVERITIES = {"CRITICAL": "critical", "HIGH": "high", "MEDIUM": "medium", "LOW": "low", "MINIMAL": "low",
              "NONE": "informational"}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one finding per machine and vulnerability."""
    for zone, machines in sorted(by_zone(run).items()):
        parent = f"{run.client.parent}/locations/{zone}/instances/-"
        for item in run.client.population(REPORTS, key="vulnerabilityReports", parent=parent, pageSize=100):
            machine = machines.get(within(item["name"], "instances")) or {}
            resource = compute(machine.get("selfLink")) or f"//osconfig.googleapis.com/{item['name']}"
            found = {row.id: (row, one) for one in item.get("vulnerabilities") or () for row in [_row(resource, one)]}
            if not found:
                run.skip("a machine without vulnerabilities")
            for row, one in found.values():
                yield Record(row, one)


def _row(resource: str, one: dict[str, Any]) -> Finding:
    details = one.get("details") or {}
    return Finding(
        f"{resource}#{details.get('cve')}",
        resource=resource,
        title=details.get("cve"),
        severity=SEVERITIES.get(str(details.get("severity", "")).upper()),
        state="open",
        source="VM Manager",
        occurred_at=instant(one.get("createTime")),
    )
