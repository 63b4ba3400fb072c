"""What `collect` says: by scope, what is lacking with its remedy, the same failure once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from agent.cli import watch
from agent.cli.show import runs
from agent.model import Lacking, Outcome, Task
from agent.run import Progress, Result
from tests.cli import drive

GOOD = Result(task=Task("aws.backup_restore_jobs", "prod", "123456789012", "eu-west-1"), outcome=Outcome.SUCCEEDED,
              records=1500, artifact="sha256:00")
DENIED = replace(
    GOOD, task=Task("aws.iam_users", "prod", "123456789012"), outcome=Outcome.PARTIAL, records=3,
    lacking=(Lacking("iam.list_mfa_devices", "denied", "AccessDenied", "iam:ListMFADevices"),),
)
FAILED = replace(GOOD, outcome=Outcome.FAILED, records=0, error="the region is not enabled",
                 task=Task("aws.backup_restore_jobs", "prod", "123456789012", "af-south-1"))


def told(results: list[Result], width: int = 100) -> list[str]:
    screen, raw = drive.screen(width)
    runs.runs(screen, results)
    return raw.getvalue().decode().splitlines()


def test_a_scope_has_its_counts_and_every_problem_with_its_remedy() -> None:
    other = replace(FAILED, task=replace(FAILED.task, region="me-south-1"))
    elsewhere = replace(GOOD, task=replace(GOOD.task, scope="dev"), records=1)
    assert told([GOOD, DENIED, FAILED, other, elsewhere]) == [
        "dev  ✓ 1 succeeded   1 record",
        "prod  ✓ 1 succeeded   ! 1 partial   ✗ 2 failed   1,503 records",
        "  ! partial  iam.list_mfa_devices: permission is lacking (AccessDenied); allow iam:ListMFADevices",
        "             in aws.iam_users",
        "  ✗ failed   the region is not enabled",
        "             in aws.backup_restore_jobs (af-south-1, me-south-1)",
    ]


def test_nothing_due_says_so() -> None:
    assert told([]) == ["Nothing was due."]


def test_five_hundred_accounts_with_one_failure_are_two_lines() -> None:
    many = [replace(FAILED, task=replace(FAILED.task, boundary=f"{n:012}")) for n in range(500)]
    assert told(many) == [
        "prod  ✗ 500 failed   0 records",
        "  ✗ failed   the region is not enabled",
        "             in aws.backup_restore_jobs (af-south-1)",
    ]


def test_plain_lines_tell_a_failure_once_and_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    look = watch.Lines()
    counts = Progress()
    counts.begin(4)
    look.begin(counts)
    for one in (GOOD, FAILED, replace(FAILED, task=replace(FAILED.task, region="me-south-1")), DENIED):
        look.ended(one)
    look.stop()
    first, second, last = capsys.readouterr().err.splitlines()
    assert first == "annexa: failed: aws.backup_restore_jobs in prod/123456789012/af-south-1: the region is not enabled"
    assert second == "annexa: partial: aws.iam_users in prod/123456789012: iam:ListMFADevices denied"
    assert last.startswith("annexa: 4 of 4 runs, 1,503 records, ")


def unreachable(folder: Path) -> dict[str, str]:
    """Configure a scope whose cloud answers nobody, and return what the shell would hold."""
    scope = {"name": "aws", "provider": "aws", "endpoint": "http://127.0.0.1:9", "regions": ["eu-central-1"],
             "account_id": "123456789012"}
    config = {"organization": "Example Ltd", "timezone": "UTC", "scopes": [scope]}
    (folder / "annexa.yaml").write_text(yaml.safe_dump(config))
    return {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}


def test_a_cloud_that_is_not_there_is_a_failed_run_and_status_3(tmp_path: Path) -> None:


    environ = unreachable(tmp_path)
    done = drive.process("collect", "--collector", "aws.iam_credential_report", "--json", cwd=tmp_path, **environ)
    assert done.status == 3
    (run,) = json.loads(done.out)["runs"]
    assert (run["outcome"], run["records"], run["scope"]) == ("failed", 0, "aws")
    assert run["artifact"].startswith("sha256:")
    assert "127.0.0.1:9" in run["error"]
    assert all(line.startswith("annexa: ") for line in done.err.splitlines())
    listed = drive.process("evidence", "list", "--outcome", "failed", "--json", cwd=tmp_path, **environ)
    assert [one["artifact"] for one in json.loads(listed.out)["artifacts"]] == [run["artifact"]]
    quiet = drive.process("collect", "-q", "--collector", "aws.iam_*report", cwd=tmp_path, **environ)
    assert (quiet.status, quiet.err) == (3, "")
    assert quiet.out.startswith("aws  ✗ 1 failed")


def test_a_collector_or_scope_that_is_none_is_a_wrong_argument(tmp_path: Path) -> None:
    environ = unreachable(tmp_path)
    strange = drive.process("collect", "--collector", "aws.iam_credential_reprot", cwd=tmp_path, **environ)
    assert strange.status == 2
    assert "Did you mean 'aws.iam_credential_report'?" in strange.err
    nowhere = drive.process("collect", "--scope", "awz", cwd=tmp_path, **environ)
    assert (nowhere.status, nowhere.out) == (2, "")
    assert "no scope 'awz'" in nowhere.err


def refused(name: str, account: str = "123456789012") -> Result:
    scp = "service control policy: AccessDenied: with an explicit deny"
    return replace(
        FAILED, task=replace(FAILED.task, collector=f"aws.{name}", boundary=account),
        lacking=(Lacking(f"backup.{name}", "denied", scp, f"backup:{name}"),),
    )


def test_what_one_place_refuses_stands_together() -> None:
    assert told([refused("b_jobs"), refused("a_jobs")]) == [
        "prod  ✗ 2 failed   0 records",
        "  ✗ failed   123456789012 af-south-1: a service control policy denies backup:a_jobs, backup:b_jobs;",
        "             only whoever manages the organization can lift it",
        "             in aws.b_jobs (af-south-1), aws.a_jobs (af-south-1)",
    ]


def test_what_five_hundred_accounts_refuse_alike_is_one_line() -> None:
    said = told([refused("jobs", f"{n:012}") for n in range(500)])
    assert sum("failed" in line for line in said) == 2, "the count, and one for all"
    assert "492 more places" in " ".join(said)
