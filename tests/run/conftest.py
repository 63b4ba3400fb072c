"""Fixtures of the engine: a company on the double, and its event history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.clients.aws import rates
from agent.collector import Windows
from collectors.aws import cloudtrail_events
from tests.assembly.company import Company, company
from tests.run.history import REACH, History


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    with company(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def history(firm: Company, monkeypatch: pytest.MonkeyPatch) -> History:
    """A company of one region whose event history is collected, without the pace that AWS asks for.

    The source keeps nine days here, read day by day, so that a test takes a second.
    """
    monkeypatch.setattr(rates.Throttle, "turn", lambda *_: 0.0)
    rule = Windows(settle=timedelta(minutes=30), longest=timedelta(days=1), reach=REACH)
    monkeypatch.setattr(cloudtrail_events, "HEADER", replace(cloudtrail_events.HEADER, windows=rule))
    firm.collectors, firm.regions = ("aws.cloudtrail_events",), ("eu-central-1",)
    made = History(firm)
    firm.double.handle("cloudtrail.lookup_events", made.lookup)
    return made
