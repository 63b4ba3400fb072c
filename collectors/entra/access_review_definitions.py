"""Which reviews of access are planned, of what, by whom, how often, and what comes of their decisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from collectors.entra._people import somebody
from collectors.entra._reviews import DEFINITIONS, NEEDS
from collectors.entra._settings import setting

HEADER = Header(
    id="entra.access_review_definitions",
    title="Access reviews as they are planned",
    kind="configuration",
    population="The settings of every access review that is defined in the tenant.",
    provider="entra",
    per="boundary",
    calls=(Api(DEFINITIONS, NEEDS),),
    limits=(
        "Access reviews need Microsoft Entra ID P2 or Governance.",
        "Whom a query reaches is decided when a review starts; the query itself is told here.",
    ),
)


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield the settings of each review."""
    for definition in run.client.population(DEFINITIONS, top=100):
        for name, value in _settings(definition).items():
            yield Record(setting(definition["id"], name, value), definition)


def _settings(definition: dict[str, Any]) -> dict[str, Any]:
    found = definition.get("settings") or {}
    stages = definition.get("stageSettings") or []
    return {
        "name": definition.get("displayName"),
        "status": definition.get("status"),
        "reviewed": _queries([definition.get("instanceEnumerationScope"), definition.get("scope")]),
        "reviewers": _queries(definition.get("reviewers") or []) or _queries(
            [one for stage in stages for one in stage.get("reviewers") or []]),
        "fallback_reviewers": _queries(definition.get("fallbackReviewers") or []),
        "stages": len(stages),
        "recurrence": _recurrence(found.get("recurrence")),
        "days": found.get("instanceDurationInDays"),
        "applies_by_itself": found.get("autoApplyDecisionsEnabled"),
        "default_decision": found.get("defaultDecision") if found.get("defaultDecisionEnabled") else None,
        "justification_required": found.get("justificationRequiredOnApproval"),
        "reminds": found.get("reminderNotificationsEnabled"),
        "created_by": somebody(definition.get("createdBy")),
        "modified": definition.get("lastModifiedDateTime"),
    }


def _queries(scopes: list[dict[str, Any] | None]) -> list[str]:
    """Return the queries of scopes, those of their parts too, sorted, once each."""
    found = set()
    for scope in filter(None, scopes):
        found |= {str(scope["query"])} if scope.get("query") else set()
        parts = [*(scope.get("principalScopes") or []), *(scope.get("resourceScopes") or [])]
        found |= set(_queries(parts))
    return sorted(found)


def _recurrence(found: dict[str, Any] | None) -> str | None:
    """Return how often a review comes again, as `3 absoluteMonthly`; None for one that comes once."""
    pattern = (found or {}).get("pattern") or {}
    kind = pattern.get("type")
    return f"{pattern.get('interval') or 1} {kind}" if kind else None
