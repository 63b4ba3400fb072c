"""What a true tool says of the subscriptions, worked out from the estate alone."""

from __future__ import annotations

from datetime import timedelta

from tests.lab.estate import Estate
from tests.truth.expected_entra import LATER

POWER = ("Owner", "Contributor")


def counts(estate: Estate) -> dict[str, int]:
    """Return how many records each collector has to bring."""
    held = estate.subscriptions
    since = estate.now + LATER - timedelta(days=89)
    return {
        "azure.subscriptions": len(held.all),
        "azure.resource_graph_inventory": len(held.things),
        "azure.role_assignments": len(held.given),
        "azure.activity_log": len([one for one in held.events if one.at >= since]),
        "azure.patch_status": len(held.of("machines")),
    }


def people_with_power(estate: Estate, subscription: str) -> int:
    """Return how many people hold a strong role on a subscription by themselves."""
    return len([
        one for one in estate.subscriptions.given
        if one.subscription.id == subscription and one.kind == "User" and one.role in POWER
    ])
