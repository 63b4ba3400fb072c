"""Where evidence is kept: objects, envelopes, the catalog, the log; one agent writes, anybody may read."""

from agent.store.artifact import ObjectWriter, StagedObject
from agent.store.check import Problem
from agent.store.custody import Access
from agent.store.rebuild import Rebuilt
from agent.store.sequencer import Derive
from agent.store.store import Store
from agent.store.tables import (
    AccessRow,
    ActRow,
    ArtifactRow,
    Assessment,
    Attempt,
    Expectation,
    Flip,
    Outbox,
    SamplingRow,
    SummaryRow,
    Version,
    Watermark,
)
from agent.store.verified import VerifiedArtifact

__all__ = [
    "Access",
    "AccessRow",
    "ActRow",
    "ArtifactRow",
    "Assessment",
    "Attempt",
    "Derive",
    "Expectation",
    "Flip",
    "ObjectWriter",
    "Outbox",
    "Problem",
    "Rebuilt",
    "SamplingRow",
    "StagedObject",
    "Store",
    "SummaryRow",
    "VerifiedArtifact",
    "Version",
    "Watermark",
]
