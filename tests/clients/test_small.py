"""Pace, deadlines, times, the ledger: values in, values out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from agent.clients import Deadline
from agent.clients.aws.moments import moment
from agent.clients.aws.rates import OTHER, Throttle, family
from agent.clients.ledger import LACKINGS, Calls, Lackings
from agent.clients.text import sentence
from agent.clients.throttle import Budgets, Limit, Pacing, Told
from agent.model import Lacking


@pytest.mark.parametrize(("said", "first"), [
    ("DefaultAzureCredential failed to retrieve a token.\nAttempted credentials:\n\tEnvironmentCredential: no.",
     "DefaultAzureCredential failed to retrieve a token"),
    ("AADSTS7000215: Invalid client secret provided. Ensure that it is right: https://aka.ms/x.",
     "AADSTS7000215: Invalid client secret provided"),
    ("File /etc/annexa.d/key.json was not found.", "File /etc/annexa.d/key.json was not found"),
    ("no full stop", "no full stop"), ("", ""), ("\n\n", ""), ("x" * 500, "x" * 300), ("a\x1b[31mb", "a [31mb"),
])
def test_the_first_sentence(said: str, first: str) -> None:
    assert sentence(said) == first


def test_two_calls_a_second() -> None:
    now = [100.0]
    pacing = Pacing(clock=lambda: now[0])
    limit = Limit(2, 2)
    # A full bucket holds one second's calls; each one after that waits half a second longer.
    assert [pacing.take("lookup", limit) for _ in range(5)] == [0, 0, 0.5, 1.0, 1.5]
    assert pacing.take("elsewhere", limit) == 0
    now[0] += 10
    assert [pacing.take("lookup", limit) for _ in range(3)] == [0, 0, 0.5]
    assert pacing.waited["lookup"] == 3.5


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60), st.sampled_from([1.0, 2.0, 15.0]))
def test_no_second_ever_holds_more_than_twice_the_rate(pauses: list[float], calls: float) -> None:
    now, made = 0.0, []
    pacing = Pacing(clock=lambda: now)
    for pause in pauses:
        now += pause
        now += pacing.take("a", Limit(calls, calls))
        made.append(now)
    for start in made:
        assert sum(start <= one < start + 1 for one in made) <= 2 * calls


def test_rates_prefer_the_operation() -> None:
    assert family("eu-west-1", "cloudtrail.lookup_events") == ("eu-west-1 cloudtrail.lookup_events", Limit(2, 2))
    assert family("eu-west-1", "cloudtrail.describe_trails") == ("eu-west-1 cloudtrail", Limit(10, 10))
    assert family("eu-west-1", "backup.list_backup_jobs") == ("eu-west-1 backup", OTHER)


def test_a_service_without_a_row_is_bounded_from_its_first_refusal_on() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    assert [throttle.turn("eu-west-1", "backup.list_backup_jobs") for _ in range(500)] == [0.0] * 500
    throttle.refuse("eu-west-1", "backup.list_backup_jobs", 3.0, 0)
    assert throttle.turn("eu-west-1", "backup.list_backup_vaults") == 3.0
    assert throttle.turn("us-east-1", "backup.list_backup_vaults") == 0.0
    for _ in range(100):
        throttle.answer("eu-west-1", "backup.list_backup_jobs")
    assert dict(throttle.families())["eu-west-1 backup"].share == 1.0


def test_scopes_of_one_account_share_a_budget() -> None:
    budgets = Budgets()
    one, other = (budgets.of("aws", "123456789012", Throttle) for _ in range(2))
    assert one is other
    assert budgets.of("aws", "210987654321", Throttle) is not one
    one.refuse("eu-west-1", "iam.list_users", 5.0, 0)
    assert list(budgets.told()) == [Told("aws", "123456789012", "eu-west-1 iam", 0.0, 1, 0.5)]
    budgets.forget()
    assert list(budgets.told()) == []


def test_a_deadline() -> None:
    now = [0.0]
    deadline = Deadline.after(10, clock=lambda: now[0])
    assert (deadline.left(), deadline.passed) == (10, False)
    assert deadline.within(3).left() == 3
    now[0] = 9.0
    assert deadline.within(3).left() == 1
    now[0] = 10.0
    assert (deadline.left(), deadline.passed) == (0, True)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - its zone is UTC
def test_times_are_those_of_botocore_in_utc(instant: datetime) -> None:
    whole = instant.replace(microsecond=0)
    texts = [
        instant.isoformat(), whole.isoformat().replace("+00:00", "Z"), whole.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    ]
    assert [moment(text) for text in texts] == [parse_timestamp(text) for text in texts]
    assert moment(whole.timestamp()) == whole
    assert all(moment(text).tzinfo is UTC for text in texts)


@pytest.mark.parametrize("value", ["yesterday", "", 1e300, float("nan"), "99999-01-01", None])
def test_what_is_no_time(value: object) -> None:
    with pytest.raises(ValueError, match="no time"):
        moment(value)


def test_ten_thousand_calls_are_one() -> None:
    calls = Calls()
    for number in range(10_000):
        calls.page("iam.get_user", "", {"UserName": str(number), "Same": 1}, 1, f"r{number}", 0, first=True)
    (call,) = calls.all(set())
    assert (call.count, call.pages, call.items) == (10_000, 10_000, 10_000)
    assert call.parameters == {"UserName": "<varies>", "Same": 1}
    assert call.requests == ["r0", "r1", "r9998", "r9999"]
    assert calls.all({"iam.get_user"})[0].complete is False


def test_lackings_are_bounded() -> None:
    found = Lackings()
    for number in range(LACKINGS + 500):
        found.add(Lacking(f"call-{number}", "failed"))
    listed = found.all()
    assert len(listed) == LACKINGS + 1
    assert listed[-1].what == "others"
    assert listed[-1].detail.endswith("(500 times)")
