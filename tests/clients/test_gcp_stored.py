"""Stored files read in pieces, operations that take their time, and permissions without which a list is silent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.clients import CallError, Deadline, InterruptedRunError, Witness
from agent.clients.gcp.client import GcpClient
from agent.clients.gcp.errors import BrokenError
from agent.clients.gcp.needed import NEEDED
from agent.clients.gcp.provider import GcpProvider
from agent.clients.gcp.role import on_a_bucket, role, terraform
from agent.clients.gcp.scope import AssetExport, GcpScope
from agent.clients.gcp.stored import Stored
from agent.clients.gcp.wire import Wire
from agent.collector import Api, Header
from agent.model import Boundary, Outcome
from agent.registry import Registry
from tests.lab.gcp import faults
from tests.lab.gcp.double import Double

OBJECT, OPERATION = "storage.objects.get", "cloudasset.get_operation"
HELD = "cloudresourcemanager.projects.testIamPermissions"
HEADER = Header(
    id="gcp.synthetic", title="Synthetic", kind="asset", provider="gcp", per="boundary",
    population="Every line of a file, for the tests.",
    calls=(
        Api(OBJECT, ("storage.objects.get",)), Api(OPERATION, ("cloudasset.assets.exportResource",)),
        Api(HELD, ("logging.privateLogEntries.list",)),
    ),
)
LINES = [{"name": f"//x/{number}", "text": "ä€😀" * number} for number in range(40)]
Open = Callable[..., tuple[GcpClient, Witness]]


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Double]:
    with Double() as made:
        for name, value in made.environ(tmp_path).items():
            monkeypatch.setenv(name, value)
        made.script({OBJECT: {"lines": LINES}})
        yield made


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def opened(double: Double, waits: list[float]) -> Open:
    def open_(piece: int = 64, seconds: float = 30) -> tuple[GcpClient, Witness]:
        scope = GcpScope(name="lab", parent="projects/data-prod", endpoint=double.url)
        wire = Wire(scope, paced=False, sleep=lambda pause, _stop: waits.append(pause), chance=lambda: 1.0, piece=piece)
        witness = Witness(HEADER)
        boundary = Boundary("lab", "gcp", "data-prod")
        return GcpProvider(scope, wire).open(boundary, "", witness, Deadline.after(seconds)), witness

    return open_


def names(client: GcpClient, witness: Witness) -> list[str]:
    found = []
    for one in client.lines(OBJECT, bucket="exports", object="annexa/a b/c.ndjson"):
        found.append(one["name"])
        witness.yielded()
    return found


@pytest.mark.parametrize(("piece", "number"), [(1, 3), (7, 6), (64, 20), (1 << 20, 40)])
def test_lines_are_the_same_whatever_the_pieces(opened: Open, double: Double, piece: int, number: int) -> None:
    double.script({OBJECT: {"lines": LINES[:number]}})
    client, witness = opened(piece)
    found = names(client, witness)
    assert found == [one["name"] for one in LINES[:number]]
    assert witness.close(len(found)).outcome is Outcome.SUCCEEDED
    assert {call.params["object"] for call in double.calls} == {"annexa/a b/c.ndjson"}


def test_all_pieces_are_of_the_version_of_the_first(opened: Open, double: Double) -> None:
    double.script({OBJECT: {"lines": LINES, "generation": 4711}})
    names(*opened())
    asked = [call.params.get("generation") for call in double.calls]
    assert (asked[0], set(asked[1:])) == (None, {"4711"})


@pytest.mark.parametrize(("text", "found"), [
    ("", []), ("\n\n", []), ('{"name": "a"}', ["a"]), ('{"name": "a"}\r\n\n{"name": "b"}\n', ["a", "b"]),
])
def test_ends_of_files(opened: Open, double: Double, text: str, found: list[str]) -> None:
    double.script({OBJECT: {"text": text}})
    client, witness = opened(5)
    assert names(client, witness) == found
    assert witness.close(len(found)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(("text", "said"), [
    ('{"name": "a"}\n["b"]\n', "line 2 is no JSON object"), ('{"name": "a"}\n{"name": ', "line 2 is no JSON: "),
])
def test_a_line_that_is_no_object_is_lacking(opened: Open, double: Double, text: str, said: str) -> None:
    double.script({OBJECT: {"text": text}})
    client, witness = opened(14)
    with pytest.raises(CallError, match=said):
        names(client, witness)
    closing = witness.close(1)
    assert (closing.outcome, [(one.what, one.reason) for one in closing.lacking]) == (
        Outcome.PARTIAL, [(OBJECT, "failed")])


def test_a_file_that_grows_is_not_read_on() -> None:
    stored = Stored()
    stored.take({"data": b'{"name": 1}\n', "total": 20, "generation": "1"})
    with pytest.raises(BrokenError, match="the file had 20 bytes and now has 30"):
        stored.take({"data": b"{}", "total": 30, "generation": "1"})


def test_another_piece_than_the_one_asked_for_is_refused(opened: Open, double: Double) -> None:
    double.fault(OBJECT, faults.repeated_token(), page=2)
    client, witness = opened()
    with pytest.raises(CallError, match="bytes 64 to 127 were asked for, 64 came from 0 on"):
        names(client, witness)


def test_a_file_is_never_held_whole(opened: Open, double: Double) -> None:
    client, _ = opened(64)
    for one in client.lines(OBJECT, bucket="exports", object="x"):
        assert one == LINES[0]
        break
    assert len(double.calls) <= 2, "a line was handed out before the next piece was asked for"


def test_an_operation_is_waited_for_ever_longer(opened: Open, double: Double, waits: list[float]) -> None:
    running = {"name": "operations/1"}
    double.script({OPERATION: [*[running] * 5, {**running, "done": True}]})
    client, witness = opened(seconds=300)
    ended = client.until(OPERATION, lambda answer: bool(answer.get("done")), name="operations/1")
    assert ended == {"name": "operations/1", "done": True}
    assert waits == [4, 8, 16, 32, 32]
    assert witness.close(0).outcome is Outcome.SUCCEEDED


def test_an_operation_is_not_waited_for_past_the_end_of_the_run(opened: Open, double: Double) -> None:
    double.script({OPERATION: {"name": "operations/1"}})
    client, witness = opened(seconds=3)
    with pytest.raises(InterruptedRunError, match="the time of the run is over"):
        client.until(OPERATION, lambda answer: bool(answer.get("done")), name="operations/1")
    assert {one.reason for one in witness.close(0).lacking} == {"interrupted"}


@pytest.mark.parametrize(("code", "reason"), [(7, "denied"), (13, "failed")])
def test_an_operation_that_failed_is_lacking_whoever_looks(
    opened: Open, double: Double, code: int, reason: str
) -> None:
    double.script({OPERATION: {"name": "operations/1", "done": True, "error": {"code": code, "message": "no"}}})
    client, witness = opened()
    assert client.until(OPERATION, lambda answer: bool(answer.get("done")), name="operations/1")
    closing = witness.close(0)
    assert (closing.outcome, [one.reason for one in closing.lacking]) == (Outcome.FAILED, [reason])


def test_a_permission_that_is_not_held_is_lacking(opened: Open, double: Double) -> None:
    double.handle(HELD, lambda asked: {"permissions": [one for one in asked["permissions"] if one.startswith("a.")]})
    client, witness = opened()
    client.needs(HELD, "a.b.list")
    with pytest.raises(CallError) as caught:
        client.needs(HELD, "b.c.list")
    assert caught.value.advice.startswith("Allow b.c.list")
    assert [(one.reason, one.permission) for one in witness.close(0).lacking] == [("denied", "b.c.list")]


@pytest.mark.parametrize(("said", "state", "remedy"), [
    ({"permissions": ["storage.objects.get"]}, "ok", ""),
    ({}, "denied", "Allow storage.objects.get on gs://exports"),
    (faults.error("NOT_FOUND", 404, "The specified bucket does not exist.").says, "unknown", ""),
])
def test_the_bucket_is_asked_and_not_the_parent(double: Double, said: Any, state: str, remedy: str) -> None:
    asked: list[str] = []

    def held(params: dict[str, Any]) -> dict[str, Any]:
        asked.extend(params["permissions"])
        return {"permissions": params["permissions"]}

    double.handle("cloudresourcemanager.projects.testIamPermissions", held)
    double.script({"storage.buckets.testIamPermissions": said, "cloudasset.search_all_resources": {}})
    scope = GcpScope(name="lab", parent="projects/data-prod", endpoint=double.url,
                     asset_export=AssetExport(bucket="exports"))
    provider = GcpProvider(scope, Wire(scope, paced=False))
    export = Registry.load().get("gcp.asset_export").header
    found = {one.permission: one for one in provider.probe(export, Boundary("lab", "gcp", "data-prod"), "")}
    assert (found["storage.objects.get"].state, found["storage.objects.get"].remedy) == (state, remedy)
    assert asked == ["cloudasset.assets.exportResource", "cloudasset.assets.searchAllResources"]
    (call,) = [one for one in double.calls if one.name == "storage.buckets.testIamPermissions"]
    assert (call.params["bucket"], call.params["permissions"]) == ("exports", "storage.objects.get")


def test_what_is_needed_on_one_bucket_is_not_in_a_role_for_all() -> None:
    export = [Registry.load().get("gcp.asset_export").header]
    said = json.loads(role(export))["includedPermissions"]
    assert said == sorted({"cloudasset.assets.exportResource", "cloudasset.assets.searchAllResources", *NEEDED})
    assert on_a_bucket(export) == ["storage.objects.get"]
    assert "google_storage_bucket_iam_member" in terraform(export)
    assert "google_storage_bucket_iam_member" not in terraform([Registry.load().get("gcp.asset_list").header])
