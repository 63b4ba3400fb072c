"""How Microsoft Defender for Cloud measures the subscription: its score, and the standards it holds it against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._answers import GONE, UNREGISTERED
from collectors.azure._settings import setting

SCORES = "security.secure_scores.list"
STANDARDS = "security.regulatory_compliance_standards.list"
CONTROLS = "security.regulatory_compliance_controls.list"
HEADER = Header(
    id="azure.defender_compliance",
    title="Scores of Defender for Cloud",
    kind="configuration",
    population="Every standard that Defender for Cloud measures in the subscription, its controls, and the score.",
    provider="azure",
    per="member",
    calls=(
        Api(SCORES, ("Microsoft.Security/secureScores/read",), answers=UNREGISTERED),
        Api(STANDARDS, ("Microsoft.Security/*/read",), answers=UNREGISTERED),
        Api(CONTROLS, ("Microsoft.Security/*/read",), answers=GONE),
    ),
    limits=(
        "What Defender measures of a control is a part of it: a control that passed here is not fulfilled by that.",
        "Standards beside the cloud security benchmark need a plan that is paid for.",
        "What failed, resource by resource, is in azure.defender_assessments.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per score, standard or control and setting."""

    def controls(standard: dict[str, Any]) -> list[dict[str, Any]]:
        return list(run.client.read(CONTROLS, regulatoryComplianceStandardName=standard["name"]))

    for score in run.client.population(SCORES):
        said = (score.get("properties") or {}).get("score") or {}
        share = said.get("percentage")
        yield Record(setting(score["id"], "score_percent", None if share is None else round(share * 100, 2)), score)
    for standard, found in run.client.each(run.client.population(STANDARDS), controls, width=4):
        for name, value in _standard(standard.get("properties") or {}).items():
            yield Record(setting(standard["id"], name, value), standard)
        for control in found:
            raw = [{"operation": STANDARDS, "item": standard}, {"operation": CONTROLS, "item": control}]
            for name, value in _control(control.get("properties") or {}).items():
                yield Record(setting(control["id"], name, value), raw)


def _standard(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "standard_state": said.get("state"),
        "controls_failed": said.get("failedControls"),
        "controls_passed": said.get("passedControls"),
    }


def _control(said: dict[str, Any]) -> dict[str, Any]:
    return {"control_state": said.get("state"), "assessments_failed": said.get("failedAssessments")}
