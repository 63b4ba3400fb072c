"""What holds of every budget, however it is asked: no window of the published length takes more than is published."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.clients.azure import throttle as azure
from agent.clients.entra import throttle as entra
from agent.clients.throttle import Limit, Pacing

PUBLISHED = [
    pytest.param(entra.REPORTS, 5, 10, 1, id="reports"),
    pytest.param(entra.PROTECTION, 1, 1, 1, id="protection"),
    pytest.param(entra.SECURITY, 150, 60, 1, id="security"),
    pytest.param(entra.DEVICES, 2000, 20, 1, id="device management"),
    pytest.param(entra.ANNOUNCEMENTS, 800, 3600, 1, id="announcements"),
    pytest.param(entra.DIRECTORY, 3500 - 160, 10, 2, id="directory"),  # less what four batches hold back
    pytest.param(azure.QUERIES, 15, 5, 1, id="resource graph"),
    pytest.param(azure.LOGS, 200, 30, 1, id="log analytics"),
]
"""Limit, units and seconds as the provider publishes them, units of one request."""


def most(leaves: list[float], seconds: float) -> int:
    """Return how many leave in the fullest window of so many seconds, both ends of it included."""
    leaves, first, found = sorted(leaves), 0, 0
    for last, instant in enumerate(leaves):
        while leaves[first] < instant - seconds:
            first += 1
        found = max(found, last - first + 1)
    return found


@pytest.mark.parametrize(("limit", "units", "seconds", "cost"), PUBLISHED)
def test_a_flood_from_the_first_second_on_stays_within_what_is_published(
    limit: Limit, units: int, seconds: float, cost: int,
) -> None:
    pacing = Pacing(clock=lambda: 0.0)
    leaves = [pacing.take("x", limit, cost) for _ in range(3 * units)]
    assert 0.75 * units <= cost * most(leaves, seconds) <= units


@pytest.mark.parametrize(("limit", "units", "seconds", "cost"), PUBLISHED)
@settings(deadline=None)
@given(data=st.data())
def test_no_window_takes_more_than_is_published(
    limit: Limit, units: int, seconds: float, cost: int, data: st.DataObject,
) -> None:
    """Asked in bursts with pauses between, and closed now and then for those that come."""
    now, leaves = [0.0], []
    pacing = Pacing(clock=lambda: now[0])
    pauses = data.draw(st.lists(st.floats(0, 2 * seconds), min_size=1, max_size=6))
    for instant in accumulate(pauses):
        now[0] = instant
        closed = data.draw(st.floats(0, seconds))
        pacing.learn("x", limit, near=False, closed=closed)
        leaves += [instant + pacing.take("x", limit, cost) for _ in range(data.draw(st.integers(1, units // cost + 1)))]
    assert cost * most(leaves, seconds) <= units
