"""The root user: whether it can sign in, its second factor, its access keys, and when it was last used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Account
from collectors.aws._report import GENERATE, GET, ROOT, account, credential, rows, written

NO_CENTRE = {
    "ServiceAccessNotEnabledException": "the organization does not manage root access centrally",
    "AccountNotManagementOrDelegatedAdministratorException": "another account manages root access",
    "OrganizationNotFoundException": "the account belongs to no organization",
    "OrganizationNotInAllFeaturesModeException": "the organization shares bills alone",
}
HEADER = Header(
    id="aws.root_user",
    title="Root user",
    kind="account",
    population="The root user of the account, with its second factor, password and keys.",
    provider="aws",
    per="boundary",
    calls=(
        Api("iam.get_account_summary", ("iam:GetAccountSummary",)),
        GENERATE,
        GET,
        Api("iam.list_virtual_mfa_devices", ("iam:ListVirtualMFADevices",)),
        Api("iam.list_organizations_features", ("iam:ListOrganizationsFeatures",), answers=NO_CENTRE),
    ),
    limits=(
        "`last_used_at` is the credential report's, which AWS writes at most once in four hours; a note says when.",
        "What the root user did is in aws.cloudtrail_events.",
        "A hardware device has no row among the virtual devices: `mfa` says that there is one, the credentials do not.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield the one account."""
    written(run)
    for answer in run.client.population("iam.get_account_summary", key="@"):
        lines = run.client.read("iam.get_credential_report", key=lambda page: rows(page, run))
        reported = [line for line in lines if line["user"] == ROOT]
        listed = run.client.read("iam.list_virtual_mfa_devices", key="VirtualMFADevices", AssignmentStatus="Assigned")
        devices = [one for one in listed if one.get("User", {}).get("Arn", "").endswith(":root")]
        features = run.client.ask("iam.list_organizations_features")
        parts = {
            "iam.get_account_summary": answer,
            "iam.get_credential_report": reported,
            "iam.list_virtual_mfa_devices": devices,
            "iam.list_organizations_features": features,
        }
        unknown = Account(f"arn:aws:iam::{run.boundary.id}:root", type="root", privileged=True)
        known = account(reported[0]) if reported else unknown
        raw = [{"operation": call, "item": item} for call, item in parts.items()]
        yield Record(_row(known, answer["SummaryMap"], devices), raw)


def _row(known: Account, summary: dict[str, int], devices: list[dict[str, Any]]) -> Account:
    """Return what the report says of the root user, brought up to date by the summary."""
    said = known.credentials or []
    keys = [one for one in said if one["type"] == "access_key"] if summary["AccountAccessKeysPresent"] else []
    if summary["AccountAccessKeysPresent"] and not keys:
        keys = [credential("access_key", "", "", active=True)]
    password = bool(summary.get("AccountPasswordPresent", 1))  # regions that do not tell it cannot take it away
    others = [one for one in said if one["type"] != "access_key" and (password or one["type"] != "password")]
    factors = [
        {"type": "mfa", "created_at": one.get("EnableDate"), "last_used_at": None, "active": True} for one in devices
    ]
    return replace(
        known,
        principal="root",
        mfa=bool(summary["AccountMFAEnabled"]),
        enabled=password or any(one["active"] for one in keys),
        credentials=[*others, *keys, *factors],
    )
