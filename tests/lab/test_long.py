"""Lists that are told from bytes: as long as they are meant to be, each record once, in the published shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from agent.clients.azure.operations import METHODS
from agent.model import Window
from tests.faults.served import Served, Subject, served
from tests.lab.azure import judge as arm
from tests.lab.azure import manager
from tests.lab.entra import judge, told
from tests.lab.estate import Estate
from tests.lab.long import Spread
from tests.lab.made import Made, Strip

RECORDS = 40_000
EACH = RECORDS // 4
EVENTS = {  # by provider: a subject, its share of the records, the days over which they are spread
    "gcp": (Subject("gcp", "gcp.audit_logs", "", "nordwind-shop"), EACH // 3, 60),
    "azure": (Subject("azure", "azure.activity_log", "", "7c1a52e0-44b1-4f7e-9d0b-1f0a6a2b9c01"), EACH // 2, 30),
    "entra": (Subject("entra", "entra.signin_logs", "", "5d1f2c3e-7a41-4b60-9c55-0e2b9a7f4411"), EACH, 29),
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("long"), "--records", str(RECORDS)) as found, pytest.MonkeyPatch.context() as patch:
        for name, value in found.about["environment"].items():
            patch.setenv(name, value)
        yield found


@pytest.mark.parametrize("provider", EVENTS)
def test_windows_that_tile_read_every_event_once(lab: Served, provider: str) -> None:
    subject, records, days = EVENTS[provider]
    edges = [lab.now - timedelta(days=one, seconds=0.5) for one in (days, days * 0.6, 4.2)] + [lab.now]
    ran = [lab.run(subject, window=Window(*pair)) for pair in pairwise(edges)]
    assert {one.outcome for one in ran} == {"succeeded"}, ran[0].said
    found = [ident for one in ran for ident in one.ids]
    assert (len(found), len(set(found))) == (records, records)
    assert all(one.ids for one in ran)


@pytest.mark.parametrize("collector", ["aws.backup_jobs", "aws.backup_recovery_points"])
def test_backups_are_shared_by_accounts_and_regions(lab: Served, collector: str) -> None:
    ran = lab.run(Subject("aws", collector, "", "422222222222", "eu-central-1"))
    assert ran.outcome == "succeeded", ran.said
    assert len(ran.ids) == len(set(ran.ids))
    assert EACH // 2 // 6 <= len(ran.ids) <= EACH // 2


def test_items_have_the_published_shapes() -> None:
    estate = Estate.load(now=datetime(2026, 11, 24, tzinfo=UTC))
    event = manager.told_event(estate.subscriptions.events[0])
    assert arm.unknown("monitor.activity_logs.list", METHODS["monitor.activity_logs.list"], {"value": [event]}) == set()
    page = {"@odata.context": "c", "value": [told.sign_in(estate.directory.sign_ins[0])]}
    assert judge.unknown("audit_logs.sign_ins", page) == set()


def test_a_page_is_cut_to_its_size_and_leads_on() -> None:
    strip = Strip([b'"@-%d"' % n for n in range(6)], b"[", b",", lambda link: f"]{link}".encode(), b"@", b"?", lambda _at: b"!")
    made = Made(strip, "n", 10, 15, 2, datetime(2026, 1, 1, tzinfo=UTC))
    pages = [made.told(number, lambda one: f">{one}").partition(b"]") for number in (1, 2, 3)]
    assert [one[2] for one in pages] == [b">2", b">3", b""]
    found = [ident for one in pages for ident in json.loads(one[0] + b"]")]
    assert len(found) == len(set(found)) == 5
    assert found[0] == "n00000010-0"


@pytest.mark.parametrize("days", [1, 29, 60])
def test_a_spread_is_whole_however_it_is_cut(days: int) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    spread = Spread(1_003, now, days)
    edges = [now - timedelta(days=days * part) for part in (1, 0.77, 0.5, 0.013, 0)]
    assert sum(spread.before(b) - spread.before(a) for a, b in pairwise(edges)) == 1_003
    assert spread.before(now + timedelta(days=1)) == 1_003
    assert spread.before(now - timedelta(days=days + 1)) == 0
