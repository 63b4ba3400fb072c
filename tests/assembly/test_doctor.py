"""What doctor says of permissions, regions and alert routes, against the double of AWS and a real mail server."""

from __future__ import annotations

import pytest

from tests.assembly.company import ACCOUNT, Company
from tests.assembly.test_alerts import Mailbox, mail
from tests.lab.aws import faults
from tests.lab.aws.wire import ErrorAnswer

__all__ = ["mail"]


def found(firm: Company, check: str, *, send: bool = False) -> list[tuple[str, str]]:
    with firm.app() as app:
        return [(one.state, one.what) for one in app.doctor(send=send) if one.check.startswith(check)]


def test_what_is_allowed_is_counted(firm: Company) -> None:
    assert found(firm, "permissions") == [("ok", "1 permissions tried, 1 allowed")]
    assert found(firm, "regions") == [("ok", "2 of 2 regions answer")]


def test_a_denied_permission_names_the_collectors_that_want_it(firm: Company) -> None:
    firm.double.fault("backup.list_restore_jobs", faults.denied())
    with firm.app() as app:
        lines = [one for one in app.doctor() if one.check == f"permissions {ACCOUNT}"]
    assert [one.state for one in lines] == ["fail", "warn"]
    assert lines[0].what == "backup:ListRestoreJobs: denied; aws.backup_restore_jobs will be partial or fail"
    assert "backup:ListRestoreJobs" in lines[0].remedy
    assert lines[1].what == "1 permissions tried, 0 allowed"


def test_what_is_not_switched_on_is_neither_allowed_nor_denied(firm: Company) -> None:
    firm.double.fault("backup.list_restore_jobs", faults.subscription_required())
    (told, counted) = found(firm, "permissions")
    assert told[0] == "warn"
    assert told[1].startswith("backup:ListRestoreJobs: not available here: it is not switched on, or needs a licence")
    assert counted == ("warn", "1 permissions tried, 0 allowed")


def test_an_answer_that_tells_nothing_is_no_yes(firm: Company) -> None:
    firm.double.fault("backup.list_restore_jobs", faults.unavailable(times=None))
    (told, counted) = found(firm, "permissions")
    assert (told[0], counted[0]) == ("warn", "warn")
    assert "does not tell" in told[1]


def test_ec2_only_says_whether_it_would_answer(firm: Company) -> None:
    """Without parameters it would list the images of everybody."""
    firm.collectors = ("aws.machine_images",)
    would = ErrorAnswer("DryRunOperation", 412, "Request would have succeeded, but DryRun flag is set.")
    firm.double.handle("ec2.describe_images", lambda *_: would)
    assert found(firm, "permissions") == [("ok", "1 permissions tried, 1 allowed")]
    asked = firm.double.called("ec2.describe_images")
    assert asked
    assert {call.params.get("DryRun") for call in asked} == {True}


def test_what_would_change_something_is_not_tried_and_said(firm: Company) -> None:
    firm.collectors = ("aws.iam_credential_report",)
    firm.double.script({"iam.get_credential_report": [{"Content": b"", "ReportFormat": "text/csv"}]})
    counted = found(firm, "permissions")[-1]
    assert "not tried, because the call is no plain read: iam:GenerateCredentialReport" in counted[1]


def test_a_region_that_the_organization_forbids_is_named(firm: Company) -> None:
    firm.double.fault("backup.list_restore_jobs", faults.denied_by_scp(), region="eu-west-1")
    assert found(firm, "permissions") == [("ok", "1 permissions tried, 1 allowed")]
    assert found(firm, "regions") == [
        ("fail", "eu-west-1: backup:ListRestoreJobs is denied"), ("warn", "1 of 2 regions answer"),
    ]


@pytest.mark.parametrize("refuse", [False, True])
def test_a_test_message_is_really_sent(firm: Company, mail: tuple[Mailbox, str], refuse: bool) -> None:
    box, address = mail
    box.refuse = refuse
    firm.environ["ALERT_URL"] = address
    firm.more = 'alerts: {routes: [{name: mail, to: "${ALERT_URL}", on: [stale]}]}'
    assert found(firm, "alerts") == [
        ("ok", "its address is understood; no message was sent (--send-test sends one)"),
    ]
    assert box.messages == []
    ((state, what),) = found(firm, "alerts", send=True)
    assert (state, what) == (("fail", "it did not take a test message") if refuse else ("ok", "a test message was taken"))
    assert len(box.messages) == (0 if refuse else 1)
