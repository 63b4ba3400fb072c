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
    population="Every setting of the GuardDuty detector of this region, and that a region has none.",
    provider="aws",
    per="region",
    calls=(
        Api("guardduty.list_detectors", ("guardduty:ListDetectors",)),
        Api("guardduty.get_detector", ("guardduty:GetDetector",)),
    ),
    limits=("Whether findings are sent on to somebody is not read.",),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per detector and setting, and one for a region without a detector."""
    detectors = run.client.population("guardduty.list_detectors", key="DetectorIds", MaxResults=50)
    found = False
    for detector, answer in run.client.each(detectors, lambda one: run.client.ask("guardduty.get_detector",
                                                                                  DetectorId=one), unread=None):
        found = True
        if answer is None:
            run.skip("its settings could not be read")
            continue
        place = arn(run, "guardduty", f"detector/{detector}")
        for (name, part), value in _settings(answer).items():
            yield Record(setting(place, name, value, part), answer)
    if not found:
        yield Record(setting(arn(run, "guardduty", "detector"), "status", None), [])


def _settings(detector: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {
        ("status", ""): detector.get("Status"),
        ("publishing_frequency", ""): detector.get("FindingPublishingFrequency"),
        **{("feature", one["Name"]): one.get("Status") for one in detector.get("Features") or ()},
    }
