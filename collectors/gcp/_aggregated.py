"""Lists of Compute Engine that are cut by zones and regions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def inner(name: str) -> Callable[[dict[str, Any]], list[Any]]:
    """Return the function that finds the items of all zones and regions in a page."""
    def find(page: dict[str, Any]) -> list[Any]:
        return [one for place in (page.get("items") or {}).values() for one in place.get(name) or ()]

    return find
