"""What a page holds: its items, whether there is another, and what Google says it could not reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from agent.clients.gcp.api import Key

UNREACHED = ("unreachable", "unreachables", "missingZones", "failedLocations")
"""Members by which a list says which places it could not ask."""
DENIED = "PERMISSION_DENIED"
"""How Google's canonical code of a refusal is written, and its number in the status of an operation."""
DENIED_NUMBER = 7
HARMLESS = ("NO_RESULTS_ON_PAGE",)
"""Warnings of an aggregated list that say nothing is lacking."""


def finder(key: Key) -> Callable[[dict[str, Any]], Any]:
    """Return the function that finds the items in a page."""
    if callable(key):
        return key
    if key == "@":
        return lambda page: [page]
    names = key.split(".")

    def find(page: dict[str, Any]) -> Any:
        found: Any = page
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    return find


def listed(found: Any) -> list[Any]:
    """Return what was found as a list: nothing is empty, one answer is one item."""
    if found is None:
        return []
    return [found] if isinstance(found, dict) else list(found)


def token(page: dict[str, Any]) -> str:
    """Return the token of the next page, '' after the last one."""
    return str(page.get("nextPageToken") or "")


def lacks(page: dict[str, Any]) -> Iterator[str]:
    """Yield what the page says it could not reach, in words."""
    for name in UNREACHED:
        yield from (f"{place} could not be reached" for place in page.get(name) or ())
    for warning in _warnings(page):
        code = str(warning.get("code", ""))
        if code not in HARMLESS:
            yield f"{warning.get('region', '')} {code}: {warning.get('message', '')}".strip()
    if page.get("done") and isinstance(page.get("error"), dict):
        yield _ended(page["error"])
    if "mainAnalysis" in page:
        yield from _unexplored(page)


def _ended(error: dict[str, Any]) -> str:
    """Return what the status of an operation that failed says."""
    code = DENIED if error.get("code") == DENIED_NUMBER else f"code {error.get('code', 0)}"
    return f"{code}: {error.get('message', '')}".rstrip(": ")


def _unexplored(page: dict[str, Any]) -> Iterator[str]:
    """Yield why an analysis of access is not the whole truth; Google leaves `fullyExplored` out where it is false."""
    errors = page["mainAnalysis"].get("nonCriticalErrors") or ()
    for error in errors:
        yield f"{error.get('code', '')} {error.get('cause', '')}".strip()
    if not page.get("fullyExplored") and not errors:
        yield "not fully explored"


def _warnings(page: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Return the warnings of a list, and of each place of an aggregated one."""
    own = [*(page.get("warnings") or ()), page.get("warning")]
    items = page.get("items")
    places = items.values() if isinstance(items, dict) else ()
    inner = [place.get("warning") for place in places if isinstance(place, dict)]
    return [one for one in (*own, *inner) if isinstance(one, dict)]
