"""What the client needs to know of a scope of Entra, and where each cloud of Microsoft is."""

from __future__ import annotations

from dataclasses import dataclass

from agent.clients.microsoft.application import NOBODY, Application

CLOUDS: dict[str, tuple[str, str]] = {
    "AzurePublic": ("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    "AzureUSGovernment": ("https://graph.microsoft.us", "https://login.microsoftonline.us"),
    "AzureUSGovernmentDoD": ("https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
    "AzureChina": ("https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
}
"""Microsoft Graph and the authority of sign-ins, by the name of the cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntraScope:
    """One tenant, by its GUID or one of its domains; `endpoint` is where Graph is, when not at Microsoft."""

    name: str
    tenant: str
    cloud: str = "AzurePublic"
    endpoint: str = ""
    authority: str = ""
    """Where tokens come from; '' is AZURE_AUTHORITY_HOST, else the cloud's own."""
    application: Application = NOBODY
    """Who signs in, where the configuration says so."""
