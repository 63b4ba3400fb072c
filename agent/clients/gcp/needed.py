"""What the client itself asks before any collector does: the parent of the scope and what is below it."""

from __future__ import annotations

NEEDED = (
    "resourcemanager.folders.get", "resourcemanager.folders.list", "resourcemanager.organizations.get",
    "resourcemanager.projects.get", "resourcemanager.projects.list",
)
"""Permissions that every scope needs."""
ON_A_BUCKET = ("storage.objects.get",)
"""Permissions that are given on the one bucket that a scope names: at the parent they would open every bucket."""
