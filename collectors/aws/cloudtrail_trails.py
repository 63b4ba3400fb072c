"""CloudTrail trails as each region sees them: what they record, whether they run, when they last delivered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import LogSource

HEADER = Header(
    id="aws.cloudtrail_trails",
    title="CloudTrail trails",
    kind="log_source",
    population="Every trail that applies to the account in this region, those of other regions and of the "
    "organization included.",
    provider="aws",
    per="region",
    calls=(
        Api("cloudtrail.describe_trails", ("cloudtrail:DescribeTrails",)),
        Api(
            "cloudtrail.get_trail_status",
            ("cloudtrail:GetTrailStatus",),
            answers={"TrailNotFoundException": "the trail belongs to another account, which alone sees its status"},
        ),
        Api(
            "cloudtrail.get_event_selectors",
            ("cloudtrail:GetEventSelectors",),
            answers={"TrailNotFoundException": "the trail belongs to another account, which alone sees its selectors"},
        ),
    ),
    limits=(
        "`encrypted` means a KMS key of its own; without one S3 encrypts with a key that S3 holds.",
        "How long the log files are kept is the bucket's matter: aws.log_store_protection.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one log source per trail."""
    trails = run.client.population("cloudtrail.describe_trails", key="trailList", includeShadowTrails=True)

    def details(trail: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        arn = trail["TrailARN"]  # by name it would be looked for in this region alone
        status = run.client.ask("cloudtrail.get_trail_status", Name=arn)
        return status, run.client.ask("cloudtrail.get_event_selectors", TrailName=arn)

    for trail, (status, selectors) in run.client.each(trails, details):
        raw = [
            {"operation": "cloudtrail.describe_trails", "item": trail},
            {"operation": "cloudtrail.get_trail_status", "item": status},
            {"operation": "cloudtrail.get_event_selectors", "item": selectors},
        ]
        yield Record(_row(trail, status or {}, selectors), raw)


def _row(trail: dict[str, Any], status: dict[str, Any], selectors: dict[str, Any] | None) -> LogSource:
    prefix = trail.get("S3KeyPrefix")
    return LogSource(
        trail["TrailARN"],
        name=trail["Name"],
        enabled=status.get("IsLogging"),
        covers=[*_where(trail), *_what(selectors)],
        integrity_validated=trail.get("LogFileValidationEnabled"),
        encrypted=bool(trail.get("KmsKeyId")),
        destination=f"s3://{trail['S3BucketName']}{f'/{prefix}' if prefix else ''}",
        last_delivery_at=status.get("LatestDeliveryTime"),
    )


def _where(trail: dict[str, Any]) -> list[str]:
    regions = "regions:all" if trail.get("IsMultiRegionTrail") else f"region:{trail['HomeRegion']}"
    return [regions, "organization"] if trail.get("IsOrganizationTrail") else [regions]


def _what(selectors: dict[str, Any] | None) -> list[str]:
    """Return the event categories, `management` or `data:AWS::S3::Object`, marked where only reads or writes are."""
    found: list[str] = []
    for classic in (selectors or {}).get("EventSelectors") or ():
        half = {"ReadOnly": " (read)", "WriteOnly": " (write)"}.get(classic.get("ReadWriteType", "All"), "")
        found += [f"management{half}"] if classic.get("IncludeManagementEvents") else []
        found += [f"data:{resource['Type']}{half}" for resource in classic.get("DataResources") or ()]
    for advanced in (selectors or {}).get("AdvancedEventSelectors") or ():
        found += _advanced({field["Field"]: field.get("Equals") or [] for field in advanced["FieldSelectors"]})
    return list(dict.fromkeys(found))


def _advanced(equals: dict[str, list[str]]) -> list[str]:
    half = {"true": " (read)", "false": " (write)"}.get("".join(equals.get("readOnly", [])), "")
    category = {"Management": "management", "Data": "data", "NetworkActivity": "network"}
    return [
        f"{category.get(name, name)}{f':{kind}' if kind else ''}{half}"
        for name in equals.get("eventCategory", [])
        for kind in equals.get("resources.type") or [""]
    ]
