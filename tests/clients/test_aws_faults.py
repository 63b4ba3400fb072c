"""What the wire, the provider and the clock can do to a call, and the one line that comes of it."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import botocore.endpoint
import pytest

from agent.clients import CallError, Deadline, InterruptedRunError, Witness
from agent.model import Outcome
from tests.clients.conftest import BOUNDARY, HEADER, Provide, opened, vaults
from tests.lab.aws import faults
from tests.lab.aws.double import Double
from tests.lab.aws.wire import ErrorAnswer

ALL = [f"v{page}{n}" for page in range(3) for n in range(3)]
LIST = "backup.list_backup_vaults"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let botocore's pauses pass at once, and return them."""
    pauses: list[float] = []

    class Time:
        sleep = staticmethod(pauses.append)
        time = staticmethod(time.time)

    monkeypatch.setattr(botocore.endpoint, "time", Time)
    return pauses


def failing(provide: Provide, **wire: Any) -> tuple[CallError, Witness]:
    client, witness = opened(provide(wire=wire))
    with pytest.raises(CallError) as caught:
        vaults(client)
    error = caught.value
    witness.fail(error)
    assert "\n" not in error.line()
    return error, witness


@pytest.mark.parametrize("fault", [faults.cut(1), faults.truncated(1), faults.unavailable(1), faults.broken(1)],
                         ids=lambda fault: fault.name)
def test_a_page_that_breaks_once_is_read_again(double: Double, provide: Provide, impatient: list[float],
                                               fault: faults.Fault) -> None:
    double.fault(LIST, fault, page=2)
    client, witness = opened(provide())
    assert vaults(client) == ALL
    closing = witness.close(9)
    assert closing.outcome is Outcome.SUCCEEDED
    assert closing.calls[0].retries == 1


@pytest.mark.parametrize("fault", [faults.cut(None), faults.truncated(None), faults.rubbish(None), faults.broken(None)],
                         ids=lambda fault: fault.name)
def test_a_page_that_stays_broken_makes_the_run_partial(double: Double, provide: Provide, impatient: list[float],
                                                        fault: faults.Fault) -> None:
    double.fault(LIST, fault, page=3)
    _, witness = failing(provide)
    closing = witness.close(6)
    assert closing.outcome is Outcome.PARTIAL
    assert [(one.what, one.reason) for one in closing.lacking] == [(LIST, "failed")]


def test_a_page_of_ten_megabytes(double: Double, provide: Provide) -> None:
    double.fault(LIST, faults.huge(10_000_000), page=2)
    assert vaults(opened(provide())[0]) == ALL


def test_a_body_that_is_no_utf8(double: Double, provide: Provide) -> None:
    double.script({LIST: [{"BackupVaultList": [{"BackupVaultName": "\u202egnp.exe\u0007 ñ 🔥"}]}]})
    assert vaults(opened(provide())[0]) == ["\u202egnp.exe\u0007 ñ 🔥"]
    double.fault(LIST, faults.rubbish(None))
    assert "broken answer" in failing(provide)[0].message


def test_throttling_for_a_minute_is_waited_out(double: Double, provide: Provide, impatient: list[float]) -> None:
    now = [0.0]

    def sleep(seconds: float, stop: threading.Event) -> None:
        now[0] += seconds

    def answer(params: dict[str, Any], context: Any) -> Any:
        if now[0] < 60:
            return ErrorAnswer("ThrottlingException", 400, "Rate exceeded")
        return {"BackupVaultList": [{"BackupVaultName": "late"}]}

    double.handle(LIST, answer)
    provider = provide(wire={"sleep": sleep, "paced": False})
    witness = Witness(HEADER)
    client = provider.open(BOUNDARY, "eu-west-1", witness, Deadline.after(3600, clock=lambda: now[0]))
    assert vaults(client) == ["late"]
    assert witness.close(1).outcome is Outcome.SUCCEEDED
    assert 60 <= now[0] < 100


def test_throttling_without_end_is_given_up_and_named(double: Double, provide: Provide, impatient: list[float]) -> None:
    double.fault(LIST, faults.throttle(None))
    now = [0.0]

    def sleep(seconds: float, stop: threading.Event) -> None:
        now[0] += seconds

    provider = provide(wire={"sleep": sleep})
    witness = Witness(HEADER)
    client = provider.open(BOUNDARY, "eu-west-1", witness, Deadline.after(3600, clock=lambda: now[0]))
    with pytest.raises(CallError, match="throttled to the end"):
        vaults(client)
    assert now[0] <= 180


def test_a_hanging_call_is_ended(double: Double, provide: Provide) -> None:
    double.fault(LIST, faults.slow(60), page=2)
    began = time.monotonic()
    error, witness = failing(provide, call_seconds=0.5)
    assert time.monotonic() - began < 40, "the answer takes sixty seconds"
    assert "no answer within the time for one call" in error.message
    assert witness.close(3).outcome is Outcome.PARTIAL


@pytest.fixture
def trickle() -> Iterator[str]:
    """A server that sends one byte of its body every fifth of a second: no single read is ever late."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        while not over.wait(0.2):
            try:
                connection.sendall(b" ")
            except OSError:
                break
        connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    over.set()
    listening.close()
    thread.join(5)


def test_a_trickling_answer_is_ended(double: Double, provide: Provide, trickle: str,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
    provider = provide(wire={"call_seconds": 1.0})
    client, _ = opened(provider)
    object.__setattr__(provider.scope, "endpoint", trickle)
    began = time.monotonic()
    with pytest.raises(CallError, match="no answer within the time"):
        vaults(client)
    assert time.monotonic() - began < 60, "the answer takes two hundred seconds"


def test_the_agent_stops_between_two_pages(double: Double, provide: Provide) -> None:
    client, witness = opened(provide())
    found = client.population(LIST, key="BackupVaultList")
    for _ in range(3):
        next(found)
        witness.yielded()
    witness.stop.set()
    with pytest.raises(InterruptedRunError) as caught:
        next(found)
    witness.fail(caught.value)
    closing = witness.close(3)
    assert closing.outcome is Outcome.PARTIAL
    assert {one.reason for one in closing.lacking} == {"interrupted"}


def test_the_time_of_the_run_is_over(double: Double, provide: Provide) -> None:
    client, _ = opened(provide(), seconds=0)
    with pytest.raises(InterruptedRunError, match="the time of the run is over"):
        vaults(client)


def test_a_service_control_policy_is_named(double: Double, provide: Provide) -> None:
    double.fault(LIST, faults.denied_by_scp())
    error, witness = failing(provide)
    (lacking,) = witness.close(0).lacking
    assert (lacking.reason, lacking.permission) == ("denied", "backup:ListBackupVaults")
    assert lacking.detail.startswith("service control policy: ")
    assert "only whoever manages the organization can lift it" in error.line()
    assert witness.close(0).outcome is Outcome.FAILED


def test_a_region_that_is_not_enabled(double: Double, provide: Provide) -> None:
    double.fault(LIST, faults.region_not_enabled())
    error, witness = failing(provide)
    (lacking,) = witness.close(0).lacking
    assert lacking.reason == "not_enabled"
    assert "eu-west-1 is in a region that is not enabled" in error.line()
    assert "Enable eu-west-1 for the account" in error.line()
    assert "expired" not in error.line()
    assert witness.close(0).outcome is Outcome.FAILED


def test_a_key_that_nobody_knows_any_more_is_no_matter_of_the_region(double: Double, provide: Provide) -> None:
    provider = provide()
    client, witness = opened(provider)
    double.fault(LIST, faults.region_not_enabled())
    double.fault("sts.get_caller_identity", faults.region_not_enabled())
    with pytest.raises(CallError, match="has lost its credentials"):
        vaults(client)
    assert [one.reason for one in witness.close(0).lacking] == ["expired"]


def test_a_subscription_that_is_missing_is_unavailable(double: Double, provide: Provide) -> None:
    double.fault(LIST, faults.opt_in_required())
    _, witness = failing(provide)
    assert [one.reason for one in witness.close(0).lacking] == ["unavailable"]


def test_nobody_answers_at_all(double: Double, provide: Provide, impatient: list[float]) -> None:
    provider = provide()
    client, _ = opened(provider)
    object.__setattr__(provider.scope, "endpoint", "http://127.0.0.1:9")
    with pytest.raises(CallError, match="cannot be reached"):
        vaults(client)


def test_a_streamed_body_comes_as_bytes(double: Double, provide: Provide) -> None:
    double.script({"s3.get_object": {"Body": b"\x00log\xff" * 100_000}})
    answer = opened(provide())[0].ask("s3.get_object", Bucket="logs", Key="a")
    assert answer is not None
    assert answer["Body"] == b"\x00log\xff" * 100_000
    assert io.BytesIO(answer["Body"]).read(5) == b"\x00log\xff"


def test_a_report_that_is_never_ready(double: Double, provide: Provide) -> None:
    double.script({"iam.generate_credential_report": {"State": "STARTED"}})
    now = [0.0]

    def sleep(seconds: float, stop: threading.Event) -> None:
        now[0] += seconds

    witness = Witness(HEADER)
    provider = provide(wire={"sleep": sleep, "paced": False})
    client = provider.open(BOUNDARY, "eu-west-1", witness, Deadline.after(3600, clock=lambda: now[0]))
    with pytest.raises(CallError, match="not ready within 180 s"):
        client.until("iam.generate_credential_report", lambda answer: answer["State"] == "COMPLETE", every=30)
    assert len(double.called("iam.generate_credential_report")) == 6
    assert [one.reason for one in witness.close(0).lacking] == ["failed"]
