"""What the client needs to know of a scope of Google Cloud: plain values, filled in by whoever reads the config."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAccess:
    """What is read of the logs of data access: of these services (none: of all), and only what wrote."""

    services: tuple[str, ...] = ()
    writes_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetExport:
    """The bucket that takes exports of assets, how their names begin, and whether the search counts as well."""

    bucket: str
    prefix: str = "annexa"
    compare: bool = True


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
    data_access: DataAccess = DataAccess()
    asset_export: AssetExport | None = None
    endpoint: str = ""
