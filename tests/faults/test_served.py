"""Every fault of the lab's menu, armed by request on a lab in a process of its own: the answer stays an honest one.

One collector of each server reads a list of several pages through the provider's own SDK. Whatever
strikes, a run that says it succeeded holds everything that the list has.
"""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest

from tests.cli.drive import Ended, process
from tests.faults.served import PAGE, Served, Subject, served
from tests.lab.menu import MENU, TOKEN

TENANT = "5d1f2c3e-7a41-4b60-9c55-0e2b9a7f4411"
SUBJECTS = {
    "aws": Subject("aws", "aws.backup_jobs", "backup.list_backup_jobs", "422222222222", "eu-central-1"),
    "grpc": Subject("gcp", "gcp.audit_logs", "logging.list_log_entries", "nordwind-shop"),
    "rest": Subject("gcp", "gcp.sql_backups", "sql.backupRuns.list", "nordwind-shop"),
    "arm": Subject("azure", "azure.activity_log", "monitor.activity_logs.list", "7c1a52e0-44b1-4f7e-9d0b-1f0a6a2b9c01"),
    "graph": Subject("entra", "entra.users", "users", TENANT),
}
PROGRAM = {**SUBJECTS, "grpc": Subject("gcp", "gcp.asset_search", "cloudasset.search_all_resources", "")}
"""What the program itself reads, at the pace of the providers: of the audit logs that is one page a second."""
WHOLE, SOME, NONE = "whole", "some", "none"
"""All that the list has; the pages before the one that failed; nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """A fault with its options, and what a run must say: its outcome, how much it holds, and the reason."""

    fault: str
    outcome: str
    holds: str
    reason: str = ""
    options: tuple[tuple[str, Any], ...] = ()
    other: tuple[tuple[str, tuple[str, str, str]], ...] = ()
    """What another server's run must say instead."""

    def __str__(self) -> str:
        return "-".join((self.fault, *(f"{name}={value}" for name, value in self.options)))


FOR_GOOD, PAGE_TWO = ("times", None), ("page", 2)
CASES = (
    Case("throttled", "succeeded", WHOLE),
    Case("throttled", "succeeded", WHOLE, options=(PAGE_TWO, ("times", 2))),
    Case("throttled", "failed", NONE, "throttled", (FOR_GOOD,)),
    Case("throttled", "partial", SOME, "throttled", (PAGE_TWO, FOR_GOOD)),
    Case("throttled_after", "succeeded", WHOLE),
    Case("throttled_long", "failed", NONE, "throttled"),
    Case("throttled_long", "partial", SOME, "throttled", (PAGE_TWO,)),
    Case("quota", "succeeded", WHOLE),
    Case("unavailable", "succeeded", WHOLE),
    Case("unavailable", "failed", NONE, "failed", (FOR_GOOD,)),
    Case("failed_page", "partial", SOME, "failed"),
    Case("expired_page", "partial", SOME, "expired", other=(("aws", ("partial", SOME, "failed")),)),
    Case("empty_page", "succeeded", WHOLE),
    Case("repeated_page", "succeeded", WHOLE),
    Case("repeated_token", "partial", SOME, "failed"),
    Case("changed_order", "succeeded", WHOLE),
    Case("denied", "failed", NONE, "denied"),
    Case("denied", "partial", SOME, "denied", (PAGE_TWO,)),
    Case("unlicensed", "partial", NONE, "unavailable"),
    Case("not_configured", "partial", NONE, "unavailable", other=(
        ("rest", ("succeeded", NONE, "")),  # this collector declares it as an answer: there is nothing to back up
        ("arm", ("failed", NONE, "failed")),
    )),
    Case("expired_credentials", "failed", NONE, "expired"),
    Case("expired_credentials", "partial", SOME, "expired", (PAGE_TWO,)),
    *(case for name in ("cut", "truncated", "rubbish") for case in (
        Case(name, "succeeded", WHOLE, options=(PAGE_TWO,)),
        Case(name, "partial", SOME, "failed", (PAGE_TWO, FOR_GOOD)),
    )),
    Case("huge", "succeeded", WHOLE, other=(  # Microsoft's pages are small: what is larger than 32 MB is none
        ("arm", ("failed", NONE, "failed")), ("graph", ("failed", NONE, "failed")),
    )),
    Case("slow", "succeeded", WHOLE, options=(("seconds", 0.2),)),
    Case("skewed", "succeeded", WHOLE, other=(("aws", ("failed", NONE, "failed")),)),
    Case("foreign_link", "partial", SOME, "failed", other=(
        ("aws", ("failed", NONE, "failed")), ("rest", ("failed", NONE, "failed")),
    )),
)
SENSELESS = {("foreign_link", "grpc"), ("skewed", "grpc")}
"""gRPC has neither links nor a date in its answers."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as found, pytest.MonkeyPatch.context() as patch:
        for name, value in found.about["environment"].items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        # botocore waits between its attempts: the double forgives at once.
        patch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None, time=time.time))
        yield found


@pytest.fixture(autouse=True)
def _nothing_armed(lab: Served) -> Iterator[None]:
    yield
    for provider in ("aws", "gcp", "azure", "entra"):
        lab.control(provider, "DELETE")


@pytest.fixture(scope="module")
def whole(lab: Served) -> dict[str, set[str]]:
    """What each list has when nothing is armed."""
    found = {name: lab.run(subject) for name, subject in SUBJECTS.items()}
    assert {ran.outcome for ran in found.values()} == {"succeeded"}
    assert all(len(ran.ids) == len(set(ran.ids)) > 2 * PAGE for ran in found.values())
    return {name: set(ran.ids) for name, ran in found.items()}


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("server", SUBJECTS)
def test_whatever_strikes_the_answer_is_honest(
    lab: Served, whole: dict[str, set[str]], server: str, case: Case,
) -> None:
    if (case.fault, server) in SENSELESS:
        pytest.skip("this server has no such thing")
    subject = SUBJECTS[server]
    match = "sql.*" if case.fault == "not_configured" and server == "rest" else subject.call
    order = {"fault": case.fault, "match": match, "project": subject.boundary, **dict(case.options)}
    lab.control(subject.provider, "POST", order)
    ran = lab.run(subject)
    (armed,) = lab.control(subject.provider, "GET")["armed"]
    outcome, holds, reason = dict(case.other).get(server, (case.outcome, case.holds, case.reason))
    assert armed["struck"] > 0
    assert (ran.outcome, ran.reasons) == (outcome, (reason,) if reason else ()), ran.said
    assert {WHOLE: whole[server], NONE: set(), SOME: set(ran.ids) & whole[server]}[holds] == set(ran.ids)
    assert (holds == SOME) == (0 < len(set(ran.ids)) < len(whole[server]))
    assert ran.outcome != "succeeded" or reason or holds == WHOLE or server == "rest"


def test_every_fault_of_the_menu_is_tried(lab: Served) -> None:
    assert {case.fault for case in CASES} == set(MENU)
    for provider in ("aws", "gcp", "azure", "entra"):
        assert lab.control(provider, "GET") == {"menu": {name: dish.about for name, dish in MENU.items()}, "armed": []}


@pytest.mark.parametrize("server", ["rest", "arm", "graph"])
def test_a_clock_that_is_off_is_seen(lab: Served, server: str) -> None:
    subject = SUBJECTS[server]
    lab.control(subject.provider, "POST", {"fault": "skewed", "match": subject.call, "seconds": 3600})
    lab.run(subject)
    off = lab.connected(subject.provider).clock() - datetime.now(UTC)
    assert timedelta(minutes=50) < off < timedelta(minutes=70)


def test_one_order_leaves_other_calls_alone_and_is_taken_back(lab: Served, whole: dict[str, set[str]]) -> None:
    lab.control("entra", "POST", {"fault": "denied", "match": "groups"})
    assert lab.run(SUBJECTS["graph"]).outcome == "succeeded"
    lab.control("entra", "POST", {"fault": "denied", "match": "user*"})
    assert lab.run(SUBJECTS["graph"]).outcome == "failed"
    assert lab.control("entra", "DELETE") == {"armed": []}
    assert set(lab.run(SUBJECTS["graph"]).ids) == whole["graph"]


def test_what_the_estate_denies_stays_denied(lab: Served) -> None:
    forbidden = Subject("aws", "aws.backup_jobs", "backup.list_backup_jobs", "433333333333", "us-east-1")
    lab.control("aws", "POST", {"fault": "slow", "seconds": 0, "times": None})
    lab.control("aws", "DELETE")
    ran = lab.run(forbidden)
    assert (ran.outcome, ran.reasons) == ("failed", ("denied",))
    assert "service control policy" in ran.said


@pytest.mark.parametrize(("body", "said"), [
    ({"fault": "nothing"}, "fault is one of: throttled, "), ({"fault": "cut", "sise": 1}, "no option sise; there are: "),
    ([], "fault is one of"),
])
@pytest.mark.parametrize("provider", ["aws", "gcp", "azure", "entra"])
def test_an_order_that_is_none_is_refused(lab: Served, provider: str, body: Any, said: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        lab.control(provider, "POST", body)
    assert refused.value.code == 400
    assert json.load(refused.value)["error"].startswith(said)


def collect(lab: Served, folder: Path, subject: Subject) -> tuple[Ended, list[dict[str, Any]]]:
    """Run `annexa collect` as a process, on a store of its own."""
    config = folder / "annexa.yaml"
    config.write_text(lab.config.read_text())
    scope = lab.scope(subject.provider)["name"]
    done = process("collect", "--json", "--scope", scope, "--collector", subject.collector, cwd=folder,
                   **lab.about["environment"])
    assert "Traceback" not in done.err
    return done, json.loads(done.out)["runs"]


@pytest.mark.parametrize("server", PROGRAM)
def test_the_program_says_what_it_could_not_read(lab: Served, tmp_path: Path, server: str) -> None:
    subject = PROGRAM[server]
    lab.control(subject.provider, "POST", {"fault": "cut", "match": subject.call, "page": 2})
    lab.control(subject.provider, "POST", {"fault": "expired_page", "match": subject.call, "page": 3})
    done, runs = collect(lab, tmp_path, subject)
    assert done.status == 3
    broken = [one for one in runs if one["outcome"] == "partial"]
    assert broken
    for one in broken:
        assert (one["records"], one["lacking"][0]["what"]) == (2 * PAGE, subject.call)
        assert one["error"].startswith(f"{subject.call} in ")
    lab.control(subject.provider, "DELETE")
    _, runs = collect(lab, tmp_path, subject)
    assert {one["outcome"] for one in runs if "service control policy" not in str(one["error"])} == {"succeeded"}
    assert sum(one["records"] for one in runs) > 2 * PAGE


REFUSED = {"rest": "credentials", "graph": "no token for Microsoft Graph"}
TOKENS = [
    ("throttled_after", True, ""), ("unavailable", True, ""), ("slow", True, ""),
    ("denied", False, "refused"), ("rubbish", False, ""), ("truncated", False, ""),
]


@pytest.mark.parametrize(("fault", "passes", "said"), TOKENS, ids=[one[0] for one in TOKENS])
@pytest.mark.parametrize("server", ["rest", "graph"])
def test_the_token_endpoint(
    lab: Served, whole: dict[str, set[str]], server: str, fault: str, passes: bool, said: str,
) -> None:
    subject = SUBJECTS[server]
    lab.control(subject.provider, "POST", {"fault": fault, "match": TOKEN, "times": 1 if passes else None})
    ran = lab.run(subject, fresh=True)
    (armed,) = lab.control(subject.provider, "GET")["armed"]
    assert armed["struck"] > 0
    if passes:
        assert (ran.outcome, set(ran.ids)) == ("succeeded", whole[server]), ran.said
    else:
        assert (ran.outcome, ran.ids) == ("failed", ())
        assert ran.said.isprintable()
        assert (REFUSED[server] if said else "") in ran.said
