"""What AWS Config's query language says of a resource, and how it is asked."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from agent.model import Asset
from collectors.aws._tags import classification, environment, owner, tags_of

COLUMNS = (
    "accountId, awsRegion, resourceType, resourceId, resourceName, arn, tags, "
    "resourceCreationTime, configurationItemCaptureTime, configurationItemStatus"
)
LIMIT = 100
"""The most that Config gives in a page."""


def query(kind: str) -> str:
    """Return the query for every resource of a type."""
    return f"SELECT {COLUMNS} WHERE resourceType = '{kind}'"


def answers(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the resources of a page, which Config gives as JSON texts."""
    return [json.loads(text) for text in page.get("Results") or ()]


def asset(item: dict[str, Any]) -> Asset:
    """Return the row of a resource that a query gave."""
    tags = tags_of(item.get("tags"), "key", "value") if "tags" in item else None
    region = item.get("awsRegion")
    created = item.get("resourceCreationTime")
    return Asset(
        item.get("arn") or ident(item["accountId"], region, item["resourceType"], item["resourceId"]),
        name=item.get("resourceName"),
        type=item["resourceType"],
        provider="aws",
        region=None if region == "global" else region,
        owner=owner(tags or {}),
        classification=classification(tags or {}),
        environment=environment(tags or {}),
        created_at=datetime.fromisoformat(created) if created else None,
        state=item.get("configurationItemStatus"),
        tags=tags,
    )


def ident(account: str, region: str | None, kind: str, name: str) -> str:
    """Return the id of a resource to which Config gives no ARN: account, region, type and its own id."""
    return f"{account}/{region}/{kind}/{name}"
