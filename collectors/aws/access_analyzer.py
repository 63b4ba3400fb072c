"""Findings of IAM Access Analyzer: access from outside, inside access to what matters, and access nobody uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Finding

STATISTICS = "accessanalyzer.get_findings_statistics"
LISTING = ("access-analyzer:ListFindings",)
HEADER = Header(
    id="aws.access_analyzer",
    title="Findings of IAM Access Analyzer",
    kind="finding",
    population="Every finding of every analyzer of the account in this region, archived and resolved ones included; "
    "and one statement where no analyzer at work looks for access from outside.",
    provider="aws",
    per="region",
    calls=(
        Api("accessanalyzer.list_analyzers", ("access-analyzer:ListAnalyzers",)),
        Api("accessanalyzer.list_archive_rules", ("access-analyzer:ListArchiveRules",)),
        Api("accessanalyzer.list_findings_v2", LISTING),
        Api(STATISTICS, ("access-analyzer:GetFindingsStatistics",)),
    ),
    limits=(
        "Access Analyzer gives its findings no severity.",
        "Who has the access is in the finding's details, which are not read one by one.",
        "An analyzer that another account keeps for the organization is not seen: `No analyzer` has no state.",
        "A finding that an archive rule hides is `suppressed`; the artifact holds the rules.",
        "The receipt of each analyzer is its own count of findings, which it renews now and then: it may lag behind.",
    ),
)
STATES = {"ACTIVE": "open", "ARCHIVED": "suppressed", "RESOLVED": "resolved"}
OUTSIDE = ("ACCOUNT", "ORGANIZATION")


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one finding per finding, and one where nobody looks."""
    client = run.client
    analyzers = list(client.read("accessanalyzer.list_analyzers", key="analyzers"))
    for analyzer in analyzers:
        name = analyzer["name"]
        rules = list(client.read("accessanalyzer.list_archive_rules", key="archiveRules", analyzerName=name))
        found = client.population("accessanalyzer.list_findings_v2", key="findings", analyzerArn=analyzer["arn"])
        count = 0
        for finding in found:
            count += 1
            hidden = rules if finding["status"] == "ARCHIVED" else []
            raw = [
                {"operation": "accessanalyzer.list_findings_v2", "item": finding},
                {"operation": "accessanalyzer.list_archive_rules", "item": hidden},
            ]
            yield Record(_row(finding, analyzer), raw)
        _receipt(run, analyzer, count)
    if not any(one["type"] in OUTSIDE and one["status"] == "ACTIVE" for one in analyzers):
        yield Record(_unwatched(run), {"operation": "accessanalyzer.list_analyzers", "item": analyzers})


def _receipt(run: Run[Aws], analyzer: dict[str, Any], count: int) -> None:
    """Keep the analyzer's own count of its findings, active, archived and resolved, where it is at work."""
    if analyzer["status"] != "ACTIVE":
        return
    answer = run.client.ask(STATISTICS, analyzerArn=analyzer["arn"]) or {}
    kinds = [kind for one in answer.get("findingsStatistics") or () for kind in one.values()]
    if kinds:
        totals = ("totalActiveFindings", "totalArchivedFindings", "totalResolvedFindings")
        expected = sum(kind.get(name, 0) for kind in kinds for name in totals)
        run.receipt(f"{STATISTICS}, {analyzer['name']}", expected, count)


def _row(finding: dict[str, Any], analyzer: dict[str, Any]) -> Finding:
    kind = finding.get("findingType") or analyzer["type"]
    return Finding(
        f"{analyzer['arn']}/finding/{finding['id']}",
        resource=finding.get("resource"),
        title=f"{kind}: {finding['resourceType']}",
        state=STATES.get(finding["status"]),
        source=f"access-analyzer {analyzer['name']}",
        occurred_at=finding["createdAt"],
    )


def _unwatched(run: Run[Aws]) -> Finding:
    return Finding(
        f"{run.boundary.id}/{run.region}#no-analyzer",
        resource=run.boundary.id,
        title=f"No analyzer at work in {run.region} looks for access from outside",
        source="access-analyzer",
        occurred_at=run.started,
    )
