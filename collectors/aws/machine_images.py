"""The account's own machine images: what its servers are made from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Asset
from collectors.aws._arn import arn
from collectors.aws._tags import classification, environment, owner, tags_of
from collectors.aws._times import instant

HEADER = Header(
    id="aws.machine_images",
    title="Machine images of the account",
    kind="asset",
    population="Every machine image that the account owns in this region, the deprecated and disabled ones included.",
    provider="aws",
    per="region",
    calls=(Api("ec2.describe_images", ("ec2:DescribeImages",)),),
    limits=(
        "Images of others that servers are made from are not among them: aws.ec2_settings tells whose they are.",
        "Whether an image is open to the public is in aws.rds_snapshot_exposure.",
        "An image that was deregistered is gone, though servers made from it may still run.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one asset per image."""
    images = run.client.population(
        "ec2.describe_images", key="Images", Owners=["self"], IncludeDeprecated=True, IncludeDisabled=True,
        MaxResults=1000,
    )
    for image in images:
        yield Record(_row(run, image), image)


def _row(run: Run[Aws], image: dict[str, Any]) -> Asset:
    tags = tags_of(image.get("Tags"))
    return Asset(
        arn(run, "ec2", f"image/{image['ImageId']}", account=""),
        name=tags.get("Name") or image.get("Name"),
        type="AWS::EC2::Image",
        provider="aws",
        region=run.region,
        owner=owner(tags),
        classification=classification(tags),
        environment=environment(tags),
        created_at=instant(image.get("CreationDate")),
        state=image.get("State"),
        tags=tags,
    )
