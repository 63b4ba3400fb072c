"""Which resources comply with the rules of AWS Config, and which break them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Finding

GONE = {"NoSuchConfigRuleException": "the rule was deleted while it was read"}
HEADER = Header(
    id="aws.config_rule_compliance",
    title="Compliance with the rules of AWS Config",
    kind="finding",
    population="Every resource that a rule of AWS Config has judged here, and every rule that has judged none yet.",
    provider="aws",
    per="region",
    calls=(
        Api("config.describe_compliance_by_config_rule", ("config:DescribeComplianceByConfigRule",), answers=GONE),
        Api("config.get_compliance_details_by_config_rule", ("config:GetComplianceDetailsByConfigRule",), answers=GONE),
    ),
    limits=(
        "Without rules nothing is judged, and nothing is recorded.",
        "Config rates no severity: it is null.",
        "`occurred_at` is when Config recorded the last judgement, which a rule that runs by the clock renews.",
        "The rules of a conformance pack are among these; the pack's verdict as a whole is not read.",
        "A rule that has judged nothing yet has neither state nor time; one that applies to nothing here is left out.",
    ),
)
STATES = {"COMPLIANT": "resolved", "NON_COMPLIANT": "open", "NOT_APPLICABLE": "resolved"}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one finding per rule and resource, and one for a rule that has judged nothing yet."""
    rules = run.client.population("config.describe_compliance_by_config_rule", key="ComplianceByConfigRules")
    for rule in rules:
        name = rule["ConfigRuleName"]
        judged = False
        for result in run.client.population(
            "config.get_compliance_details_by_config_rule", key="EvaluationResults", ConfigRuleName=name, Limit=100,
        ):
            judged = True
            yield Record(_row(result), result)
        if not judged and (rule.get("Compliance") or {}).get("ComplianceType") == "NOT_APPLICABLE":
            run.skip("a rule that applies to nothing here")
        elif not judged:
            yield Record(Finding(name, title=name, source="config"), rule)


def _row(result: dict[str, Any]) -> Finding:
    identifier = result["EvaluationResultIdentifier"]
    what = identifier["EvaluationResultQualifier"]
    rule, resource = what["ConfigRuleName"], f"{what['ResourceType']}/{what['ResourceId']}"
    proactive = identifier.get("ResourceEvaluationId")
    return Finding(
        f"{rule}/{resource}{f'/{proactive}' if proactive else ''}",
        resource=resource,
        title=f"{rule}: {annotation}" if (annotation := result.get("Annotation")) else rule,
        state=STATES.get(result["ComplianceType"]),
        source="config",
        occurred_at=result["ResultRecordedTime"],
    )
