"""What the client needs to know of a scope of Google Cloud: plain values, filled in by whoever reads the config."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GcpScope:
    """One scope: an organization, a folder or a project, with everything below it.

    `impersonate` is the service account to act as; `quota_project` the project whose quota and
    switched-on APIs are used, '' for the credentials' own. `exclude` are projects left out.
    """

    name: str
    parent: str
    impersonate: str = ""
    quota_project: str = ""
    exclude: tuple[str, ...] = ()
    endpoint: str = ""
