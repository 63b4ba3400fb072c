"""Exact windows of the logs of Azure: asked for with both ends, and what lies outside is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agent.clients.azure import Azure, literal, moment
from agent.collector import Run


def within(run: Run[Azure], call: str, name: str) -> Iterator[tuple[dict[str, Any], datetime]]:
    """Yield each event of the window with its instant; Azure knows `le`, so the end itself is dropped here."""
    span = run.span
    asked = f"{name} ge '{literal(span.start)}' and {name} le '{literal(span.end)}'"
    for event in run.client.population(call, filter=asked):
        at = moment(event.get(name))
        if at is None or not span.start <= at < span.end:
            run.skip("outside of the window")
        else:
            yield event, at
