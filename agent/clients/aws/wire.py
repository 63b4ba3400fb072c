"""What all runs of a scope share below the witness: sessions, paging, pace, patience."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import DataNotFoundError, ParamValidationError

from agent.clients.aws.rates import Throttle
from agent.clients.aws.sessions import Sessions, loader
from agent.clients.aws.tokens import Paging, Pagings
from agent.clients.throttle import Budgets

CALL_SECONDS = 180.0
"""The most that one page may take, with all that it waits for: longer than a minute of throttling."""
LONGEST_PAUSE = 20.0

Sleep = Callable[[float, threading.Event], None]


def sleep(seconds: float, stop: threading.Event) -> None:
    """Wait, and stop waiting when the agent stops."""
    stop.wait(seconds)


def paginators(service: str) -> Mapping[str, Any]:
    """Return botocore's paginators of a service by operation, {} where it has none."""
    try:
        found: Mapping[str, Any] = loader().load_service_model(service, "paginators-1").get("pagination", {})
    except DataNotFoundError:
        return {}
    return found


@dataclass(slots=True)
class Wire:
    """One scope's way to AWS."""

    sessions: Sessions
    budgets: Budgets = field(default_factory=Budgets)
    sleep: Sleep = sleep
    paced: bool = True
    call_seconds: float = CALL_SECONDS
    pagings: Pagings = field(default_factory=lambda: Pagings(paginators))
    chance: Callable[[], float] = random.random

    def throttle(self, account: str) -> Throttle:
        """Return how fast an account may be asked."""
        return self.budgets.of("aws", account, Throttle)

    def method(
        self, role: str, service: str, operation: str, region: str,
    ) -> tuple[Callable[..., dict[str, Any]], Paging]:
        """Return the method of the SDK behind `service.operation`, and how it pages."""
        client = self.sessions.client(role, service, region)
        name = client.meta.method_to_api_mapping.get(operation)
        if name is None:
            raise ParamValidationError(report=f"the SDK has no {service}.{operation}")
        return getattr(client, operation), self.pagings.of(client.meta.service_model, name)

    def pause(self, attempt: int) -> float:
        """Return how long to wait after a call that was throttled to the end of botocore's attempts."""
        return min(LONGEST_PAUSE, 2.0**attempt) * (0.5 + self.chance() / 2)
