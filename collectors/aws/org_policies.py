"""Policies of the organization: which sorts are switched on, what each policy says, and what it is attached to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Configuration

ROOTS = "organizations.list_roots"
POLICIES = "organizations.list_policies"
CONTENT = "organizations.describe_policy"
TARGETS = "organizations.list_targets_for_policy"
HEADER = Header(
    id="aws.org_policies",
    title="Policies of the organization",
    kind="configuration",
    population="Every policy of the organization, of each sort that its root has switched on, attached or not, and "
    "which sorts those are.",
    provider="aws",
    per="organization",
    calls=(
        Api(
            ROOTS,
            ("organizations:ListRoots",),
            answers={"AWSOrganizationsNotInUseException": "the account belongs to no organization"},
        ),
        Api(POLICIES, ("organizations:ListPolicies",)),
        Api(CONTENT, ("organizations:DescribePolicy",)),
        Api(TARGETS, ("organizations:ListTargetsForPolicy",)),
    ),
    limits=(
        "A policy of a sort that is switched off has no effect, and is not listed.",
        "What holds for an account in the end, through its organizational units, is not worked out.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield the settings of the roots, and of each policy of each sort."""
    client = run.client
    sorts: set[str] = set()
    for root in client.population(ROOTS, key="Roots"):
        on = sorted(one["Type"] for one in root.get("PolicyTypes") or () if one["Status"] == "ENABLED")
        sorts.update(on)
        yield Record(_row(root["Arn"], "policy_types", json.dumps(on)), {"operation": ROOTS, "item": root})
    for sort in sorted(sorts):
        policies = client.population(POLICIES, key="Policies", Filter=sort)
        for policy, (content, targets) in client.each(policies, lambda policy: _about(client, policy["Id"])):
            yield from _settings(policy, content, targets)


def _about(client: Aws, policy: str) -> tuple[str | None, list[dict[str, Any]]]:
    answer = client.ask(CONTENT, PolicyId=policy) or {}
    return answer.get("Policy", {}).get("Content"), list(client.read(TARGETS, key="Targets", PolicyId=policy))


def _settings(policy: dict[str, Any], content: str | None, targets: list[dict[str, Any]]) -> Iterator[Record]:
    said = {
        "name": policy.get("Name"),
        "policy_type": policy.get("Type"),
        "content": content,
        "targets": json.dumps(sorted(one["TargetId"] for one in targets)),
    }
    raw = {
        POLICIES: policy,
        CONTENT: {"Content": content},
        TARGETS: targets,
    }
    for setting, value in said.items():
        yield Record(_row(policy["Arn"], setting, value), [{"operation": k, "item": v} for k, v in raw.items()])


def _row(arn: str, setting: str, value: str | None) -> Configuration:
    return Configuration(f"{arn}#{setting}", resource=arn, setting=setting, value=value)
