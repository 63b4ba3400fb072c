"""How fast Google may be asked: a budget for each family of methods that learns from the answers.

Google counts by the project whose quota is used, so all scopes with one quota project share a budget.
"""

from __future__ import annotations

from agent.clients.throttle import Limit, Pacing

RATES: dict[str, float] = {
    "cloudasset.search_all_resources": 6,
    "cloudasset.search_all_iam_policies": 6,
    "cloudasset.list_assets": 1.5,
    "cloudasset.batch_get_assets_history": 1.5,
    "cloudasset.analyze_iam_policy": 1.5,
    "cloudasset.export_assets": 0.9,
    "logging.list_log_entries": 0.9,
    "logging": 5,
    "cloudresourcemanager": 8,
    "iam": 30,
    "sql": 3,
    "backupdr": 10,
    "gkebackup": 10,
    "orgpolicy": 8,
    "securitycenter": 4,
    "cloudkms": 5,
    "compute": 15,
    "osconfig": 4,
    "recommender": 1.5,
    "storage": 10,
}
"""Calls a second by `service.method` or `service`, below the published default quotas; the method's own row wins."""
OTHER = 5.0
"""Calls a second of a service without a row."""


class Throttle(Pacing):
    """The families of one quota project."""

    def turn(self, call: str) -> float:
        """Reserve the next call of a family, and return how long to wait before making it."""
        return self.take(*family(call))

    def refuse(self, call: str, after: float | None, attempt: int) -> float:
        """Learn from a refusal, and return the pause: what Google asks for, else one that doubles."""
        return self.slow(*family(call), after, attempt)

    def answer(self, call: str) -> None:
        """Let the rate of a family grow back."""
        self.learn(*family(call), near=False)

    def rate(self, call: str) -> float:
        """Return the calls a second that a family has now."""
        name, limit = family(call)
        return limit.rate * next((found.share for other, found in self.families() if other == name), 1.0)


def family(call: str) -> tuple[str, Limit]:
    """Return the family of a call and its limit: the method's own row, else the service's."""
    service = call.partition(".")[0]
    name = call if call in RATES else service
    rate = RATES.get(name, OTHER)
    return name, Limit(rate, max(rate, 1.0))
