"""What was found in container images, and which images were never scanned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Finding

HEADER = Header(
    id="aws.ecr_image_scans",
    title="Scans of container images",
    kind="finding",
    population="Every vulnerability in every image of every ECR repository of this region, and every image with none "
    "or was never scanned.",
    provider="aws",
    per="region",
    calls=(
        Api("ecr.describe_repositories", ("ecr:DescribeRepositories",)),
        Api(
            "ecr.describe_images",
            ("ecr:DescribeImages",),
            answers={"RepositoryNotFoundException": "the repository was deleted while it was read"},
        ),
        Api(
            "ecr.describe_image_scan_findings",
            ("ecr:DescribeImageScanFindings",),
            answers={"ScanNotFoundException": "the image was never scanned"},
        ),
    ),
    limits=(
        "Which images run somewhere, ECR does not tell: all of them are read.",
        "Basic scanning does not tell since when a vulnerability is known: `occurred_at` is when the image was pushed.",
        "An image whose scan is not complete has neither severity nor state; its title says why.",
    ),
)
SEVERITIES = ("critical", "high", "medium", "low", "informational")
STATES = {"ACTIVE": "open", "SUPPRESSED": "suppressed", "CLOSED": "resolved"}
DONE = ("COMPLETE", "ACTIVE")


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one finding per image and vulnerability, or one for an image without any."""

    def scan(image: dict[str, Any]) -> list[dict[str, Any]]:
        pages = run.client.read(
            "ecr.describe_image_scan_findings", key=lambda page: [page], maxResults=1000,
            repositoryName=image["repositoryName"], imageId={"imageDigest": image["imageDigest"]},
        )
        return list(pages)

    for repository in run.client.read("ecr.describe_repositories", key="repositories", maxResults=1000):
        images = run.client.population(
            "ecr.describe_images", key="imageDetails", repositoryName=repository["repositoryName"], maxResults=1000,
        )
        for image, pages in run.client.each(images, scan):
            place = f"{repository['repositoryArn']}@{image['imageDigest']}"
            yield from _records(place, image, [page.get("imageScanFindings") or {} for page in pages], _status(pages))


def _status(pages: list[dict[str, Any]]) -> str:
    return str((pages[0].get("imageScanStatus") or {}).get("status", "")) if pages else "NONE"


def _records(place: str, image: dict[str, Any], parts: list[dict[str, Any]], status: str) -> Iterator[Record]:
    found = False
    for part in parts:
        for one in part.get("findings") or ():
            found = True
            yield Record(_basic(place, image, one), _raw(image, one))
        for one in part.get("enhancedFindings") or ():
            found = True
            yield Record(_enhanced(place, image, one), _raw(image, one))
    if not found:
        yield Record(_none(place, image, parts, status), _raw(image, None))


def _raw(image: dict[str, Any], finding: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [
        {"operation": "ecr.describe_images", "item": image},
        {"operation": "ecr.describe_image_scan_findings", "item": finding},
    ]


def _basic(place: str, image: dict[str, Any], one: dict[str, Any]) -> Finding:
    package = next((pair["value"] for pair in one.get("attributes") or () if pair["key"] == "package_name"), "")
    return Finding(
        f"{place}#{one['name']}{f'/{package}' if package else ''}",
        resource=place,
        title=f"{one['name']} in {package}" if package else one["name"],
        severity=_severity(one),
        state="open",
        source="ecr",
        occurred_at=image["imagePushedAt"],
    )


def _enhanced(place: str, image: dict[str, Any], one: dict[str, Any]) -> Finding:
    return Finding(
        one["findingArn"],
        resource=place,
        title=one.get("title"),
        severity=_severity(one),
        state=STATES.get(one.get("status", "")),
        source="inspector",
        occurred_at=one.get("firstObservedAt") or image["imagePushedAt"],
    )


def _none(place: str, image: dict[str, Any], parts: list[dict[str, Any]], status: str) -> Finding:
    done = status in DONE
    told = {"NONE": "never scanned"}.get(status, f"scan {status.lower().replace('_', ' ')}")
    completed = next((part["imageScanCompletedAt"] for part in parts if part.get("imageScanCompletedAt")), None)
    return Finding(
        place,
        resource=place,
        title="no vulnerability found" if done else told,
        severity="informational" if done else None,
        state="resolved" if done else None,
        source="ecr",
        occurred_at=completed or image["imagePushedAt"],
    )


def _severity(one: dict[str, Any]) -> str | None:
    word = str(one.get("severity", "")).lower()
    return word if word in SEVERITIES else None
