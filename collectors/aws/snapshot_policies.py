"""Policies of Data Lifecycle Manager: whether the snapshots and images that they should make are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

LIST, READ = "dlm.get_lifecycle_policies", "dlm.get_lifecycle_policy"
HEADER = Header(
    id="aws.snapshot_policies",
    title="Policies that make snapshots and images",
    kind="configuration",
    population="Every policy of Data Lifecycle Manager in this region, at work, switched off or in error, with what it "
    "makes snapshots or images of.",
    provider="aws",
    per="region",
    calls=(
        Api(LIST, ("dlm:GetLifecyclePolicies",)),
        Api(READ, ("dlm:GetLifecyclePolicy",),
            answers={"ResourceNotFoundException": "the policy was deleted while it was read"}),
    ),
    limits=(
        "What a policy made is in aws.ebs_snapshots and aws.machine_images, not here.",
        "A policy names tags: which volumes and servers bear them is not asked.",
        "How often it makes one, and how long that is kept, is in the artifact: `schedules` counts how many there are.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per policy and setting."""

    def whole(policy: dict[str, Any]) -> dict[str, Any] | None:
        return run.client.ask(READ, PolicyId=policy["PolicyId"])

    for listed, answer in run.client.each(run.client.population(LIST, key="Policies"), whole):
        if answer is None:
            run.skip("deleted while it was read")
            continue
        policy = answer["Policy"]
        raw = [{"operation": LIST, "item": listed}, {"operation": READ, "item": policy}]
        place = policy.get("PolicyArn") or arn(run, "dlm", f"policy/{policy['PolicyId']}")
        for name, value in _settings(policy).items():
            yield Record(setting(place, name, value), raw)


def _settings(policy: dict[str, Any]) -> dict[str, Any]:
    details = policy.get("PolicyDetails") or {}
    return {
        "state": policy.get("State"),
        "status_message": policy.get("StatusMessage"),
        "policy_type": details.get("PolicyType"),
        "resource_types": sorted(details.get("ResourceTypes") or [one for one in [details.get("ResourceType")] if one]),
        "target_tags": sorted(f"{tag['Key']}={tag['Value']}" for tag in details.get("TargetTags") or ()),
        "schedules": len(details.get("Schedules") or ()),
    }
