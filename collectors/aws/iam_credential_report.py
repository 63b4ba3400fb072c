"""IAM's credential report: every user and the root user with their passwords, keys and second factors."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Account

HEADER = Header(
    id="aws.iam_credential_report",
    title="IAM credential report",
    kind="account",
    population="Every IAM user of the account, and its root user, as IAM's credential report lists them.",
    provider="aws",
    per="boundary",
    calls=(
        Api("iam.generate_credential_report", ("iam:GenerateCredentialReport",)),
        Api("iam.get_credential_report", ("iam:GetCredentialReport",)),
        Api("iam.get_account_summary", ("iam:GetAccountSummary",)),
    ),
    limits=(
        "AWS writes the report at most once in four hours; a note of the run says when.",
        "AWS does not tell people from programs: a user without a console password is shown as `service`.",
        "It holds no people of IAM Identity Center: aws.identity_center_users does.",
    ),
)

ROOT = "<root_account>"
NOTHING = ("", "N/A", "not_supported", "no_information")


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one account per row of the report."""
    run.client.until("iam.generate_credential_report", lambda answer: answer["State"] == "COMPLETE")
    for row in run.client.population("iam.get_credential_report", key=lambda page: _rows(page, run)):
        yield Record(_account(row), row)
    summary = run.client.ask("iam.get_account_summary")
    if summary is not None:  # not exact: users made since the report was written are in the summary alone
        run.receipt("iam.get_account_summary, users and root", summary["SummaryMap"]["Users"] + 1)


def _rows(page: dict[str, Any], run: Run[Aws]) -> list[dict[str, str]]:
    run.note(f"IAM wrote the report at {page['GeneratedTime'].isoformat()}")
    return list(csv.DictReader(io.StringIO(page["Content"].decode())))


def _account(row: dict[str, str]) -> Account:
    root = row["user"] == ROOT
    credentials = [*_password(row), *_keys(row), *_certificates(row)]
    used = [one["last_used_at"] for one in credentials if one["last_used_at"]]
    return Account(
        row["arn"],
        principal=row["user"],
        type="root" if root else "human" if _yes(row["password_enabled"]) else "service",
        privileged=True if root else None,
        mfa=_yes(row["mfa_active"]),
        enabled=root or any(one["active"] for one in credentials),
        created_at=_time(row["user_creation_time"]),
        last_used_at=max(used, default=None),
        credentials=credentials,
    )


def _password(row: dict[str, str]) -> list[dict[str, Any]]:
    if row["user"] != ROOT and not _yes(row["password_enabled"]):
        return []
    return [_credential("password", row["password_last_changed"], row["password_last_used"], active=True)]


def _keys(row: dict[str, str]) -> list[dict[str, Any]]:
    return [
        _credential("access_key", made, row[f"access_key_{number}_last_used_date"],
                    active=_yes(row[f"access_key_{number}_active"]))
        for number in (1, 2)
        if (made := row[f"access_key_{number}_last_rotated"]) not in NOTHING or _yes(row[f"access_key_{number}_active"])
    ]


def _certificates(row: dict[str, str]) -> list[dict[str, Any]]:
    return [
        _credential("certificate", made, "", active=_yes(row[f"cert_{number}_active"]))
        for number in (1, 2)
        if (made := row[f"cert_{number}_last_rotated"]) not in NOTHING
    ]


def _credential(kind: str, created: str, used: str, *, active: bool) -> dict[str, Any]:
    return {"type": kind, "created_at": _time(created), "last_used_at": _time(used), "active": active}


def _yes(text: str) -> bool:
    return text == "true"


def _time(text: str) -> datetime | None:
    return None if text in NOTHING else datetime.fromisoformat(text)
