"""Whom Microsoft tells of trouble in the tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from collectors.entra._settings import setting

CALL = "organization"

HEADER = Header(
    id="entra.org_contacts",
    title="Contacts of the tenant",
    kind="configuration",
    population="The contacts of the tenant for technical, security and privacy notices, and its verified domains.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("Organization.Read.All",)),),
    cadence="P7D",
    limits=("Whether somebody reads what is sent there is not known.",),
)
SELECT = ["id", "displayName", "technicalNotificationMails", "securityComplianceNotificationMails",
          "securityComplianceNotificationPhones", "privacyProfile", "verifiedDomains"]


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield the contacts of the tenant, one setting a record."""
    for tenant in run.client.population(CALL, select=SELECT):
        for name, value in _settings(tenant).items():
            yield Record(setting(tenant["id"], name, value), tenant)


def _settings(tenant: dict[str, Any]) -> dict[str, Any]:
    privacy = tenant.get("privacyProfile") or {}
    return {
        "technical": sorted(tenant.get("technicalNotificationMails") or []),
        "security": sorted(tenant.get("securityComplianceNotificationMails") or []),
        "security_phones": sorted(tenant.get("securityComplianceNotificationPhones") or []),
        "privacy": privacy.get("contactEmail"),
        "privacy_statement": privacy.get("statementUrl"),
        "domains": sorted(one["name"] for one in tenant.get("verifiedDomains") or () if one.get("name")),
    }
