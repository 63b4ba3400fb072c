"""Stored secrets without their values: whether they are renewed by themselves, when they were, and under which key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Configuration

SECRETS = "secretsmanager.list_secrets"
PARAMETERS = "ssm.describe_parameters"
HEADER = Header(
    id="aws.secrets",
    title="Stored secrets",
    kind="configuration",
    population="Every secret of Secrets Manager that is not marked for deletion, and every secure parameter of Systems "
    "Manager, in this region; never a value.",
    provider="aws",
    per="region",
    calls=(
        Api(SECRETS, ("secretsmanager:ListSecrets",)),
        Api(PARAMETERS, ("ssm:DescribeParameters",)),
    ),
    limits=(
        "A parameter that holds a secret in plain text is not known as one.",
        "Systems Manager renews no parameter by itself: a secure parameter has no `rotation_enabled`.",
        "`kms_key` is null where the service's own key (aws/secretsmanager) encrypts.",
        "`last_accessed_at` is a day, and null where a secret was never read.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield the settings of each secret and secure parameter."""
    for secret in run.client.population(SECRETS, key="SecretList", MaxResults=100):
        yield from _settings(secret["ARN"], secret, {
            "name": secret.get("Name"),
            "rotation_enabled": "true" if secret.get("RotationEnabled") else "false",  # absent: never switched on
            "owning_service": secret.get("OwningService"),
            "last_rotated_at": _time(secret.get("LastRotatedDate")),
            "last_changed_at": _time(secret.get("LastChangedDate")),
            "last_accessed_at": _time(secret.get("LastAccessedDate")),
            "kms_key": secret.get("KmsKeyId"),
        })
    secure = [{"Key": "Type", "Option": "Equals", "Values": ["SecureString"]}]
    for parameter in run.client.population(PARAMETERS, key="Parameters", ParameterFilters=secure, MaxResults=50):
        yield from _settings(_arn(parameter, run), parameter, {
            "name": parameter["Name"],
            "last_changed_at": _time(parameter.get("LastModifiedDate")),
            "kms_key": parameter.get("KeyId"),
        })


def _settings(arn: str, item: dict[str, Any], settings: dict[str, str | None]) -> Iterator[Record]:
    for setting, value in settings.items():
        yield Record(Configuration(f"{arn}#{setting}", resource=arn, setting=setting, value=value), item)


def _arn(parameter: dict[str, Any], run: Run[Aws]) -> str:
    """Return the parameter's ARN, made of its name where an older answer has none."""
    told = parameter.get("ARN")
    return told or f"arn:aws:ssm:{run.region}:{run.boundary.id}:parameter/{parameter['Name'].removeprefix('/')}"


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
