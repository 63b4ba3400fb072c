"""Artifacts whose records went: what their seal and the log still say of them, beside those that can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

WENT: Mapping[str, str] = MappingProxyType({"erasure": "erased", "deletion": "deleted"})
"""How records went, by the kind of the act in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """An accepted artifact without its records: `records` are how many its seal counts, the rest says how they went."""

    artifact: str
    scope: str
    boundary: str = ""
    region: str = ""
    collector: str
    collected_at: datetime
    recorded_at: datetime
    records: int
    went: str
    """`erased` with its scope, or `deleted` under retention."""
    at: datetime
    by: str = ""
    reason: str = ""
