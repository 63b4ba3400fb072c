"""The rows of IAM's credential report, read as accounts."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Run
from agent.model import Account

GENERATE = Api("iam.generate_credential_report", ("iam:GenerateCredentialReport",))
GET = Api("iam.get_credential_report", ("iam:GetCredentialReport",))
ROOT = "<root_account>"
NOTHING = ("", "N/A", "not_supported", "no_information")


def written(run: Run[Aws]) -> None:
    """Have IAM write the report, and wait for it."""
    run.client.until(GENERATE.call, lambda answer: bool(answer["State"] == "COMPLETE"))


def rows(page: dict[str, Any], run: Run[Aws]) -> list[dict[str, str]]:
    """Return the lines of a report, and note when it was written."""
    run.note(f"IAM wrote the report at {page['GeneratedTime'].isoformat()}")
    return list(csv.DictReader(io.StringIO(page["Content"].decode())))


def account(row: dict[str, str]) -> Account:
    """Return one line of the report as an account."""
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
    return [credential("password", row["password_last_changed"], row["password_last_used"], active=True)]


def _keys(row: dict[str, str]) -> list[dict[str, Any]]:
    return [
        credential("access_key", made, row[f"access_key_{number}_last_used_date"],
                   active=_yes(row[f"access_key_{number}_active"]))
        for number in (1, 2)
        if (made := row[f"access_key_{number}_last_rotated"]) not in NOTHING or _yes(row[f"access_key_{number}_active"])
    ]


def _certificates(row: dict[str, str]) -> list[dict[str, Any]]:
    return [
        credential("certificate", made, "", active=_yes(row[f"cert_{number}_active"]))
        for number in (1, 2)
        if (made := row[f"cert_{number}_last_rotated"]) not in NOTHING
    ]


def credential(kind: str, created: str, used: str, *, active: bool) -> dict[str, Any]:
    """Return one credential, its times read from the report's text."""
    return {"type": kind, "created_at": _time(created), "last_used_at": _time(used), "active": active}


def _yes(text: str) -> bool:
    return text == "true"


def _time(text: str) -> datetime | None:
    return None if text in NOTHING else datetime.fromisoformat(text)
