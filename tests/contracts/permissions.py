"""Which IAM actions exist, without asking anyone: the operations of botocore's models, and what differs from them."""

from __future__ import annotations

import functools
from pathlib import Path

import botocore.session

# IAM's prefix of an action where it is neither the signing name nor the endpoint prefix of the service.
PREFIXES = {
    "tag": ("resourcegroupstaggingapi",),
    "sso": ("sso-admin",),
    "cloudwatch": ("cloudwatch",),
    "sso-directory": ("identitystore",),
    "s3": ("s3", "s3control"),
    "elasticfilesystem": ("efs",),
    "dax": ("dax",),
    "states": ("stepfunctions",),
    "access-analyzer": ("accessanalyzer",),
}
OTHERS = Path(__file__).parent / "permissions.txt"


@functools.cache
def _services() -> dict[str, tuple[str, ...]]:
    session = botocore.session.get_session()
    found: dict[str, set[str]] = {}
    for service in session.get_available_services():
        model = session.get_service_model(service)
        for prefix in {service, model.signing_name, model.endpoint_prefix}:
            found.setdefault(prefix, set()).add(service)
    return {prefix: tuple(services) for prefix, services in found.items()} | PREFIXES


@functools.cache
def _operations(service: str) -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_service_model(service).operation_names)


@functools.cache
def _others() -> frozenset[str]:
    lines = (line.partition("#")[0].strip() for line in OTHERS.read_text().splitlines())
    return frozenset(line for line in lines if line)


def exists(permission: str) -> bool:
    """Return whether IAM knows the action."""
    prefix, _, action = permission.partition(":")
    if permission in _others():
        return True
    return any(action in _operations(service) for service in PREFIXES.get(prefix) or _slow(prefix))


@functools.cache
def _slow(prefix: str) -> tuple[str, ...]:
    session = botocore.session.get_session()
    if prefix in session.get_available_services():
        return (prefix,)
    return _services().get(prefix, ())
