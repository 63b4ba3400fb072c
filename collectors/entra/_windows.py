"""Exact windows of the logs of Entra: asked for with both ends, and what lies outside is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agent.clients.entra import Graph, literal, moment
from agent.collector import Run


def within(run: Run[Graph], call: str, name: str) -> Iterator[tuple[dict[str, Any], datetime]]:
    """Yield each event of the window with its instant; Graph knows `le`, so the end itself is dropped here."""
    span = run.span
    asked = f"{name} ge {literal(span.start)} and {name} le {literal(span.end)}"
    for event in run.client.population(call, filter=asked, top=1000):
        at = moment(event.get(name))
        if at is None or not span.start <= at < span.end:
            run.skip("outside of the window")
        else:
            yield event, at
