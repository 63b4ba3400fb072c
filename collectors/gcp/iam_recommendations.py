"""Rights that nobody used, as Google's recommender finds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Finding
from collectors.gcp._times import instant

CALLS = {
    kind: f"recommender.{kind}.locations.recommenders.recommendations.list"
    for kind in ("organizations", "folders", "projects")
}
ABSENT = {"SERVICE_DISABLED": "the Recommender API is off"}
HEADER = Header(
    id="gcp.iam_recommendations",
    title="Rights that nobody used",
    kind="finding",
    population="Every recommendation of the IAM recommender for the project, folder or organization itself, whatever "
    "was made of it.",
    provider="gcp",
    per="boundary",
    calls=tuple(
        Api(call, ("recommender.iamPolicyRecommendations.list",), unavailable=ABSENT) for call in CALLS.values()
    ),
    cadence="P1W",
    limits=(
        "`occurred_at` is when Google last worked it out: how long a right lay unused is not told.",
        "Severity is Google's priority: P1 is critical, P4 low.",
    ),
)
SEVERITIES = {"P1": "critical", "P2": "high", "P3": "medium", "P4": "low"}
STATES = {"SUCCEEDED": "resolved", "DISMISSED": "suppressed"}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one finding per recommendation."""
    parent = run.client.parent
    found = run.client.population(
        CALLS[parent.partition("/")[0]], key="recommendations",
        parent=f"{parent}/locations/global/recommenders/google.iam.policy.Recommender", pageSize=1000,
    )
    for item in found:
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Finding:
    return Finding(
        f"//recommender.googleapis.com/{item['name']}",
        resource=_resource(item),
        title=item.get("recommenderSubtype") or item.get("description"),
        severity=SEVERITIES.get(item.get("priority", "")),
        state=STATES.get((item.get("stateInfo") or {}).get("state", ""), "open"),
        source="IAM recommender",
        occurred_at=instant(item.get("lastRefreshTime")),
    )


def _resource(item: dict[str, Any]) -> str | None:
    groups = (item.get("content") or {}).get("operationGroups") or ()
    changed = [str(one["resource"]) for group in groups for one in group.get("operations") or () if "resource" in one]
    return next(iter([*changed, *(item.get("targetResources") or ())]), None)
