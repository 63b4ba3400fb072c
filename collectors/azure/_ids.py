"""Ids of Azure's resources: the parts that other paths take, and how two are compared."""

from __future__ import annotations


def part(identifier: str, name: str) -> str:
    """Return what follows a word of a resource id, whatever the case of both: `resourceGroups`, `workspaces`."""
    words = identifier.split("/")
    lower = [word.lower() for word in words]
    at = lower.index(name.lower()) if name.lower() in lower else len(words)
    return words[at + 1] if at + 1 < len(words) else ""


def group(identifier: str) -> str:
    """Return the resource group of a resource."""
    return part(identifier, "resourceGroups")


def name(identifier: str) -> str:
    """Return the last part of an id."""
    return identifier.rpartition("/")[2]


def plain(identifier: str) -> str:
    """Return an id as it is compared: Azure writes it now in one case, now in another."""
    return identifier.lower().strip("/")
