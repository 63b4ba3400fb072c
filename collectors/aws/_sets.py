"""Permission sets of IAM Identity Center, and what each of them comes to."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from agent.clients.aws import Aws
from agent.collector import Api
from collectors.aws._policy import UNREAD, Judged, judged, together

CALLS = (
    Api("sso-admin.list_permission_sets", ("sso:ListPermissionSets",)),
    Api("sso-admin.describe_permission_set", ("sso:DescribePermissionSet",)),
    Api("sso-admin.list_managed_policies_in_permission_set", ("sso:ListManagedPoliciesInPermissionSet",)),
    Api("sso-admin.get_inline_policy_for_permission_set", ("sso:GetInlinePolicyForPermissionSet",)),
    Api(
        "sso-admin.list_customer_managed_policy_references_in_permission_set",
        ("sso:ListCustomerManagedPolicyReferencesInPermissionSet",),
    ),
    Api("iam.get_policy", ("iam:GetPolicy",), answers={"NoSuchEntity": "AWS has withdrawn the managed policy"}),
    Api("iam.get_policy_version", ("iam:GetPolicyVersion",), answers={"NoSuchEntity": "the version was replaced"}),
)
_REFERENCES = "sso-admin.list_customer_managed_policy_references_in_permission_set"


class PermissionSet(NamedTuple):
    """One permission set: its name, what it allows, and its parts as they were read."""

    arn: str
    name: str
    said: Judged
    raw: dict[str, Any]


def reader(client: Aws, instance: str) -> Callable[[str], PermissionSet]:
    """Return the function that reads a permission set by its ARN; a managed policy is read once."""
    known: dict[str, Judged] = {}

    def policy(arn: str) -> Judged:
        if arn not in known:
            known[arn] = _managed(client, arn)
        return known[arn]

    def read(arn: str) -> PermissionSet:
        of = {"InstanceArn": instance, "PermissionSetArn": arn}
        told = client.ask("sso-admin.describe_permission_set", **of) or {}
        key, call = "AttachedManagedPolicies", "sso-admin.list_managed_policies_in_permission_set"
        managed = list(client.read(call, key=key, **of))
        inline = (client.ask("sso-admin.get_inline_policy_for_permission_set", **of) or {}).get("InlinePolicy")
        theirs = list(client.read(_REFERENCES, key="CustomerManagedPolicyReferences", **of))
        said = [policy(one["Arn"]) for one in managed]
        said += [_parsed(inline)] if inline else []
        said += [UNREAD for _ in theirs]
        described = told.get("PermissionSet", {})
        raw = {**described, "ManagedPolicies": managed, "InlinePolicy": inline, "CustomerManagedPolicies": theirs}
        return PermissionSet(arn, described.get("Name", arn), together(said), raw)

    return read


def _managed(client: Aws, arn: str) -> Judged:
    """Return what a policy of AWS itself says, which every account may read."""
    answer = client.ask("iam.get_policy", PolicyArn=arn)
    if answer is None:
        return UNREAD
    version = client.ask("iam.get_policy_version", PolicyArn=arn, VersionId=answer["Policy"]["DefaultVersionId"])
    return judged(version["PolicyVersion"].get("Document")) if version else UNREAD


def _parsed(text: str) -> Judged:
    try:
        return judged(json.loads(text))
    except ValueError:
        return UNREAD
