"""Entra: the words of the client; the SDK comes in with `agent.clients.entra.provider`."""

from agent.clients.entra.api import Graph
from agent.clients.entra.scope import EntraScope
from agent.clients.microsoft.moments import literal, moment, quoted

__all__ = ["EntraScope", "Graph", "literal", "moment", "quoted"]
