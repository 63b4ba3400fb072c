"""The rules and conformance packs of AWS Config: which there are, and whether they ran at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.config_rules",
    title="Rules and conformance packs of AWS Config",
    kind="configuration",
    population="Every rule and every conformance pack of AWS Config in this region, whether it ever ran or not.",
    provider="aws",
    per="region",
    calls=(
        Api("config.describe_config_rules", ("config:DescribeConfigRules",)),
        Api("config.describe_config_rule_evaluation_status", ("config:DescribeConfigRuleEvaluationStatus",)),
        Api("config.describe_conformance_packs", ("config:DescribeConformancePacks",)),
        Api("config.describe_conformance_pack_status", ("config:DescribeConformancePackStatus",)),
    ),
    limits=(
        "What the rules found is in aws.config_rule_compliance.",
        "A rule that runs on changes is judged anew only when something changes: its last evaluation may be old.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per rule and setting, then one per pack and setting."""
    ran = {
        one["ConfigRuleName"]: one
        for one in run.client.read("config.describe_config_rule_evaluation_status", key="ConfigRulesEvaluationStatus")
    }
    for rule in run.client.population("config.describe_config_rules", key="ConfigRules"):
        status = ran.get(rule["ConfigRuleName"], {})
        raw = [
            {"operation": "config.describe_config_rules", "item": rule},
            {"operation": "config.describe_config_rule_evaluation_status", "item": status},
        ]
        for name, value in _rule(rule, status).items():
            yield Record(setting(rule["ConfigRuleArn"], name, value), raw)
    states = {
        one["ConformancePackName"]: one
        for one in run.client.read("config.describe_conformance_pack_status", key="ConformancePackStatusDetails")
    }
    for pack in run.client.population("config.describe_conformance_packs", key="ConformancePackDetails"):
        state = states.get(pack["ConformancePackName"], {})
        for name, value in (("pack_state", state.get("ConformancePackState")),
                            ("pack_reason", state.get("ConformancePackStatusReason"))):
            yield Record(setting(pack["ConformancePackArn"], name, value), [
                {"operation": "config.describe_conformance_packs", "item": pack},
                {"operation": "config.describe_conformance_pack_status", "item": state},
            ])


def _rule(rule: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    source = rule.get("Source") or {}
    failed = status.get("LastErrorMessage") or status.get("LastErrorCode")
    return {
        "rule_state": rule.get("ConfigRuleState"),
        "rule_owner": source.get("Owner"),
        "rule_source": source.get("SourceIdentifier"),
        "created_by": rule.get("CreatedBy"),
        "last_evaluation_at": status.get("LastSuccessfulEvaluationTime"),
        "last_error": failed,
    }
