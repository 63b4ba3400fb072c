"""The least-privilege policy of a set of collectors, from their headers alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from agent.collector import Header

LIMIT = 6144
"""The most characters, without white space, that IAM takes in one managed policy."""
NEEDED = ("ec2:DescribeRegions", "sts:GetCallerIdentity")
"""What the client itself asks before any collector does."""


def policy(headers: Iterable[Header]) -> dict[str, Any]:
    """Return the IAM policy document that allows what the headers declare, one statement a service, sorted."""
    actions = sorted({*NEEDED, *(one for header in headers if header.provider == "aws" for one in header.permissions)})
    services: dict[str, list[str]] = {}
    for action in actions:
        services.setdefault(action.partition(":")[0], []).append(action)
    return _document(services.items())


def policies(headers: Iterable[Header]) -> list[dict[str, Any]]:
    """Return the same as documents that each fit into one managed policy."""
    split: list[list[tuple[str, list[str]]]] = [[]]
    for statement in policy(headers)["Statement"]:
        service = (statement["Action"][0].partition(":")[0], statement["Action"])
        if split[-1] and len(_dense(_document([*split[-1], service]))) > LIMIT:
            split.append([])
        split[-1].append(service)
    return [_document(services) for services in split]


def _document(services: Iterable[tuple[str, list[str]]]) -> dict[str, Any]:
    statements = [
        {"Sid": _sid(service), "Effect": "Allow", "Action": actions, "Resource": "*"} for service, actions in services
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _sid(service: str) -> str:
    return "".join(part.capitalize() for part in service.split("-"))


def _dense(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


def cloudformation(headers: Iterable[Header]) -> str:
    """Return a CloudFormation template (JSON, which it takes as well as YAML) with a role that may only read this."""
    documents = policies(list(headers))
    names = [f"Reads{number}" for number in range(1, len(documents) + 1)]
    managed = {
        name: {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
        for name, document in zip(names, documents, strict=True)
    }
    trusted = {"AWS": {"Ref": "AgentPrincipal"}}
    same = {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole", "Condition": same}
    role = {
        "RoleName": "annexa",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "ManagedPolicyArns": [{"Ref": name} for name in names],
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "What annexa may read",
        "Parameters": {"AgentPrincipal": {"Type": "String"}, "ExternalId": {"Type": "String"}},
        "Resources": {**managed, "Role": {"Type": "AWS::IAM::Role", "Properties": role}},
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }
    return json.dumps(template, indent=2) + "\n"


def terraform(headers: Iterable[Header]) -> str:
    """Return Terraform with a role that may only read this."""
    documents = policies(list(headers))
    blocks = [_TERRAFORM_ROLE]
    for number, document in enumerate(documents, 1):
        text = json.dumps(document, indent=2)
        blocks.append(
            f'resource "aws_iam_policy" "annexa_{number}" {{\n  name   = "annexa-{number}"\n'
            f"  policy = <<-JSON\n{text}\nJSON\n}}\n\n"
            f'resource "aws_iam_role_policy_attachment" "annexa_{number}" {{\n  role       = aws_iam_role.annexa.name\n'
            f"  policy_arn = aws_iam_policy.annexa_{number}.arn\n}}\n"
        )
    return "\n".join(blocks)


_TERRAFORM_ROLE = """variable "agent_principal" { type = string }
variable "external_id" { type = string }

resource "aws_iam_role" "annexa" {
  name = "annexa"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = var.agent_principal }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
    }]
  })
}
"""
