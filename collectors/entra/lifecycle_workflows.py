"""What was done by itself for those who joined, moved and left, and whether it worked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import LogEvent
from collectors.entra._people import somebody

WORKFLOWS = "identity_governance.lifecycle_workflows.workflows"
RESULTS = f"{WORKFLOWS}.item.user_processing_results"
NEEDS = ("LifecycleWorkflows.Read.All",)

HEADER = Header(
    id="entra.lifecycle_workflows",
    title="Workflows for joiners, movers and leavers",
    kind="log_event",
    population="Every user for whom a lifecycle workflow of the tenant ran, once for each time it ran.",
    provider="entra",
    per="boundary",
    calls=(Api(WORKFLOWS, NEEDS), Api(RESULTS, NEEDS)),
    limits=(
        "The tenant needs Microsoft Entra ID Governance.",
        "A workflow that never ran leaves no event; one that was deleted takes its history along.",
    ),
)
OUTCOMES = {
    "completed": "success", "failed": "failure", "completedwitherrors": "failure", "canceled": "cancelled",
    "inprogress": "running",
}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one event per user for whom a workflow ran."""
    workflows = run.client.read(WORKFLOWS)
    asked = {"expand": ["subject"]}
    for workflow, results in run.client.lists(
        RESULTS, workflows, lambda one: (one["id"],), lambda _: asked, population=True
    ):
        for result in results:
            if str(result.get("processingStatus")).lower() == "queued":
                run.skip("has not run yet")
                continue
            raw = [{"operation": WORKFLOWS, "item": workflow}, {"operation": RESULTS, "item": result}]
            yield Record(_row(workflow, result), raw)


def _row(workflow: dict[str, Any], result: dict[str, Any]) -> LogEvent:
    failed = result.get("failedTasksCount") or 0
    outcome = OUTCOMES.get(str(result.get("processingStatus")).lower())
    return LogEvent(
        result["id"],
        actor=workflow.get("displayName") or workflow["id"],
        action=workflow.get("category"),
        target=somebody(result.get("subject")),
        outcome="failure" if failed else outcome,
        occurred_at=next(filter(None, (moment(result.get(name)) for name in (
            "completedDateTime", "startedDateTime", "scheduledDateTime"))), None),
    )
