"""Full resource names, out of the addresses and paths in which Google names resources."""

from __future__ import annotations


def compute(link: str | None) -> str | None:
    """Return `//compute.googleapis.com/projects/…` of an address of Compute Engine, None of nothing."""
    if not link:
        return None
    return "//compute.googleapis.com/" + link.partition("/compute/v1/")[2] if "/compute/v1/" in link else link


def last(path: str | None) -> str | None:
    """Return what follows the last slash, None of nothing."""
    return path.rpartition("/")[2] if path else None


def within(path: str, collection: str) -> str:
    """Return the id that follows a collection in a path: `within(…/locations/europe-west1/…, "locations")`."""
    parts = path.split("/")
    return parts[parts.index(collection) + 1] if collection in parts[:-1] else ""
