"""RFC 3161: independent time for each checkpoint, asked for, kept and judged."""

from agent.timestamps.authority import ask
from agent.timestamps.stamper import Stamped, Stamper, Waiting, waiting
from agent.timestamps.token import Stamp, read_stamp, verify_stamp

__all__ = ["Stamp", "Stamped", "Stamper", "Waiting", "ask", "read_stamp", "verify_stamp", "waiting"]
