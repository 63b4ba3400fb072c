"""Access reviews of Entra: every decision, and every review in which nothing was decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import AccessReview
from collectors.entra._people import somebody
from collectors.entra._reviews import DEFINITIONS, INSTANCES, NEEDS, outcome, reviewed

DECISIONS = f"{INSTANCES}.item.decisions"

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

DECIDED = {"approve": "approved", "deny": "denied", "dontknow": "unknown", "notreviewed": "not_reviewed"}
APPLIED = {"appliedsuccessfully": True, "appliedsuccessfullybutobjectnotfound": True}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield the decisions of each instance; the instance or the review itself where it has none."""
    definitions = run.client.population(DEFINITIONS, top=100)
    for definition, instances in run.client.lists(
        INSTANCES, definitions, lambda one: (one["id"],), lambda _: {"top": 100}, population=True
    ):
        begun = False
        for instance, decisions in _decided(run, definition["id"], instances):
            begun, decided = True, False
            for decision in decisions:
                decided = True
                yield Record(_row(run, definition, instance, decision), _raw(definition, instance, decision))
            if not decided:
                yield Record(_bare(run, definition, instance), _raw(definition, instance))
        if not begun:
            yield Record(_bare(run, definition, {}), _raw(definition))


def _decided(
    run: Run[Graph], review: str, instances: Iterator[dict[str, Any]],
) -> Iterator[tuple[dict[str, Any], Iterator[dict[str, Any]]]]:
    """Yield the instances of a review, each with its decisions."""
    return run.client.lists(
        DECISIONS, instances, lambda one: (review, one["id"]), lambda _: {"top": 100}, population=True
    )


def _row(
    run: Run[Graph], definition: dict[str, Any], instance: dict[str, Any], decision: dict[str, Any],
) -> AccessReview:
    reviewer = somebody(decision.get("reviewedBy"))
    said = DECIDED.get(str(decision.get("decision")).lower(), "unknown")
    result = str(decision.get("applyResult") or "").lower()
    return AccessReview(
        decision["id"],
        reviewed=reviewed(definition, instance),
        reviewer=reviewer,
        principal=somebody(decision.get("principal")),
        decision=said if reviewer else "not_reviewed",
        applied=APPLIED.get(result, False) if result else None,
        outcome=outcome(run, instance),
        due_at=moment(instance.get("endDateTime")),
        occurred_at=moment(decision.get("reviewedDateTime")) or moment(instance.get("startDateTime")),
    )


def _bare(run: Run[Graph], definition: dict[str, Any], instance: dict[str, Any]) -> AccessReview:
    """Return the record of a review in which there is nothing to decide (yet)."""
    begun = moment(instance.get("startDateTime")) or moment(definition.get("createdDateTime"))
    return AccessReview(
        instance.get("id") or definition["id"],
        reviewed=reviewed(definition, instance),
        decision="not_reviewed",
        outcome=outcome(run, instance),
        due_at=moment(instance.get("endDateTime")),
        occurred_at=begun,
    )


def _raw(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    calls = (DEFINITIONS, INSTANCES, DECISIONS)[: len(parts)]
    return [{"operation": name, "item": item} for name, item in zip(calls, parts, strict=True)]
