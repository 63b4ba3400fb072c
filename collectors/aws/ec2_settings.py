"""How servers of EC2 are set up: their metadata, their public addresses, their images, and since when they are off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting
from collectors.aws._times import instant

SERVERS = "ec2.describe_instances"
IMAGES = "ec2.describe_images"
HEADER = Header(
    id="aws.ec2_settings",
    title="Settings of EC2 instances",
    kind="configuration",
    population="Every EC2 instance of the account in this region that is not terminated, with whether its metadata is "
    "guarded, its public addresses, the age and owner of its image, and since when it is stopped.",
    provider="aws",
    per="region",
    calls=(
        Api(SERVERS, ("ec2:DescribeInstances",)),
        Api(IMAGES, ("ec2:DescribeImages",)),
    ),
    limits=(
        "Of an image that is gone, or no longer shared with the account, only the id is known.",
        "`image_deprecated_at` is what the image's owner set; without it the age alone says how old the image is.",
        "What was installed since the server was made from its image is not seen: aws.patch_compliance tells.",
        "`stopped_since` is read from a text of EC2, which may forget it: it is null then, as of a running server.",
        "`public_addresses` are those of IPv4; whether anything answers there, aws.network_segmentation tells.",
    ),
)
THERE = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
BATCH = 100
"""Servers of a page: their images, no more than as many, go into one filter, which takes 200 values."""
STOPPED = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) GMT\)")


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per server and setting; without those of its image where the images may not be read."""

    def images(servers: list[dict[str, Any]]) -> dict[str, dict[str, Any]] | None:
        ids = sorted({server["ImageId"] for server in servers if server.get("ImageId")})
        wanted = [{"Name": "image-id", "Values": ids}]
        found = run.client.read(IMAGES, key="Images", Filters=wanted, IncludeDeprecated=True, IncludeDisabled=True,
                                MaxResults=1000) if ids else ()
        return {image["ImageId"]: image for image in found}

    pages = run.client.population(SERVERS, key=_page, Filters=THERE, MaxResults=BATCH)
    for servers, known in run.client.each(pages, images, width=4, unread=None):
        for server in servers:
            image = None if known is None else known.get(server.get("ImageId", ""), {})
            raw = [{"operation": SERVERS, "item": server}, {"operation": IMAGES, "item": image}]
            place = arn(run, "ec2", f"instance/{server['InstanceId']}")
            for name, value in (_server(server) | ({} if image is None else _image(image))).items():
                yield Record(setting(place, name, value), raw)


def _page(page: dict[str, Any]) -> list[list[dict[str, Any]]]:
    servers = [server for one in page.get("Reservations") or () for server in one.get("Instances") or ()]
    return [servers] if servers else []


def _server(server: dict[str, Any]) -> dict[str, Any]:
    return {
        "state": (server.get("State") or {}).get("Name"),
        "stopped_since": _stopped(server),
        "imds_v1_allowed": _unguarded(server.get("MetadataOptions") or {}),
        "public_addresses": sorted(_public(server)),
        "instance_profile": (server.get("IamInstanceProfile") or {}).get("Arn"),
        "image": server.get("ImageId"),
    }


def _image(image: dict[str, Any]) -> dict[str, Any]:
    return {
        "image_created_at": instant(image.get("CreationDate")),
        "image_deprecated_at": instant(image.get("DeprecationTime")),
        "image_owner": image.get("ImageOwnerAlias") or image.get("OwnerId"),
    }


def _unguarded(options: dict[str, Any]) -> bool | None:
    """Return whether the metadata answers who brings no token; None where EC2 does not tell."""
    if options.get("HttpEndpoint") == "disabled":
        return False
    tokens = options.get("HttpTokens")
    return None if tokens is None else tokens != "required"


def _public(server: dict[str, Any]) -> set[str]:
    interfaces = server.get("NetworkInterfaces") or ()
    private = [one for interface in interfaces for one in interface.get("PrivateIpAddresses") or ()]
    found = [server.get("PublicIpAddress"), *((one.get("Association") or {}).get("PublicIp") for one in private)]
    return {address for address in found if address}


def _stopped(server: dict[str, Any]) -> datetime | None:
    """Return the instant in EC2's reason, `User initiated (2026-03-02 08:00:00 GMT)`, of a server that is stopped."""
    told = STOPPED.search(server.get("StateTransitionReason") or "")
    if not told or (server.get("State") or {}).get("Name") != "stopped":
        return None
    return datetime.strptime(told[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
