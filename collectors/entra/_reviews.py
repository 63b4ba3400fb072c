"""Reviews of access as Graph tells them: their names, and how far they are."""

from __future__ import annotations

from typing import Any

from agent.clients.entra import Graph
from agent.collector import Run

DEFINITIONS = "identity_governance.access_reviews.definitions"
INSTANCES = f"{DEFINITIONS}.item.instances"
NEEDS = ("AccessReview.Read.All",)
OUTCOMES = {
    "completed": "completed", "autoreviewed": "completed", "applied": "completed",
    "inprogress": "in_progress", "starting": "in_progress", "completing": "in_progress",
    "autoreviewing": "in_progress", "applying": "in_progress",
    "notstarted": "not_started", "initializing": "not_started",
}


def reviewed(definition: dict[str, Any], instance: dict[str, Any]) -> str:
    """Return the name of the review with the id of its instance: it is the same for all decisions of the instance."""
    name = definition.get("displayName") or definition["id"]
    return f"{name} ({instance['id']})" if instance else str(name)


def outcome(run: Run[Graph], part: dict[str, Any]) -> str:
    """Return how far an instance or a stage of a review is; an unknown status is noted, and taken for `in_progress`."""
    status = str(part.get("status") or "NotStarted")
    if status.lower() not in OUTCOMES:
        run.note(f"the status {status!r:.60} of a review is not known; it is taken for one that goes on")
    return OUTCOMES.get(status.lower(), "in_progress")
