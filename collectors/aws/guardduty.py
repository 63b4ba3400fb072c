"""What GuardDuty has found: signs of an attack on accounts, instances, buckets, clusters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jmespath  # type: ignore[import-untyped]  # it ships no types

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.aws._times import instant

HEADER = Header(
    id="aws.guardduty",
    title="GuardDuty findings",
    kind="finding",
    population="Every finding that GuardDuty still holds in this region, archived ones included.",
    provider="aws",
    per="region",
    calls=(
        Api("guardduty.list_detectors", ("guardduty:ListDetectors",)),
        Api("guardduty.list_findings", ("guardduty:ListFindings",)),
        Api("guardduty.get_findings", ("guardduty:GetFindings",)),
    ),
    keeps="P90D",
    exact=True,
    limits=(
        "Where GuardDuty is off there is nothing to find: aws.guardduty_detectors says where.",
        "GuardDuty does not say whether a finding was dealt with: an archived one is `suppressed`, any other `open`.",
        "`occurred_at` is when the finding was made; later sightings of the same do not move it.",
        "In the administrator's account the findings of its members are among them.",
    ),
)
RESOURCE = jmespath.compile(
    "S3BucketDetails[0].Arn || EksClusterDetails.Arn || EcsClusterDetails.Arn || LambdaDetails.FunctionArn "
    "|| RdsDbInstanceDetails.DbInstanceArn || RdsLimitlessDbDetails.DbShardGroupArn || EbsSnapshotDetails.SnapshotArn "
    "|| Ec2ImageDetails.ImageArn || RecoveryPointDetails.RecoveryPointArn || InstanceDetails.InstanceId "
    "|| AccessKeyDetails.UserName || AccessKeyDetails.PrincipalId || ResourceType"
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one finding per finding."""
    listed = 0
    for detector in run.client.read("guardduty.list_detectors", key="DetectorIds"):

        def told(ids: list[str], detector: str = detector) -> list[dict[str, Any]]:
            call = "guardduty.get_findings"  # fifty at a time, which is a page of the list
            return list(run.client.read(call, key="Findings", DetectorId=detector, FindingIds=ids))

        pages = run.client.population("guardduty.list_findings", key=_page, DetectorId=detector, MaxResults=50)
        for ids, findings in run.client.each(pages, told, width=4):
            listed += len(ids)
            for finding in findings:
                yield Record(_row(finding), finding)
    run.receipt("guardduty.list_findings", listed)


def _page(page: dict[str, Any]) -> list[list[str]]:
    return [page["FindingIds"]] if page.get("FindingIds") else []


def _row(finding: dict[str, Any]) -> Finding:
    return Finding(
        finding["Arn"],
        resource=RESOURCE.search(finding.get("Resource") or {}),
        title=finding.get("Title") or finding["Type"],
        severity=_severity(finding["Severity"]),
        state="suppressed" if (finding.get("Service") or {}).get("Archived") else "open",
        source="guardduty",
        occurred_at=instant(finding["CreatedAt"]),
    )


def _severity(number: float) -> str:
    """Return GuardDuty's own word for its number."""
    return next((word for least, word in ((9.0, "critical"), (7.0, "high"), (4.0, "medium")) if number >= least), "low")
