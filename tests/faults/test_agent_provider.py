"""What AWS can do to a person who collects, through the program itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.assembly.company import ACCOUNT, REGIONS, Company, restore
from tests.faults.person import annexa, collected, sound
from tests.lab.aws import faults

LIST = "backup.list_restore_jobs"
NOW = datetime.now(UTC)
NOBODY = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}


def pages(firm: Company, count: int) -> None:
    """Let both regions list so many pages of one restore job each."""
    firm.double.script({LIST: [{"RestoreJobs": [restore(f"r-{number}", NOW)]} for number in range(count)]})


def test_no_credentials(firm: Company) -> None:
    (run,) = collected(firm, 3, **NOBODY)
    assert (run["outcome"], run["region"], run["records"]) == ("failed", "", 0)
    assert run["error"].startswith("no credentials for AWS")
    assert "AWS_PROFILE" in run["error"]
    done = annexa(firm, "doctor", **NOBODY)
    assert "no credentials for AWS" in done.out
    assert annexa(firm, "status", **NOBODY).status == 0


@pytest.mark.parametrize(("fault", "said"), [
    (faults.expired_credentials(), "The security token included in the request is expired"),
    (faults.clock_skew(), "The difference between the request time and the current time is too large"),
], ids=lambda one: getattr(one, "name", ""))
def test_credentials_that_are_not_accepted(firm: Company, fault: faults.Fault, said: str) -> None:
    firm.double.fault("sts.get_caller_identity", fault)
    runs = collected(firm, 3)
    assert {run["outcome"] for run in runs} == {"failed"}
    assert all(run["error"].startswith("AWS does not accept the credentials (") for run in runs)
    assert all(said in run["error"] for run in runs)
    firm.double.reset()
    assert [run["outcome"] for run in collected(firm, 0)] == ["succeeded"] * 2
    sound(firm)


def test_credentials_that_expire_in_mid_run(firm: Company) -> None:
    pages(firm, 3)
    firm.double.fault(LIST, faults.expired_credentials(), page=3, region=REGIONS[0])
    broken, whole = collected(firm, 3)
    assert (broken["outcome"], broken["records"]) == ("partial", 2)
    assert [one["reason"] for one in broken["lacking"]] == ["expired"]
    assert "Renew the credentials" in broken["error"]
    assert (whole["outcome"], whole["records"]) == ("succeeded", 3)


def test_a_role_that_cannot_be_assumed(firm: Company) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/annexa"
    config = firm.write()
    config.write_text(config.read_text().replace("    provider: aws", f"    provider: aws\n    role_arn: {arn}"))
    firm.double.fault("sts.assume_role", faults.denied())
    text = config.read_text()
    firm.write = lambda: config  # type: ignore[method-assign]  # the file stays as it is now
    (run,) = collected(firm, 3)
    assert config.read_text() == text
    assert run["error"].startswith(f"{arn} cannot be assumed (")
    assert "AccessDenied" in run["error"]
    assert "trust policy" in run["error"]
    firm.double.reset()
    runs = collected(firm, 0)
    assert {run["boundary"] for run in runs} == {ACCOUNT}


@pytest.mark.parametrize(("fault", "reason", "said"), [
    (faults.denied(), "denied", "backup:ListRestoreJobs"),
    (faults.denied_by_scp(), "denied", "only whoever manages the organization can lift it"),
    (faults.region_not_enabled(), "not_enabled", "is in a region that is not enabled: Unrecognized"),
    (faults.opt_in_required(), "unavailable", "OptInRequired"),
], ids=lambda one: getattr(one, "name", ""))
def test_a_region_that_refuses_is_a_run_of_its_own(
    firm: Company, fault: faults.Fault, reason: str, said: str
) -> None:
    firm.double.fault(LIST, fault, region=REGIONS[1])
    whole, refused = collected(firm, 3)
    assert (whole["outcome"], refused["outcome"]) == ("succeeded", "partial" if reason == "unavailable" else "failed")
    assert [one["reason"] for one in refused["lacking"]] == [reason]
    assert said in refused["error"]
    done = annexa(firm, "collect")
    assert done.status == 3
    assert REGIONS[1] in done.out + done.err


def test_throttling_that_passes(firm: Company) -> None:
    firm.restores(restore("r-1", NOW))
    firm.double.fault(LIST, faults.throttle(times=16))  # more than the SDK alone would try, in both regions
    assert [run["records"] for run in collected(firm, 0)] == [1, 1]
    assert len(firm.double.called(LIST)) == 18
    with firm.app(writer=False) as app:
        retries = [app.store.open_artifact(row.id).provenance.calls[0].retries for row in app.store.artifacts()]
    assert all(retries), "that it was asked for in vain is in the provenance"


@pytest.mark.parametrize("fault", [faults.cut(1), faults.truncated(1), faults.unavailable(1)], ids=lambda one: one.name)
def test_a_page_that_breaks_once_is_asked_for_again(firm: Company, fault: faults.Fault) -> None:
    pages(firm, 3)
    firm.double.fault(LIST, fault, page=2)
    assert [run["records"] for run in collected(firm, 0)] == [3, 3]


@pytest.mark.parametrize(("fault", "reason"), [
    (faults.cut(None), "failed"), (faults.rubbish(None), "failed"), (faults.expired_page_token(), "failed"),
    (faults.repeated_token(), "failed"),
], ids=lambda one: getattr(one, "name", ""))
def test_a_page_that_never_comes_leaves_a_partial_run(firm: Company, fault: faults.Fault, reason: str) -> None:
    pages(firm, 3)
    firm.double.fault(LIST, fault, page=2, region=REGIONS[0])
    broken, whole = collected(firm, 3)
    assert (broken["outcome"], whole["outcome"]) == ("partial", "succeeded")
    assert [one["reason"] for one in broken["lacking"]] == [reason]
    listed = json.loads(annexa(firm, "query", "SELECT region FROM backup_test", "--json").out)
    assert {row["region"] for row in rows(listed)} == {REGIONS[1]}, "half a list is no evidence"


def rows(answer: Any) -> list[dict[str, Any]]:
    return answer["rows"] if isinstance(answer, dict) else list(answer)


def test_a_page_of_ten_megabytes(firm: Company) -> None:
    pages(firm, 2)
    firm.double.fault(LIST, faults.huge(10_000_000))
    assert [run["records"] for run in collected(firm, 0)] == [2, 2]


def test_strings_that_mean_harm_reach_nobody(firm: Company) -> None:
    hostile = "\x1b[31m\u202egpj.exe\x07\x00=cmd|' /C calc'!A1'; DROP TABLE backup_test; --\ud83d\ud83d 🔥"
    firm.restores({**restore("r-1", NOW), "SourceResourceArn": hostile.encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"), "StatusMessage": hostile.encode("utf-8", "replace").decode()})
    firm.double.fault(LIST, faults.denied(because="\x1b[2J\r\nannexa: all is well\u202e {action}"), region=REGIONS[1])
    whole, refused = collected(firm, 3)
    assert (whole["records"], refused["outcome"]) == (1, "failed")
    assert refused["error"].isprintable()
    shown = [
        annexa(firm, "collect").out, annexa(firm, "query", "SELECT * FROM backup_test").out,
        annexa(firm, "evidence", "show", whole["artifact"]).out, annexa(firm, "status").out,
        annexa(firm, "alerts").out,
    ]
    for text in shown:
        assert text
        for sign in "\x1b\x07\x00\r\u202e":
            assert sign not in text
    sound(firm)


def test_an_empty_account(firm: Company) -> None:
    runs = collected(firm, 0)
    assert [(run["outcome"], run["records"], run["lacking"]) for run in runs] == [("succeeded", 0, [])] * 2
    done = annexa(firm, "status", "--json")
    control = next(one for one in json.loads(done.out)["controls"] if one["id"] == "8.13")
    (found,) = [one for one in control["requirements"] if one["id"] == "backup-restore-tests"]
    assert found["freshness"] == "missing"
    assert "nothing qualifies" in found["reason"] or "qualified" in found["reason"], found["reason"]
    sound(firm)
