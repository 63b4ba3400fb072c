"""Licences of Microsoft that the tenant has, and how many are taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.entra import Graph
from agent.collector import Api, Header, Record, Run
from agent.model import Asset

CALL = "subscribed_skus"

HEADER = Header(
    id="entra.m365_licences",
    title="Licences of Microsoft",
    kind="asset",
    population="Every product of Microsoft that the tenant has a subscription to, with the licences bought and taken.",
    provider="entra",
    per="boundary",
    calls=(Api(CALL, ("Organization.Read.All",)),),
    cadence="P7D",
    limits=("Who has which licence, and licences of other makers, are not among them.",),
)
UNITS = ("enabled", "warning", "suspended", "lockedOut")


def collect(run: Run[Graph]) -> Iterator[Record]:
    """Yield one asset per product."""
    for product in run.client.population(CALL):
        yield Record(_row(product), product)


def _row(product: dict[str, Any]) -> Asset:
    units = product.get("prepaidUnits") or {}
    marks = {"taken": product.get("consumedUnits"), **{name: units.get(name) for name in UNITS}}
    return Asset(
        product["id"],
        name=product.get("skuPartNumber"),
        type="microsoft.graph.subscribedSku",
        provider="entra",
        state=product.get("capabilityStatus"),
        tags={name: str(value) for name, value in marks.items() if value is not None},
    )
