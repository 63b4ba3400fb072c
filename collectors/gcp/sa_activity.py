"""When service accounts and their keys last proved who they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Account
from collectors.gcp._names import within
from collectors.gcp._times import instant

CALL = "policyanalyzer.projects.locations.activityTypes.activities.query"
ACCOUNTS, KEYS = "serviceAccountLastAuthentication", "serviceAccountKeyLastAuthentication"
HEADER = Header(
    id="gcp.sa_activity",
    title="Last use of service accounts and keys",
    kind="account",
    population="Every service account of the project of which Google observed whether it was used, with its keys.",
    provider="gcp",
    per="member",
    calls=(
        Api(CALL, ("policyanalyzer.serviceAccountLastAuthenticationActivities.query",
                   "policyanalyzer.serviceAccountKeyLastAuthenticationActivities.query"),
            unavailable={"SERVICE_DISABLED": "the Policy Analyzer API is off: nobody tells when accounts were used"}),
    ),
    cadence="P1W",
    limits=(
        "`last_used_at` without a value says: not used in the time that Google observed, at most the last 90 days.",
        "What was used within the last two days may not be told yet.",
        "Whether an account is disabled, and when it was made, is not told here: gcp.service_accounts tells the first.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one account per service account, its keys read before."""
    keys: dict[str, list[dict[str, Any]]] = {}
    for item in run.client.read(CALL, key="activities", parent=_place(run, KEYS), pageSize=1000):
        keys.setdefault(within(item["fullResourceName"], "serviceAccounts"), []).append(item)
    for item in run.client.population(CALL, key="activities", parent=_place(run, ACCOUNTS), pageSize=1000):
        account = within(item["fullResourceName"], "serviceAccounts")
        raw = [{"operation": CALL, "item": item}, *({"operation": CALL, "item": one} for one in keys.get(account, ()))]
        yield Record(_row(account, item, keys.get(account, [])), raw)


def _place(run: Run[Gcp], kind: str) -> str:
    return f"{run.client.parent}/locations/global/activityTypes/{kind}"


def _row(account: str, item: dict[str, Any], keys: list[dict[str, Any]]) -> Account:
    return Account(
        item["fullResourceName"],
        principal=account,
        type="service",
        last_used_at=_used(item),
        credentials=[
            {"type": "access_key", "created_at": None, "last_used_at": _used(one), "active": None}
            for one in sorted(keys, key=lambda one: str(one["fullResourceName"]))
        ] or None,
    )


def _used(item: dict[str, Any]) -> Any:
    return instant((item.get("activity") or {}).get("lastAuthenticatedTime"))
