"""How fast Microsoft Graph may be asked: a budget for each family of paths that learns from the answers.

The published limits are by application and tenant, some by tenant for all applications, and some
answers that refuse name no time to come back; so the patience is ours and shared by all runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.clients.throttle import Limit, Pacing, number

NEAR = 0.8
"""From this share of its limit on Graph warns, and the family is slowed."""

REPORTS = Limit(0.48, 1)
PROTECTION = Limit(0.95, 1)
DIRECTORY = Limit(310, 200)
SECURITY = Limit(2.4, 4)
DEVICES = Limit(90, 200)
ANNOUNCEMENTS = Limit(0.2, 60)
OTHER = Limit(20, 20)
FAMILIES: dict[str, tuple[str, Limit]] = {
    "audit_logs": ("reports", REPORTS),
    "reports": ("reports", REPORTS),
    "identity": ("protection", PROTECTION),
    "identity_protection": ("protection", PROTECTION),
    "security": ("security", SECURITY),
    "device_management": ("device management", DEVICES),
    "admin": ("announcements", ANNOUNCEMENTS),
    **dict.fromkeys(
        ("users", "groups", "devices", "applications", "service_principals", "organization", "domains",
         "directory_roles", "oauth2_permission_grants", "subscribed_skus"),
        ("directory", DIRECTORY),
    ),
}
"""By the first word of a call: reports 5 requests in 10 s, protection 1 a second, security 150 a minute and 4 at once,
device management 2,000 in 20 s, announcements 800 an hour, the directory 3,500 resource units in 10 s (the smallest
tenants; four batches hold back up to 160 of them until they go out). What comes at once and what follows at the rate
stay within these in any window of that length, the first one too. Governance and policies have no published limit of
their own."""
COSTS = {"groups": 3.0, "subscribed_skus": 3.0}
"""Resource units of a request to the directory where it is not two."""


class Throttle(Pacing):
    """The families of one tenant."""

    def turn(self, call: str) -> float:
        """Reserve the next request of a call's family, and return how long to wait before making it."""
        return self.take(*_family(call), cost(call))

    def closed(self, call: str) -> float:
        """Return how long the family of a call stays closed."""
        return self.left(*_family(call))

    def refuse(self, call: str, after: float | None, attempt: int) -> float:
        """Learn from a refusal, and return the pause: what the provider asks for, else one that doubles."""
        return self.slow(*_family(call), after, attempt)

    def answer(self, call: str, headers: Mapping[str, str]) -> None:
        """Learn from an answer: what it really cost, and how near the limit is."""
        name, limit = _family(call)
        units = number(headers.get("x-ms-resource-unit"), cost(call)) if limit is DIRECTORY else cost(call)
        near = number(headers.get("x-ms-throttle-limit-percentage"), 0.0) >= NEAR
        self.learn(name, limit, near=near, extra=max(0.0, units - cost(call)))


def _family(call: str) -> tuple[str, Limit]:
    first = call.partition(".")[0]
    return FAMILIES.get(first, (first, OTHER))


def cost(call: str) -> float:
    """Return what one request costs in the units of its family."""
    first = call.partition(".")[0]
    return COSTS.get(first, 2.0) if _family(call)[0] == "directory" else 1.0
