"""Users whom Entra holds at risk, and what made it think so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Finding

USERS = "identity_protection.risky_users"
DETECTIONS = "identity_protection.risk_detections"
SOURCE = "Microsoft Entra ID Protection"

HEADER = Header(
    id="entra.risk",
    title="Users at risk",
    kind="finding",
    population="Every user of the tenant who is or was at risk, and every detection of a risk that Entra still keeps.",
    provider="entra",
    per="boundary",
    calls=(Api(USERS, ("IdentityRiskyUser.Read.All",)), Api(DETECTIONS, ("IdentityRiskEvent.Read.All",))),
    keeps="P30D",
    limits=(
        "The tenant needs Microsoft Entra ID P2; with P1 the level of a risk is hidden, and `severity` null.",
        "Workload identities at risk are not among them.",
        "Graph takes one request a second for all applications of the tenant.",
    ),
)
STATES = {
    "atrisk": "open", "confirmedcompromised": "open", "remediated": "resolved", "confirmedsafe": "resolved",
    "none": "resolved", "dismissed": "suppressed",
}
LEVELS = {"high": "high", "medium": "medium", "low": "low", "none": "informational"}


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one finding per user, then one per detection."""
    for user in run.client.population(USERS, top=500):
        yield Record(_row(user, "user at risk", user.get("riskLastUpdatedDateTime")), user)
    for risk in run.client.population(DETECTIONS, top=500):
        yield Record(_row(risk, risk.get("riskEventType"), risk.get("detectedDateTime")), risk)


def _row(found: dict[str, Any], title: str | None, at: str | None) -> Finding:
    return Finding(
        found["id"],
        resource=found.get("userPrincipalName") or found.get("userId") or found.get("userDisplayName"),
        title=title,
        severity=LEVELS.get(str(found.get("riskLevel")).lower()),
        state=STATES.get(str(found.get("riskState")).lower()),
        source=SOURCE,
        occurred_at=moment(at),
    )
