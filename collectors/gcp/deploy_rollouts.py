"""Rollouts of Cloud Deploy, and whether somebody approved them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Change
from collectors.gcp._names import last
from collectors.gcp._times import instant, written

PIPELINES = "clouddeploy.projects.locations.deliveryPipelines.list"
RELEASES = "clouddeploy.projects.locations.deliveryPipelines.releases.list"
ROLLOUTS = "clouddeploy.projects.locations.deliveryPipelines.releases.rollouts.list"
BACK = timedelta(days=30)
GONE = {"NOT_FOUND": "the pipeline or release was deleted while it was read"}
HEADER = Header(
    id="gcp.deploy_rollouts",
    title="Rollouts",
    kind="change",
    population="Every rollout of a release of Cloud Deploy that the project made within the last thirty days.",
    provider="gcp",
    per="member",
    calls=(
        Api(PIPELINES, ("clouddeploy.deliveryPipelines.list",),
            answers={"SERVICE_DISABLED": "Cloud Deploy is switched off in the project: it rolled out nothing"}),
        Api(RELEASES, ("clouddeploy.releases.list",), answers=GONE),
        Api(ROLLOUTS, ("clouddeploy.rollouts.list",), answers=GONE),
    ),
    keeps="P30D",
    limits=(
        "`reviewed` says whether the rollout needed an approval and got it; by whom Cloud Deploy does not tell.",
        "A rollout of an older release is not among them.",
        "Changes by other tools are not among them.",
    ),
)
OUTCOMES = {"SUCCEEDED": "completed", "FAILED": "failed", "APPROVAL_REJECTED": "aborted", "CANCELLED": "aborted",
            "HALTED": "aborted"}


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one change per rollout."""
    recent = f'createTime>="{written((run.started - BACK).replace(microsecond=0))}"'
    client = run.client
    for pipeline in client.read(PIPELINES, key="deliveryPipelines", parent=f"{client.parent}/locations/-"):
        for release in client.read(RELEASES, key="releases", parent=pipeline["name"], filter=recent, pageSize=1000):
            for item in client.population(ROLLOUTS, key="rollouts", parent=release["name"], pageSize=1000):
                yield Record(_row(release["name"], item), item)


def _row(release: str, item: dict[str, Any]) -> Change:
    return Change(
        f"//clouddeploy.googleapis.com/{item['name']}",
        reference=last(release),
        reviewed=item.get("approvalState") == "APPROVED",
        outcome=OUTCOMES.get(item.get("state", ""), "running"),
        occurred_at=instant(item.get("createTime")),
    )
