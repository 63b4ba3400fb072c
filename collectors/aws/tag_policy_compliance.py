"""Which resources bear other tags than the organization's tag policy asks of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

POLICY = "organizations.describe_effective_policy"
RESOURCES = "resourcegroupstaggingapi.get_resources"
HEADER = Header(
    id="aws.tag_policy_compliance",
    title="Compliance with the tag policy",
    kind="configuration",
    population="Every resource of the account in this region whose tags break the tag policy that holds for it, and "
    "whether one holds at all.",
    provider="aws",
    per="region",
    calls=(
        Api(POLICY, ("organizations:DescribeEffectivePolicy",), answers={
            "EffectivePolicyNotFoundException": "no tag policy holds for the account",
            "AWSOrganizationsNotInUseException": "the account belongs to no organization",
        }),
        Api(RESOURCES, ("tag:GetResources",)),
    ),
    limits=(
        "Like all of the tagging API it never sees a resource that has never had a tag.",
        "Where no tag policy holds, nothing breaks one: `tag_policy` says which it is.",
        "What the tags say of owner and classification is in aws.resource_tags.",
    ),
)
BROKEN = {
    "missing_keys": "MissingTagKeys",
    "misspelt_keys": "NoncompliantKeys",
    "keys_with_wrong_values": "KeysWithNoncompliantValues",
}


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield whether a policy holds, then what each resource that breaks it breaks."""
    policy = (run.client.ask(POLICY, PolicyType="TAG_POLICY") or {}).get("EffectivePolicy")
    yield Record(setting(arn(run, "tag", "policy"), "tag_policy", policy is not None), policy)
    broken = run.client.population(
        RESOURCES, key="ResourceTagMappingList", IncludeComplianceDetails=True, ExcludeCompliantResources=True,
        ResourcesPerPage=100,
    )
    for item in broken:
        details: dict[str, Any] = item.get("ComplianceDetails") or {}
        told = {"tag_policy_compliant": details.get("ComplianceStatus")} | {
            name: sorted(details.get(member) or ()) for name, member in BROKEN.items()
        }
        for name, value in told.items():
            yield Record(setting(item["ResourceARN"], name, value), item)
