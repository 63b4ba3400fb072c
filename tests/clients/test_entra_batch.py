"""Many lists by `$batch`: twenty questions a request, each judged alone, links followed outside of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.clients import Deadline, Witness
from agent.clients.entra.client import EntraClient
from agent.clients.entra.wire import Wire
from agent.clients.witness import Closing
from agent.collector import Api, Header
from agent.errors import AnnexaError
from agent.model import Outcome
from tests.clients.test_entra import Patience, wire
from tests.lab.entra import faults
from tests.lab.entra.double import TENANT, Double, Pages, Params

MEMBERS = "groups.item.members"
HEADER = Header(
    id="entra.synthetic",
    title="Synthetic",
    kind="grant",
    population="Every member of every group of the tenant, for the tests.",
    provider="entra",
    per="boundary",
    calls=(
        Api("groups", ("Group.Read.All",)),
        Api(MEMBERS, ("GroupMember.Read.All",), answers={"Request_ResourceNotFound": "the group is gone"}),
    ),
)
GROUPS = [f"g{number:02}" for number in range(45)]


def members(ids: tuple[str, ...], params: Params) -> Pages:
    """Return the members of a group: none of the first, two pages of the third, one page of the others."""
    assert params["$select"] == "id,displayName"
    (group,) = ids
    number = GROUPS.index(group)
    pages = [[f"{group}-a", f"{group}-b"], [f"{group}-c"]]
    count = {0: 0, 2: 2}.get(number, 1)
    return [{"value": [{"id": one} for one in page]} for page in pages[:count]] or [{"value": []}]


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    with Double() as made:
        for name, value in made.environ().items():
            monkeypatch.setenv(name, value)
        made.handle("groups", lambda _ids, _params: [
            {"value": [{"id": one} for one in page]} for page in (GROUPS[:30], GROUPS[30:])])
        made.handle(MEMBERS, members)
        yield made


def read(given: Wire, *, seconds: float = 60, stop: threading.Event | None = None) -> tuple[list[str], Closing]:
    """Read the members of all groups, as a collector would."""
    witness = Witness(HEADER, stop or threading.Event())
    client = EntraClient(given, TENANT, witness, Deadline.after(seconds))
    found = []
    try:
        lists = client.lists(
            MEMBERS, client.read("groups"), lambda group: (group["id"],), lambda _: {"select": ["id", "displayName"]},
            population=True,
        )
        for group, held in lists:
            for one in held:
                assert one["id"].startswith(group["id"])
                found.append(one["id"])
                witness.yielded()
    except AnnexaError as error:
        witness.fail(error)
    return found, witness.close(len(found))


EVERY = [f"{one}-{letter}" for one in GROUPS for letter in {GROUPS[0]: "", GROUPS[2]: "abc"}.get(one, "ab")]


def test_twenty_lists_are_one_request_and_a_second_page_is_one_of_its_own(double: Double) -> None:
    found, closing = read(wire(double))
    assert found == EVERY
    assert closing.outcome is Outcome.SUCCEEDED
    assert sorted(len(one) for one in double.batches) == [5, 20, 20]
    assert any("/groups/g01/members?$select=id,displayName" in one for one in double.batches)
    assert {one.authorization for one in double.calls} == {f"Bearer {double.tokens[0]}"}
    told = {f"{one.service}.{one.operation}".rstrip("."): (one.count, one.pages, one.items) for one in closing.calls}
    assert told[MEMBERS] == (45, 46, 89)


@pytest.mark.parametrize(
    "fault", [faults.throttle(1, 1), faults.throttle(1, None), faults.quota(), faults.unavailable(1, 2),
              faults.dependency(1), faults.left_out(1), faults.broken(1)],
    ids=lambda one: one.name,
)
def test_only_the_question_that_was_refused_is_asked_again(double: Double, fault: faults.Fault) -> None:
    double.fault(MEMBERS, fault, ids=("g03",))
    double.fault(MEMBERS, fault, ids=("g07",))
    patience = Patience()
    found, closing = read(wire(double, sleep=patience))
    assert found == EVERY
    assert closing.outcome is Outcome.SUCCEEDED
    assert sorted(len(one) for one in double.batches) == [2, 5, 20, 20]
    assert len(patience.waits) == 1


@pytest.mark.parametrize(
    "fault", [faults.throttle(1, 5), faults.unavailable(2), faults.cut(1), faults.truncated(1), faults.rubbish(1),
              faults.expired_credentials(1), faults.error("NotACode", 502, times=1)],
    ids=lambda one: one.name,
)
def test_a_batch_that_fails_is_asked_again_whole(double: Double, fault: faults.Fault) -> None:
    double.fault("$batch", fault)
    found, closing = read(wire(double))
    assert found == EVERY
    assert closing.outcome is Outcome.SUCCEEDED
    assert len(double.batches) > 3


def test_a_refusal_beyond_three_minutes_is_waited_out_and_one_beyond_the_call_is_named(double: Double) -> None:
    double.fault(MEMBERS, faults.throttle(1, 600), ids=("g03",))
    double.fault(MEMBERS, faults.throttle(1, 1000), ids=("g21",))
    patience = Patience()
    found, closing = read(wire(double, sleep=patience), seconds=3600)
    assert patience.waits == [600.0]
    assert found == [one for one in EVERY if not one.startswith("g21")]
    assert [(one.what, one.reason) for one in closing.lacking] == [(MEMBERS, "throttled")]
    assert closing.outcome is Outcome.PARTIAL


def test_what_nobody_records_is_named(double: Double) -> None:
    witness = Witness(HEADER)
    client = EntraClient(wire(double), TENANT, witness, Deadline.after(60))
    groups = client.population("groups")
    asked = {"select": ["id", "displayName"]}
    for group, held in client.lists(MEMBERS, groups, lambda one: (one["id"],), lambda _: asked):
        list(held)
        if group["id"] != "g07":
            witness.yielded()
    assert [(one.what, one.reason) for one in witness.close(44).lacking] == [("groups", "unrecorded")]


PASSING = [faults.throttle(1, 1), faults.throttle(1, None), faults.quota(), faults.unavailable(1), faults.broken(1),
           faults.dependency(1), faults.left_out(1), faults.cut(1), faults.truncated(1), faults.expired_credentials(1)]
LASTING = [faults.denied(), faults.no_licence(), faults.no_premium(), faults.throttle(None, 2000), faults.left_out(None)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(GROUPS[:25]), st.sampled_from(PASSING), max_size=6),
    st.dictionaries(st.sampled_from(GROUPS[25:]), st.sampled_from(LASTING), max_size=3),
)
def test_each_list_comes_whole_or_is_named(
    double: Double, passing: dict[str, faults.Fault], lasting: dict[str, faults.Fault],
) -> None:
    double.calm()
    for group, fault in (passing | lasting).items():
        double.fault(MEMBERS, fault, ids=(group,))
    found, closing = read(wire(double))
    assert found == [one for one in EVERY if one[:3] not in lasting]
    assert bool(closing.lacking) == bool(lasting)


def test_what_is_denied_or_gone_takes_no_other_list_down(double: Double) -> None:
    double.fault(MEMBERS, faults.denied(), ids=("g03",))
    double.fault(MEMBERS, faults.error("Request_ResourceNotFound", 404), ids=("g04",))
    found, closing = read(wire(double))
    assert found == [one for one in EVERY if one[:3] not in ("g03", "g04")]
    assert [(one.what, one.reason, one.permission) for one in closing.lacking] == [
        (MEMBERS, "denied", "GroupMember.Read.All")]


@pytest.mark.parametrize("link", ["https://graph.example/v1.0/groups/g02/members?$skiptoken=2", "https://localhost/"])
def test_a_list_whose_link_leads_away_ends_early_and_is_named(double: Double, link: str) -> None:
    double.fault(MEMBERS, faults.foreign_link(link), ids=("g02",))
    found, closing = read(wire(double))
    assert found == [one for one in EVERY if one != "g02-c"]
    assert [(one.what, one.reason) for one in closing.lacking] == [(MEMBERS, "failed")]


def test_a_list_that_nobody_reads_to_its_end_is_named(double: Double) -> None:
    witness = Witness(HEADER)
    client = EntraClient(wire(double), TENANT, witness, Deadline.after(60))
    for _, held in client.lists(MEMBERS, ["g02", "g03"], lambda one: (one,), lambda _: {"select": ["id", "displayName"]}):
        next(held)
    assert {(one.what, one.reason) for one in witness.close(0).lacking} == {(MEMBERS, "unread")}


def test_the_groups_that_failed_end_the_lists_after_those_that_came(double: Double) -> None:
    double.fault("groups", faults.broken(None), page=2)
    found, closing = read(wire(double))
    assert found == EVERY[: EVERY.index("g30-a")]
    assert [(one.what, one.reason) for one in closing.lacking] == [("groups", "failed")]


def test_a_token_is_renewed_once_for_all_questions_of_a_batch(double: Double) -> None:
    double.fault(MEMBERS, faults.expired_credentials(20))
    found, closing = read(wire(double))
    assert found == EVERY
    assert len(double.tokens) == 2
    double.fault(MEMBERS, faults.expired_credentials())
    _, closing = read(wire(double))
    assert {(one.what, one.reason) for one in closing.lacking} == {(MEMBERS, "expired")}


def test_a_run_that_is_stopped_asks_no_further_batch(double: Double) -> None:
    stop = threading.Event()
    stop.set()
    found, closing = read(wire(double), stop=stop)
    assert (found, double.batches) == ([], [])
    assert "interrupted" in {one.reason for one in closing.lacking}
