"""The least-privilege policy, as a document, as CloudFormation and as Terraform."""

from __future__ import annotations

import json
import re

from agent.clients.aws.policy import LIMIT, cloudformation, policies, policy, terraform
from agent.collector import Api, Header
from agent.registry import Registry


def header(*permissions: str, provider: str = "aws") -> Header:
    return Header(
        id=f"{provider}.x", title="X", kind="asset", population="Every x of the account there is.", provider=provider,
        per="region", calls=(Api("x.y", permissions),),
    )


def test_one_statement_a_service_sorted_without_doubles() -> None:
    found = policy([header("s3:ListAllMyBuckets", "iam:ListUsers"), header("iam:GetUser", "iam:ListUsers"),
                    header("compute.instances.list", provider="gcp")])
    assert found == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Ec2", "Effect": "Allow", "Action": ["ec2:DescribeRegions"], "Resource": "*"},
            {"Sid": "Iam", "Effect": "Allow", "Action": ["iam:GetUser", "iam:ListUsers"], "Resource": "*"},
            {"Sid": "S3", "Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*"},
            {"Sid": "Sts", "Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": "*"},
        ],
    }


def test_sids_are_what_iam_takes() -> None:
    assert [one["Sid"] for one in policy([header("access-analyzer:ListAnalyzers", "resource-explorer-2:Search")])[
        "Statement"]] == ["AccessAnalyzer", "Ec2", "ResourceExplorer2", "Sts"]


def test_documents_fit_into_managed_policies_and_lose_nothing() -> None:
    many = [header(*(f"svc{number}:Operation{n}" for n in range(40))) for number in range(30)]
    split = policies(many)
    assert len(split) > 1
    assert all(len(json.dumps(one, separators=(",", ":"))) <= LIMIT for one in split)
    together = [action for one in split for statement in one["Statement"] for action in statement["Action"]]
    assert sorted(together) == sorted(set(together))
    assert set(together) == {f"svc{s}:Operation{n}" for s in range(30) for n in range(40)} | {
        "ec2:DescribeRegions", "sts:GetCallerIdentity",
    }


def test_templates_hold_the_same_actions() -> None:
    headers = Registry.load().headers()
    wanted = {action for one in policy(headers)["Statement"] for action in one["Action"]}
    template = json.loads(cloudformation(headers))
    managed = [one for one in template["Resources"].values() if one["Type"] == "AWS::IAM::ManagedPolicy"]
    assert {
        action for one in managed for statement in one["Properties"]["PolicyDocument"]["Statement"]
        for action in statement["Action"]
    } == wanted
    text = terraform(headers)
    documents = [json.loads(one) for one in re.findall(r"<<-JSON\n(.*?)\nJSON", text, re.DOTALL)]
    assert {a for one in documents for statement in one["Statement"] for a in statement["Action"]} == wanted


def test_nothing_in_it_writes() -> None:
    writes = re.compile(r":(Put|Delete|Create|Update|Modify|Attach|Detach|Set|Add|Remove|Terminate|Stop|Run)")
    actions = [action for one in policy(Registry.load().headers())["Statement"] for action in one["Action"]]
    assert len(actions) > 100
    assert not [action for action in actions if writes.search(action)]
