"""Each time that a review of access was held: when it was due, how far it is, and who was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import AccessReview
from collectors.entra._people import somebody
from collectors.entra._reviews import DEFINITIONS, INSTANCES, NEEDS, outcome, reviewed

CONTACTED = f"{INSTANCES}.item.contacted_reviewers"
STAGES = f"{INSTANCES}.item.stages"

HEADER = Header(
    id="entra.access_review_instances",
    title="Access reviews as they are held",
    kind="access_review",
    population="Every instance of every access review of the tenant with the reviewers who were asked, and every "
    "stage of those that have stages.",
    provider="entra",
    per="boundary",
    calls=(Api(DEFINITIONS, NEEDS), Api(INSTANCES, NEEDS), Api(CONTACTED, NEEDS), Api(STAGES, NEEDS)),
    limits=("What was decided is in `entra.access_reviews`: `decision` is null here.",),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one record per instance, then one per stage of it."""
    definitions = run.client.read(DEFINITIONS, top=100)
    for definition, instances in run.client.lists(
        INSTANCES, definitions, lambda one: (one["id"],), lambda _: {"top": 100}, population=True
    ):
        for instance, asked in _asked(run, definition["id"], instances):
            reviewers = list(asked)
            raw = [{"operation": DEFINITIONS, "item": definition}, {"operation": INSTANCES, "item": instance}]
            row = _row(run, instance, reviewed(definition, instance), instance, reviewers)
            yield Record(row, [*raw, *({"operation": CONTACTED, "item": one} for one in reviewers)])
            if definition.get("stageSettings"):
                for number, stage in enumerate(run.client.population(STAGES, definition["id"], instance["id"]), 1):
                    name = f"{reviewed(definition, instance)}, stage {number}"
                    yield Record(_row(run, stage, name, instance, []), [*raw, {"operation": STAGES, "item": stage}])


def _asked(
    run: Run[Graph], review: str, instances: Iterator[dict[str, Any]],
) -> Iterator[tuple[dict[str, Any], Iterator[dict[str, Any]]]]:
    """Yield the instances of a review, each with the reviewers who were asked."""
    return run.client.lists(CONTACTED, instances, lambda one: (review, one["id"]))


def _row(
    run: Run[Graph], part: dict[str, Any], name: str, instance: dict[str, Any], reviewers: list[dict[str, Any]],
) -> AccessReview:
    names = sorted(filter(None, (somebody(one) for one in reviewers)))
    return AccessReview(
        part["id"],
        reviewed=name,
        reviewer=", ".join(names) or None,
        outcome=outcome(run, part),
        due_at=moment(part.get("endDateTime") or instance.get("endDateTime")),
        occurred_at=moment(part.get("startDateTime")) or moment(instance.get("startDateTime")),
    )
