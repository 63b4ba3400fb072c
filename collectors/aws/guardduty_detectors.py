"""Whether GuardDuty watches a region, and which of its sources it watches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

HEADER = Header(
    id="aws.guardduty_detectors",
    title="GuardDuty detectors",
    kind="configuration",
    population="Every setting of the GuardDuty detector of this region with where its findings go and, in the account "
    "that administers others, its members; and that a region has none.",
    provider="aws",
    per="region",
    calls=(
        Api("guardduty.list_detectors", ("guardduty:ListDetectors",)),
        Api("guardduty.get_detector", ("guardduty:GetDetector",)),
        Api("guardduty.list_publishing_destinations", ("guardduty:ListPublishingDestinations",)),
        Api("guardduty.list_members", ("guardduty:ListMembers",)),
    ),
    limits=(
        "Findings that an EventBridge rule sends on to somebody are not told here.",
        "An account that was never made a member is not among the members: aws.org_accounts has it.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per detector and setting, and one for a region without a detector."""
    client = run.client

    def questions(detector: str) -> list[Any] | None:
        return [
            client.ask("guardduty.get_detector", DetectorId=detector),
            list(client.read("guardduty.list_publishing_destinations", key="Destinations", DetectorId=detector)),
            list(client.read("guardduty.list_members", key="Members", DetectorId=detector, OnlyAssociated="false")),
        ]

    detectors = client.population("guardduty.list_detectors", key="DetectorIds", MaxResults=50)
    found = False
    for detector, answers in client.each(detectors, questions, unread=None):
        found = True
        if answers is None:
            run.skip("its settings could not be read")
            continue
        place = arn(run, "guardduty", f"detector/{detector}")
        calls = ("guardduty.get_detector", "guardduty.list_publishing_destinations", "guardduty.list_members")
        raw = [{"operation": call, "item": item} for call, item in zip(calls, answers, strict=True)]
        for (name, part), value in _settings(*answers).items():
            yield Record(setting(place, name, value, part), raw)
    if not found:
        yield Record(setting(arn(run, "guardduty", "detector"), "status", None), [])


def _settings(
    detector: dict[str, Any], destinations: list[dict[str, Any]], members: list[dict[str, Any]]
) -> dict[tuple[str, str], Any]:
    return {
        ("status", ""): detector.get("Status"),
        ("publishing_frequency", ""): detector.get("FindingPublishingFrequency"),
        **{("feature", one["Name"]): one.get("Status") for one in detector.get("Features") or ()},
        **{("publishing_destination", one["DestinationId"]): one.get("Status") for one in destinations},
        **{("member", one["AccountId"]): one.get("RelationshipStatus") for one in members},
    }
