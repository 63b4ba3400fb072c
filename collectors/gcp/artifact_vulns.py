"""Vulnerabilities of container images and packages, as Artifact Analysis finds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.gcp._names import last
from collectors.gcp._times import instant

CALL = "containeranalysis.projects.occurrences.list"
HEADER = Header(
    id="gcp.artifact_vulns",
    title="Vulnerabilities of images and packages",
    kind="finding",
    population="Every occurrence of a vulnerability in an image or package of the project that Artifact Analysis "
    "lists.",
    provider="gcp",
    per="member",
    calls=(
        Api(CALL, ("containeranalysis.occurrences.list",),
            unavailable={"SERVICE_DISABLED": "the Container Analysis API is off: nobody looks into images"}),
    ),
    limits=(
        "Whether an image is in use anywhere is not told: old ones that nobody runs have findings too.",
        "An image that was not pushed or pulled for thirty days is no longer looked into.",
        "`occurred_at` is when the vulnerability was first found in the image.",
    ),
)
SEVERITIES = {"CRITICAL": "critical", "HIGH": "high", "MEDIUM": "medium", "LOW": "low", "MINIMAL": "low"}
STATES = {"NOT_AFFECTED": "suppressed", "FIXED": "resolved"}
"""What somebody who knows the image said of it."""


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one finding per occurrence."""
    found = run.client.population(
        CALL, key="occurrences", parent=run.client.parent, filter='kind="VULNERABILITY"', pageSize=1000,
    )
    for item in found:
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Finding:
    said = item.get("vulnerability") or {}
    return Finding(
        f"//containeranalysis.googleapis.com/{item['name']}",
        resource=item.get("resourceUri"),
        title=said.get("shortDescription") or last(item.get("noteName")),
        severity=SEVERITIES.get(said.get("effectiveSeverity") or said.get("severity") or ""),
        state=STATES.get((said.get("vexAssessment") or {}).get("state", ""), "open"),
        source="Artifact Analysis",
        occurred_at=instant(item.get("createTime")),
    )
