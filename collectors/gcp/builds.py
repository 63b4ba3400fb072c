"""Builds of Cloud Build, with the approvals that they asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Change
from collectors.gcp._times import instant, written

CALL = "cloudbuild.projects.builds.list"
BACK = timedelta(days=30)
HEADER = Header(
    id="gcp.builds",
    title="Builds",
    kind="change",
    population="Every build of Cloud Build that the project began within the last thirty days.",
    provider="gcp",
    per="member",
    calls=(
        Api(CALL, ("cloudbuild.builds.list",),
            answers={"SERVICE_DISABLED": "Cloud Build is switched off in the project: it built nothing"}),
    ),
    keeps="P30D",
    limits=(
        "`reviewed` says whether the build asked for an approval and got it; null where it asks for none.",
        "A review of the code before the build (a pull request) is not seen.",
        "Builds in pools of one region are not among them.",
        "Values of substitutions and environments, which may be secrets, are not kept.",
    ),
)
OUTCOMES = {"SUCCESS": "completed", "FAILURE": "failed", "INTERNAL_ERROR": "failed", "TIMEOUT": "failed",
            "EXPIRED": "failed", "CANCELLED": "aborted"}
KEPT = ("id", "name", "projectId", "status", "createTime", "startTime", "finishTime", "buildTriggerId", "approval",
        "source", "sourceProvenance", "results", "images", "tags", "serviceAccount", "logUrl")


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one change per build."""
    since = written((run.started - BACK).replace(microsecond=0))
    found = run.client.population(
        CALL, key="builds", projectId=run.client.project, filter=f'create_time>="{since}"', pageSize=1000,
    )
    for item in found:
        yield Record(_row(run.client.project, item), {name: item[name] for name in KEPT if name in item})


def _row(project: str, item: dict[str, Any]) -> Change:
    approval = item.get("approval") or {}
    return Change(
        f"//cloudbuild.googleapis.com/projects/{project}/builds/{item['id']}",
        reference=_commit(item),
        approver=(approval.get("result") or {}).get("approverAccount"),
        reviewed=approval.get("state") == "APPROVED" if approval else None,
        outcome=OUTCOMES.get(item.get("status", ""), "running"),
        occurred_at=instant(item.get("createTime")),
    )


def _commit(item: dict[str, Any]) -> str | None:
    """Return the commit that was built, where the build tells it."""
    told: str | None = (item.get("substitutions") or {}).get("COMMIT_SHA")
    resolved = (item.get("sourceProvenance") or {}).get("resolvedRepoSource") or {}
    return told or resolved.get("commitSha")
