"""How fast Azure may be asked: a budget for each family of operations that learns from the answers.

Resource Manager counts reads by subscription and caller, Resource Graph queries by caller, Log
Analytics queries by caller; each tells in its own headers how much is left.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.clients.throttle import Limit, Pacing, number

READS = Limit(25, 250)
"""Of Resource Manager, by subscription: a bucket of 250 that fills by 25 a second."""
QUERIES = Limit(2.9, 1)
"""Of Resource Graph: 15 in any 5 seconds."""
LOGS = Limit(6, 20)
"""Of Log Analytics: 200 in any 30 seconds."""
NEAR = 20.0
"""Reads left below which a subscription is asked more slowly."""
LEFT = ("x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-tenant-reads")


class Throttle(Pacing):
    """The families of one scope, by operation and by the subscription or tenant that is read."""

    def turn(self, call: str, where: str) -> float:
        """Reserve the next request, and return how long to wait before making it."""
        return self.take(*family(call, where))

    def refuse(self, call: str, where: str, after: float | None, attempt: int) -> float:
        """Learn from a refusal, and return the pause: what the provider asks for, else one that doubles."""
        return self.slow(*family(call, where), after, attempt)

    def answer(self, call: str, where: str, headers: Mapping[str, str]) -> None:
        """Learn from an answer how much is left, and when a used-up quota is filled again."""
        near = any(number(headers.get(name), NEAR) < NEAR for name in LEFT)
        used_up = headers.get("x-ms-user-quota-remaining") == "0"
        closed = resets(headers) if used_up else 0.0
        self.learn(*family(call, where), near=near, closed=closed or 0.0)


def family(call: str, where: str) -> tuple[str, Limit]:
    """Return the family of an operation and its limit."""
    if call.startswith("resourcegraph."):
        return "resourcegraph", QUERIES
    if call == "loganalytics.query":
        return "loganalytics.query", LOGS
    return f"arm {where}", READS


def resets(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until a quota of Resource Graph is filled again (`hh:mm:ss`), None where it is not told."""
    try:
        hours, minutes, seconds = headers.get("x-ms-user-quota-resets-after", "").split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
