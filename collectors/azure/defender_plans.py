"""Which plans of Microsoft Defender for Cloud are switched on, and who is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.azure import Azure
from agent.collector import Api, Header, Record, Run
from collectors.azure._answers import UNREGISTERED
from collectors.azure._settings import setting

PLANS, CONTACTS = "security.pricings.list", "security.security_contacts.list"
HEADER = Header(
    id="azure.defender_plans",
    title="Plans of Defender for Cloud",
    kind="configuration",
    population="Every plan of Defender for Cloud of the subscription, paid for or not, and its contact for security.",
    provider="azure",
    per="member",
    calls=(
        Api(PLANS, ("Microsoft.Security/pricings/read",), answers=UNREGISTERED),
        Api(CONTACTS, ("Microsoft.Security/securityContacts/read",), answers=UNREGISTERED),
    ),
    limits=(
        "Whether there is anything that a plan would watch is not read: compare azure.resource_graph_inventory.",
        "Plans that Microsoft has replaced by others are skipped.",
    ),
)


def collect(run: Run[Azure]) -> Iterator[Record]:
    """Yield one record per plan and setting, and one for the contact."""
    scope = f"subscriptions/{run.client.subscription}"
    for plan in run.client.population(PLANS, scopeId=scope):
        if (plan.get("properties") or {}).get("deprecated"):
            run.skip("a plan that another has replaced")
            continue
        for name, value in _settings(plan.get("properties") or {}).items():
            yield Record(setting(plan["id"], name, value), plan)
    contacts = list(run.client.read(CONTACTS))
    said = sorted({address for one in contacts for address in _addresses(one)})
    row = setting(f"/{scope}", "security_contact", ", ".join(said) or None)
    yield Record(row, [{"operation": CONTACTS, "item": one} for one in contacts])


def _settings(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "plan": {"Standard": "on", "Free": "off"}.get(said.get("pricingTier", ""), said.get("pricingTier")),
        "sub_plan": said.get("subPlan"),
        "enforced": said.get("enforce"),
        "coverage": said.get("resourcesCoverageStatus"),
        "extensions": sorted(one["name"] for one in said.get("extensions") or () if one.get("isEnabled") == "True"),
    }


def _addresses(contact: dict[str, Any]) -> list[str]:
    """Return the addresses of a contact; the older form has them apart by commas or semicolons."""
    text = (contact.get("properties") or {}).get("emails") or ""
    return [one.strip() for one in text.replace(",", ";").split(";") if one.strip()]
