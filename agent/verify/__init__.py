"""Judges a store, an artifact or an export against a trust root, step by step."""

from agent.verify.report import Anchor, Report, Step, groups
from agent.verify.trust import Trust, read_trust
from agent.verify.whole import Kept, Store, verify_store

__all__ = ["Anchor", "Kept", "Report", "Step", "Store", "Trust", "groups", "read_trust", "verify_store"]
