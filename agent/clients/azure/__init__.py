"""Azure: the words of the client; the SDK comes in with `agent.clients.azure.provider`."""

from agent.clients.azure.api import GRAPH, Azure
from agent.clients.azure.scope import AzureScope
from agent.clients.microsoft.moments import literal, moment

__all__ = ["GRAPH", "Azure", "AzureScope", "literal", "moment"]
