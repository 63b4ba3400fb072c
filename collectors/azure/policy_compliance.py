"""Whether resources comply with the policies that are assigned to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import GRAPH, Azure, moment
from agent.collector import Api, Header, Record, Run
from agent.model import Finding

HEADER = Header(
    id="azure.policy_compliance",
    title="Compliance with policies",
    kind="finding",
    population="Every latest state of a resource of the subscription under a policy that is assigned to it.",
    provider="azure",
    per="member",
    calls=(
        Api(GRAPH, (
            "Microsoft.ResourceGraph/resources/read", "Microsoft.PolicyInsights/policyStates/queryResults/read",
        )),
    ),
    limits=(
        "`occurred_at` is when Azure last judged: since when a resource has broken a policy it does not tell.",
        "Policies have no severity.",
        "Azure judges a resource anew within a day, or when it changes; a policy that is not assigned is not judged.",
    ),
)
QUERY = """policyresources
| where type =~ 'microsoft.policyinsights/policystates'
| project id, resource = tostring(properties.resourceId), state = tostring(properties.complianceState),
    assignment = tostring(properties.policyAssignmentName), assignmentId = tostring(properties.policyAssignmentId),
    definition = tostring(properties.policyDefinitionName),
    reference = tostring(properties.policyDefinitionReferenceId),
    groups = properties.policyDefinitionGroupNames, action = tostring(properties.policyDefinitionAction),
    at = tostring(properties.timestamp)
| order by id asc"""
STATES = {"noncompliant": "open", "compliant": "resolved", "exempt": "suppressed"}
"""What Azure says else (conflict, unknown, error) is none of these, and null."""


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one finding per resource and policy."""
    for item in run.client.population(GRAPH, query=QUERY):
        yield Record(_row(item), item)


def _row(item: dict[str, Any]) -> Finding:
    rule = item.get("reference") or item.get("definition")
    return Finding(
        item["id"],
        resource=item.get("resource"),
        title=": ".join(one for one in (item.get("assignment"), rule) if one),
        state=STATES.get(str(item.get("state")).lower()),
        source="azure policy",
        occurred_at=moment(item.get("at")),
    )
