"""The regions of AWS that this version knows, for a warning where a name is nearly one of them."""

from __future__ import annotations

from collections.abc import Iterator

from agent.config.model import Config
from agent.config.scopes import AwsScope
from agent.nearest import nearest

KNOWN = frozenset({
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
    "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1",
    "eu-central-2", "eu-isoe-west-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2",
    "eu-west-3", "eusc-de-east-1", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
    "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1", "us-iso-west-1", "us-isob-east-1",
    "us-isob-west-1", "us-isof-east-1", "us-isof-south-1", "us-west-1", "us-west-2",
})
"""Source: the partitions of botocore's `endpoints.json`, of every partition of AWS."""


def doubts(config: Config) -> Iterator[str]:
    """Yield one line for each region that is nearly a known one; it may as well be newer than this version."""
    for number, scope in enumerate(config.scopes):
        for i, region in enumerate(scope.regions if isinstance(scope, AwsScope) else ()):
            if region not in KNOWN and (near := nearest(region, KNOWN)):
                place = config.places.get(f"scopes[{number}].regions[{i}]")
                yield f"{place}: this version knows no AWS region {region!r}. Did you mean {near}?"
