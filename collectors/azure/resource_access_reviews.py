"""Access reviews of the roles of Azure: every decision, and every review in which nothing was decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agent.clients.azure import Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import AccessReview

DEFINITIONS = "authorization.access_review_schedule_definitions.list"
INSTANCES = "authorization.access_review_instances.list"
DECISIONS = "authorization.access_review_instance_decisions.list"
NEEDS = ("Microsoft.Authorization/*/read",)
HEADER = Header(
    id="azure.resource_access_reviews",
    title="Access reviews of Azure's roles",
    kind="access_review",
    population="Every decision of every instance of every access review on the roles of the subscription, and one "
    "record for each instance, and each review without instances, in which there is nothing to decide yet.",
    provider="azure",
    per="member",
    calls=(Api(DEFINITIONS, NEEDS), Api(INSTANCES, NEEDS), Api(DECISIONS, NEEDS)),
    limits=(
        "Reviews of groups, applications and roles of the directory are in entra.access_reviews.",
        "Reviews of roles at a management group or a single resource are listed there, and not read.",
        "A decision that nobody made (a default, applied when the review ended) counts as not reviewed.",
        "The tenant needs Microsoft Entra ID P2 or Governance.",
    ),
)
NOBODY = "00000000-0000-0000-0000-000000000000"
"""What Azure puts where no one decided."""
DECIDED = {"approve": "approved", "deny": "denied", "dontknow": "unknown", "notreviewed": "not_reviewed",
           "notnotified": "not_reviewed"}
APPLIED = {"appliedsuccessfully": True, "appliedsuccessfullybutobjectnotfound": True}
OUTCOMES = {
    "completed": "completed", "autoreviewed": "completed", "applied": "completed",
    "inprogress": "in_progress", "starting": "in_progress", "completing": "in_progress",
    "autoreviewing": "in_progress", "applying": "in_progress",
    "notstarted": "not_started", "initializing": "not_started", "scheduled": "not_started",
}
Item = dict[str, Any]


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield the decisions of each instance; the instance or the review itself where it has none."""
    for definition in run.client.population(DEFINITIONS):
        begun = False
        for instance in run.client.population(INSTANCES, scheduleDefinitionId=definition["name"]):
            begun, decided = True, False
            place = {"scheduleDefinitionId": definition["name"], "id": instance["name"]}
            for decision in run.client.population(DECISIONS, **place):
                decided = True
                yield Record(_row(run, definition, instance, decision), _raw(definition, instance, decision))
            if not decided:
                yield Record(_bare(run, definition, instance), _raw(definition, instance))
        if not begun:
            yield Record(_bare(run, definition, {}), _raw(definition))


def _row(run: Run[Azure], definition: Item, instance: Item, decision: Item) -> AccessReview:
    said, held = decision.get("properties") or {}, instance.get("properties") or {}
    reviewer, principal = _people(said)
    word = DECIDED.get(str(said.get("decision")).lower(), "unknown")
    result = str(said.get("applyResult") or "").lower()
    return AccessReview(
        decision["id"],
        reviewed=_reviewed(definition, instance),
        reviewer=reviewer,
        principal=principal,
        decision=word if reviewer else "not_reviewed",
        applied=APPLIED.get(result, False) if result else None,
        outcome=_outcome(run, held),
        due_at=moment(held.get("endDateTime")),
        occurred_at=moment(said.get("reviewedDateTime")) or moment(held.get("startDateTime")),
    )


def _bare(run: Run[Azure], definition: Item, instance: Item) -> AccessReview:
    """Return the record of a review in which there is nothing to decide (yet)."""
    held = instance.get("properties") or {}
    return AccessReview(
        instance.get("id") or definition["id"],
        reviewed=_reviewed(definition, instance),
        decision="not_reviewed",
        outcome=_outcome(run, held),
        due_at=moment(held.get("endDateTime")),
        occurred_at=moment(held.get("startDateTime")) or _begins(definition),
    )


def _reviewed(definition: Item, instance: Item) -> str:
    """Return the name of the review with the id of its instance: the same for all decisions of the instance."""
    name = (definition.get("properties") or {}).get("displayName") or definition["name"]
    return f"{name} ({instance['name']})" if instance else str(name)


def _begins(definition: Item) -> datetime | None:
    settings = (definition.get("properties") or {}).get("settings") or {}
    return moment(((settings.get("recurrence") or {}).get("range") or {}).get("startDate"))


def _people(said: Item) -> tuple[str | None, str | None]:
    """Return who decided and about whom; who decided about themselves is named alike in both."""
    by, about = said.get("reviewedBy") or {}, said.get("principal") or {}
    principal = next((about[key] for key in ("userPrincipalName", "displayName", "id") if about.get(key)), None)
    if by.get("principalId") == NOBODY:
        return None, principal
    if by.get("principalId") and by["principalId"] == about.get("id"):
        return principal, principal
    named = ("userPrincipalName", "principalName", "principalId")
    return next((by[key] for key in named if by.get(key)), None), principal


def _outcome(run: Run[Azure], held: Item) -> str:
    """Return how far an instance is; an unknown status is noted, and taken for `in_progress`."""
    status = str(held.get("status") or "NotStarted")
    if status.lower() not in OUTCOMES:
        run.note(f"the status {status!r:.60} of a review is not known; it is taken for one that goes on")
    return OUTCOMES.get(status.lower(), "in_progress")


def _raw(*parts: Item) -> list[Item]:
    calls = (DEFINITIONS, INSTANCES, DECISIONS)[: len(parts)]
    return [{"operation": name, "item": item} for name, item in zip(calls, parts, strict=True)]
