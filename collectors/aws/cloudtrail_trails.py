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
        Api(
            "cloudtrail.get_insight_selectors",
            ("cloudtrail:GetInsightSelectors",),
            answers={
                "InsightNotEnabledException": "no insights are switched on for the trail",
                "TrailNotFoundException": "the trail belongs to another account, which alone sees its selectors",
                "UnsupportedOperationException": "CloudTrail offers no insights for such a trail",
            },
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

    def details(trail: dict[str, Any]) -> dict[str, dict[str, Any] | None]:
        arn = trail["TrailARN"]  # by name it would be looked for in this region alone
        return {
            "cloudtrail.get_trail_status": run.client.ask("cloudtrail.get_trail_status", Name=arn),
            "cloudtrail.get_event_selectors": run.client.ask("cloudtrail.get_event_selectors", TrailName=arn),
            "cloudtrail.get_insight_selectors": run.client.ask("cloudtrail.get_insight_selectors", TrailName=arn),
        }

    for trail, told in run.client.each(trails, details):
        raw = {"cloudtrail.describe_trails": trail, **told}
        yield Record(_row(trail, *told.values()), [{"operation": call, "item": item} for call, item in raw.items()])


def _row(
    trail: dict[str, Any], told: dict[str, Any] | None, selectors: dict[str, Any] | None,
    insights: dict[str, Any] | None,
) -> LogSource:
    prefix, status = trail.get("S3KeyPrefix"), told or {}
    rates = [f"insight:{one['InsightType']}" for one in (insights or {}).get("InsightSelectors") or ()]
    return LogSource(
        trail["TrailARN"],
        name=trail["Name"],
        enabled=status.get("IsLogging"),
        covers=[*_where(trail), *_what(selectors), *rates],
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
