"""Google Cloud: the words of the client; the SDK comes in with `agent.clients.gcp.provider`."""

from agent.clients.gcp.api import Gcp
from agent.clients.gcp.scope import AssetExport, DataAccess, GcpScope

__all__ = ["AssetExport", "DataAccess", "Gcp", "GcpScope"]
