"""Access reviews of Entra: every decision, and every review in which nothing was decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import AccessReview
from collectors.entra._people import somebody

DEFINITIONS = "identity_governance.access_reviews.definitions"
INSTANCES = f"{DEFINITIONS}.item.instances"
DECISIONS = f"{INSTANCES}.item.decisions"
NEEDS = ("AccessReview.Read.All",)

HEADER = Header(
    id="entra.access_reviews",
    title="Access reviews with their decisions",
    kind="access_review",
    population="Every decision of every instance of every access review of the tenant, and one record for each "
    "instance, and each review without instances, in which there is nothing to decide yet.",
    provider="entra",
    per="boundary",
    calls=(Api(DEFINITIONS, NEEDS), Api(INSTANCES, NEEDS), Api(DECISIONS, NEEDS)),
    limits=(
        "Reviews of Azure resource roles are kept by Azure, not by Microsoft Graph.",
        "A decision that nobody made (a default, applied when the review ended) counts as not reviewed.",
    ),
)

OUTCOMES = {
    "completed": "completed", "autoreviewed": "completed", "applied": "completed",
    "inprogress": "in_progress", "starting": "in_progress", "completing": "in_progress",
    "autoreviewing": "in_progress", "applying": "in_progress",
    "notstarted": "not_started", "initializing": "not_started",
}
DECIDED = {"approve": "approved", "deny": "denied", "dontknow": "unknown", "notreviewed": "not_reviewed"}
APPLIED = {"appliedsuccessfully": True, "appliedsuccessfullybutobjectnotfound": True}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield the decisions of each instance; the instance or the review itself where it has none."""
    for definition in run.client.population(DEFINITIONS, top=100):
        begun = False
        for instance in run.client.population(INSTANCES, definition["id"], top=100):
            begun, decided = True, False
            for decision in run.client.population(DECISIONS, definition["id"], instance["id"], top=100):
                decided = True
                yield Record(_row(run, definition, instance, decision), _raw(definition, instance, decision))
            if not decided:
                yield Record(_bare(run, definition, instance), _raw(definition, instance))
        if not begun:
            yield Record(_bare(run, definition, {}), _raw(definition))


def _row(
    run: Run[Graph], definition: dict[str, Any], instance: dict[str, Any], decision: dict[str, Any],
) -> AccessReview:
    reviewer = somebody(decision.get("reviewedBy"))
    said = DECIDED.get(str(decision.get("decision")).lower(), "unknown")
    result = str(decision.get("applyResult") or "").lower()
    return AccessReview(
        decision["id"],
        reviewed=_reviewed(definition, instance),
        reviewer=reviewer,
        principal=somebody(decision.get("principal")),
        decision=said if reviewer else "not_reviewed",
        applied=APPLIED.get(result, False) if result else None,
        outcome=_outcome(run, instance),
        due_at=moment(instance.get("endDateTime")),
        occurred_at=moment(decision.get("reviewedDateTime")) or moment(instance.get("startDateTime")),
    )


def _bare(run: Run[Graph], definition: dict[str, Any], instance: dict[str, Any]) -> AccessReview:
    """Return the record of a review in which there is nothing to decide (yet)."""
    begun = moment(instance.get("startDateTime")) or moment(definition.get("createdDateTime"))
    return AccessReview(
        instance.get("id") or definition["id"],
        reviewed=_reviewed(definition, instance),
        decision="not_reviewed",
        outcome=_outcome(run, instance),
        due_at=moment(instance.get("endDateTime")),
        occurred_at=begun,
    )


def _reviewed(definition: dict[str, Any], instance: dict[str, Any]) -> str:
    """Return the name of the review with the id of its instance: it is the same for all decisions of the instance."""
    name = definition.get("displayName") or definition["id"]
    return f"{name} ({instance['id']})" if instance else str(name)


def _outcome(run: Run[Graph], instance: dict[str, Any]) -> str:
    status = str(instance.get("status") or "NotStarted")
    if status.lower() not in OUTCOMES:
        run.note(f"the status {status!r:.60} of a review is not known; it is taken for one that goes on")
    return OUTCOMES.get(status.lower(), "in_progress")


def _raw(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    calls = (DEFINITIONS, INSTANCES, DECISIONS)[: len(parts)]
    return [{"operation": name, "item": item} for name, item in zip(calls, parts, strict=True)]
