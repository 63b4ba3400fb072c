"""What the client needs to know of a scope of Azure, and where each cloud of Microsoft is."""

from __future__ import annotations

from dataclasses import dataclass

from agent.clients.microsoft.application import NOBODY, Application


@dataclass(frozen=True, slots=True)
class Cloud:
    """The addresses of one cloud: Resource Manager, Log Analytics, the authority of sign-ins; and its audiences."""

    arm: str
    logs: str
    authority: str
    arm_audience: str
    logs_audience: str


CLOUDS: dict[str, Cloud] = {
    "AzurePublic": Cloud(
        "https://management.azure.com", "https://api.loganalytics.io", "https://login.microsoftonline.com",
        "https://management.azure.com/.default", "https://api.loganalytics.io/.default",
    ),
    "AzureUSGovernment": Cloud(
        "https://management.usgovcloudapi.net", "https://api.loganalytics.us", "https://login.microsoftonline.us",
        "https://management.core.usgovcloudapi.net/.default", "https://api.loganalytics.us/.default",
    ),
    "AzureChina": Cloud(
        "https://management.chinacloudapi.cn", "https://api.loganalytics.azure.cn", "https://login.chinacloudapi.cn",
        "https://management.chinacloudapi.cn/.default", "https://api.loganalytics.azure.cn/.default",
    ),
}
"""By the name of the cloud, the same names as for Entra."""
TENANTS, GROUPS = "tenants/", "managementGroups/"
"""How the ids of boundaries begin that hold subscriptions and are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureScope:
    """Subscriptions of one tenant: those named, those below a management group, or all that may be seen.

    `endpoint` is where Azure is, when not at Microsoft; it stands for Resource Manager and Log Analytics.
    """

    name: str
    subscriptions: tuple[str, ...] = ()
    management_group: str = ""
    tenant: str = ""
    cloud: str = "AzurePublic"
    endpoint: str = ""
    authority: str = ""
    """Where tokens come from; '' is AZURE_AUTHORITY_HOST, else the cloud's own."""
    application: Application = NOBODY
    """Who signs in, where the configuration says so."""
