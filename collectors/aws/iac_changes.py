"""Changes of infrastructure through CloudFormation, and whether stacks drifted from their templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Change

STACKS = "cloudformation.list_stacks"
EVENTS = "cloudformation.describe_stack_events"
HEADER = Header(
    id="aws.iac_changes",
    title="Changes and drift of stacks",
    kind="change",
    population="Every change of a stack of CloudFormation in this region that came to an end, and of every stack that "
    "exists whether it drifted.",
    provider="aws",
    per="region",
    calls=(
        Api(STACKS, ("cloudformation:ListStacks",)),
        Api(EVENTS, ("cloudformation:DescribeStackEvents",)),
    ),
    cadence="P1D",
    keeps="P90D",
    limits=(
        "CloudFormation keeps events, and stacks that are deleted, for 90 days.",
        "Who made a change CloudFormation does not tell: `author` is null, and aws.cloudtrail_events has it.",
        "A change that was rolled back has the outcome failed; one that is under way is not told yet.",
        "Drift is as of its last detection, which somebody has to start; `outcome` null says that nobody did.",
        "Changes by Terraform or by hand are not among them: the last show as drift, if in a stack.",
    ),
)
DRIFT = {"DRIFTED": "drifted", "IN_SYNC": "in_sync"}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one change per ended change of each stack, and one that tells the drift of each that exists."""

    def ended(stack: dict[str, Any]) -> list[dict[str, Any]]:
        events = run.client.read(EVENTS, key="StackEvents", StackName=stack["StackId"])
        return [one for one in events if one.get("PhysicalResourceId") == stack["StackId"] and _outcome(one)]

    for stack, events in run.client.each(run.client.population(STACKS, key="StackSummaries"), ended, width=4):
        deleted = stack["StackStatus"] == "DELETE_COMPLETE"
        for event in events:
            yield Record(_change(event), event)
        if not deleted:
            yield Record(_drift(run, stack), stack)
        elif not events:
            run.skip("deleted, and its events are gone")


def _outcome(event: dict[str, Any]) -> str | None:
    """Return how the change ended, None where it did not."""
    status = event.get("ResourceStatus") or ""
    if status.endswith(("_FAILED", "ROLLBACK_COMPLETE")):
        return "failed"
    return "completed" if status.endswith("_COMPLETE") else None


def _change(event: dict[str, Any]) -> Change:
    return Change(
        f"{event['StackId']}#{event['EventId']}",
        reference=event["StackId"],
        outcome=_outcome(event),
        occurred_at=event["Timestamp"],
    )


def _drift(run: Run[Aws], stack: dict[str, Any]) -> Change:
    told = stack.get("DriftInformation") or {}
    outcome = DRIFT.get(told.get("StackDriftStatus", ""))
    return Change(
        f"{stack['StackId']}#drift",
        reference=stack["StackId"],
        outcome=outcome,
        occurred_at=(told.get("LastCheckTimestamp") if outcome else None) or run.started,
    )
