"""Collectors that do what none may: each is led against the double, and the witness must see through it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from agent.clients import CallError
from agent.collector import Api, Collector, Header, Record, Run
from agent.errors import AnnexaError
from agent.model import Account, Outcome
from tests.contracts.cases import Case
from tests.contracts.harness import Played, Stage
from tests.lab.aws import faults

HEADER = Header(
    id="aws.synthetic",
    title="Synthetic",
    kind="account",
    population="Every user of the account, for the tests.",
    provider="aws",
    per="boundary",
    calls=(
        Api("iam.list_users", ("iam:ListUsers",)),
        Api("iam.get_login_profile", ("iam:GetLoginProfile",), answers={"NoSuchEntity": "no password"}),
        Api("iam.list_groups", ("iam:ListGroups",)),
    ),
)
CASE = Case(
    collector="aws.synthetic",
    name="synthetic",
    answers={
        "iam.list_users": [
            {"Users": [{"UserName": name, "Arn": f"arn:{name}"} for name in names]}
            for names in ("ab", "cd", "e")
        ],
        "iam.get_login_profile": [
            {"when": {"UserName": "c"}, "error": {"code": "NoSuchEntity", "status": 404}},
            {"LoginProfile": {"UserName": "x", "CreateDate": "2026-01-01T00:00:00Z"}},
        ],
        "iam.list_groups": [
            {"Groups": [{"GroupName": "one", "Arn": "arn:one"}]},
            {"Groups": [{"GroupName": "two", "Arn": "arn:two"}]},
        ],
    },
)
Generator = Callable[[Run[Any]], Iterator[Record]]


def record(user: dict[str, Any]) -> Record:
    return Record(Account(user["Arn"], principal=user["UserName"]), user)


def users(run: Run[Any]) -> Iterator[dict[str, Any]]:
    found: Iterator[dict[str, Any]] = run.client.population("iam.list_users", key="Users")
    return found


def play(stage: Stage, collect: Generator, *armed: tuple[str, faults.Fault, dict[str, Any]], **header: Any) -> Played:
    stage.double.play(CASE)
    for operation, fault, where in armed:
        stage.double.fault(operation, fault, **where)
    return stage.run(Collector(replace(HEADER, **header), collect), CASE)


def lacking(played: Played) -> set[tuple[str, str]]:
    return {(one.what, one.reason) for one in played.closing.lacking}


def honest(run: Run[Any]) -> Iterator[Record]:
    for user in users(run):
        yield record(user)


def test_an_honest_one_succeeds(stage: Stage) -> None:
    played = play(stage, honest)
    assert played.closing.outcome is Outcome.SUCCEEDED
    assert [row.id for row in played.rows] == ["arn:a", "arn:b", "arn:c", "arn:d", "arn:e"]
    (call,) = played.closing.calls
    assert (call.service, call.operation, call.count, call.pages, call.items) == ("iam", "list_users", 1, 3, 5)
    assert call.complete
    assert call.requests == ["iam-list_users-1", "iam-list_users-2", "iam-list_users-3"]


def test_one_that_stops_after_the_first_page(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        for number, user in enumerate(users(run)):
            yield record(user)
            if number == 1:
                return

    played = play(stage, collect)
    assert played.closing.outcome is Outcome.PARTIAL
    assert lacking(played) == {("iam.list_users", "unread")}
    assert not played.closing.calls[0].complete


def test_one_that_stops_in_the_middle_of_the_last_page(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        for user in users(run):
            if user["UserName"] == "e":
                return
            yield record(user)

    assert lacking(play(stage, collect)) == {("iam.list_users", "unread"), ("iam.list_users", "unrecorded")}


def test_one_that_never_looks_at_what_it_began(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        users(run)
        yield from ()

    played = play(stage, collect)
    assert played.closing.outcome is Outcome.FAILED
    assert lacking(played) == {("iam.list_users", "unread")}


def test_one_that_swallows_the_second_page(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        try:
            for user in users(run):
                yield record(user)
        except AnnexaError:
            return

    played = play(stage, collect, ("iam.list_users", faults.broken(None), {"page": 2}))
    assert played.closing.outcome is Outcome.PARTIAL
    assert lacking(played) == {("iam.list_users", "failed")}
    assert len(played.rows) == 2


def test_one_that_takes_a_refusal_for_an_empty_list(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        try:
            yield from (record(user) for user in users(run))
        except CallError:
            return

    played = play(stage, collect, ("iam.list_users", faults.denied(), {}))
    assert played.closing.outcome is Outcome.FAILED
    assert lacking(played) == {("iam.list_users", "denied")}
    assert played.closing.lacking[0].permission == "iam:ListUsers"


def test_one_that_takes_a_refused_question_for_a_no(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        for user in users(run):
            with contextlib.suppress(CallError):
                run.client.ask("iam.get_login_profile", UserName=user["UserName"])
            yield record(user)

    played = play(stage, collect, ("iam.get_login_profile", faults.denied(), {}))
    assert played.closing.outcome is Outcome.PARTIAL
    (one,) = played.closing.lacking
    assert (one.what, one.reason, one.permission) == ("iam.get_login_profile", "denied", "iam:GetLoginProfile")
    assert one.detail.endswith("(5 times)")


def test_one_that_leaves_an_item_out_without_a_word(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        yield from (record(user) for user in users(run) if user["UserName"] != "b")

    played = play(stage, collect)
    assert played.closing.outcome is Outcome.PARTIAL
    assert lacking(played) == {("iam.list_users", "unrecorded")}


def test_one_that_says_what_it_leaves_out(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        for user in users(run):
            if user["UserName"] in "be":
                run.skip("a test")
            else:
                yield record(user)

    played = play(stage, collect)
    assert played.closing.outcome is Outcome.SUCCEEDED
    assert [(one.reason, one.count) for one in played.closing.skips] == [("a test", 2)]


def test_one_that_asks_for_a_list_as_if_it_were_one_answer(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        run.client.ask("iam.list_groups")
        yield from honest(run)

    assert lacking(play(stage, collect)) == {("iam.list_groups", "unread")}


def test_one_that_wants_the_first_page_and_says_so(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        run.client.first("iam.list_groups")
        yield from honest(run)

    played = play(stage, collect)
    assert played.closing.outcome is Outcome.SUCCEEDED
    assert played.closing.notes == ("iam.list_groups: only the first page is asked for",)


def test_one_that_leaves_a_supporting_list(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        next(run.client.read("iam.list_groups", key="Groups"))
        yield from honest(run)

    assert lacking(play(stage, collect)) == {("iam.list_groups", "unread")}


def profile(run: Run[Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda user: run.client.ask("iam.get_login_profile", UserName=user["UserName"])


def test_a_fan_out_keeps_order_and_answers(stage: Stage) -> None:
    seen = []

    def collect(run: Run[Any]) -> Iterator[Record]:
        for user, answer in run.client.each(users(run), profile(run)):
            seen.append((user["UserName"], answer is None))
            yield record(user)

    played = play(stage, collect)
    assert played.closing.outcome is Outcome.SUCCEEDED
    assert seen == [("a", False), ("b", False), ("c", True), ("d", False), ("e", False)]
    calls = {(call.operation, call.answer): call for call in played.closing.calls}
    assert calls["get_login_profile", ""].count == 4
    assert calls["get_login_profile", ""].parameters == {"UserName": "<varies>"}
    assert calls["get_login_profile", "NoSuchEntity"].count == 1
    assert calls["get_login_profile", "NoSuchEntity"].parameters == {"UserName": "c"}


def test_a_fan_out_leaves_out_what_was_refused(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        for user, _ in run.client.each(users(run), profile(run)):
            yield record(user)

    played = play(stage, collect, ("iam.get_login_profile", faults.denied(), {"where": {"UserName": "b"}}))
    assert played.closing.outcome is Outcome.PARTIAL
    assert [row.id for row in played.rows] == ["arn:a", "arn:c", "arn:d", "arn:e"]
    assert lacking(played) == {("iam.get_login_profile", "denied")}


def test_a_fan_out_may_hand_out_the_unread(stage: Stage) -> None:
    seen = []

    def collect(run: Run[Any]) -> Iterator[Record]:
        for user, answer in run.client.each(users(run), profile(run), unread="not read"):
            seen.append(answer == "not read")
            yield record(user)

    played = play(stage, collect, ("iam.get_login_profile", faults.denied(), {"where": {"UserName": "b"}}))
    assert played.closing.outcome is Outcome.PARTIAL
    assert seen == [False, True, False, False, False]


def test_a_fan_out_hands_out_what_came_before_a_page_that_failed(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        for user, _ in run.client.each(users(run), profile(run)):
            yield record(user)

    played = play(stage, collect, ("iam.list_users", faults.broken(None), {"page": 3}))
    assert played.closing.outcome is Outcome.PARTIAL
    assert [row.id for row in played.rows] == ["arn:a", "arn:b", "arn:c", "arn:d"]
    assert lacking(played) == {("iam.list_users", "failed")}


@pytest.mark.parametrize("after", [1, 4])
def test_a_fan_out_that_is_left(stage: Stage, after: int) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        for number, (user, _) in enumerate(run.client.each(users(run), profile(run)), 1):
            yield record(user)
            if number == after:
                return

    assert ("iam.list_users", "unread") in lacking(play(stage, collect))


def test_a_fan_out_over_a_filter_is_no_way_round_the_witness(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        few = (user for user in users(run) if user["UserName"] != "b")
        for user, _ in run.client.each(few, profile(run)):
            yield record(user)

    played = play(stage, collect)
    assert played.closing.outcome is Outcome.PARTIAL
    assert ("iam.list_users", "unrecorded") in lacking(played)


def test_a_population_within_a_population(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        for group in run.client.population("iam.list_groups", key="Groups"):
            for user in users(run):
                yield Record(Account(f"{group['GroupName']}/{user['UserName']}"), user)

    played = play(stage, collect)
    assert played.closing.outcome is Outcome.SUCCEEDED
    assert len(played.rows) == 10


@pytest.mark.parametrize(("exact", "outcome"), [(True, Outcome.PARTIAL), (False, Outcome.SUCCEEDED)])
def test_a_receipt_that_differs(stage: Stage, exact: bool, outcome: Outcome) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        yield from honest(run)
        run.receipt("iam.get_account_summary", 6)

    played = play(stage, collect, exact=exact)
    assert played.closing.outcome is outcome
    (receipt,) = played.closing.receipts
    assert (receipt.expected, receipt.counted, receipt.agrees) == (6, 5, False)


def test_an_undeclared_call_fails_the_run_even_if_it_is_swallowed(stage: Stage) -> None:
    def collect(run: Run[Any]) -> Iterator[Record]:
        yield from honest(run)
        try:
            run.client.ask("iam.delete_user", UserName="a")
        except AnnexaError:
            return

    played = play(stage, collect)
    assert played.closing.outcome is Outcome.FAILED
    assert ("iam.delete_user", "failed") in lacking(played)
    assert not [name for name, _ in played.called if name == "iam.delete_user"]


def test_a_service_that_is_not_there_ends_the_population(stage: Stage) -> None:
    calls = (Api("iam.list_users", ("iam:ListUsers",), unavailable={"NotHere": "IAM is not offered here"}),)
    played = play(stage, honest, ("iam.list_users", faults.error("NotHere"), {}), calls=calls)
    assert played.closing.outcome is Outcome.PARTIAL
    assert lacking(played) == {("iam.list_users", "unavailable")}
    assert "IAM is not offered here" in played.closing.error
