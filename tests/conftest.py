"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from agent.clients.throttle import SHARED

# How fast a machine is decides no test: laws have no deadline and may be slow to make their examples.
settings.register_profile("annexa", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("annexa")

pytest_plugins = ["tests.fixtures.postgres", "tests.fixtures.store", "tests.fixtures.tsa", "tests.fixtures.weed"]


@pytest.fixture(autouse=True)
def _logs_as_at_the_start() -> Iterator[None]:
    """Let no test inherit the log level that a command run in this process has set."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _budgets_as_at_the_start() -> None:
    """Let no test wait for what a provider of an earlier one refused."""
    SHARED.forget()
