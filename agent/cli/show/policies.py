"""The least privilege that collectors need, as the provider's own policy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from agent.collector import Header

LARGEST = 6144
"""The most characters of an AWS managed policy, blanks not counted."""


def aws(headers: Iterable[Header]) -> dict[str, Any]:
    """Return an IAM policy that allows what the collectors declare, one statement a service."""
    services: dict[str, set[str]] = {}
    for header in headers:
        for permission in header.permissions:
            services.setdefault(permission.partition(":")[0], set()).add(permission)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Annexa" + "".join(part.capitalize() for part in service.split("-")), "Effect": "Allow",
             "Action": sorted(actions), "Resource": "*"}
            for service, actions in sorted(services.items())
        ],
    }


def text(policy: dict[str, Any]) -> bytes:
    """Return the policy as indented JSON."""
    return f"{json.dumps(policy, indent=2)}\n".encode()


def size(policy: dict[str, Any]) -> int:
    """Return how many characters the provider counts."""
    return len(json.dumps(policy, separators=(",", ":")))
