"""The words of design section 2 as types; nothing here computes, reads a clock or does I/O."""

from agent.model.kinds import (
    KINDS,
    AccessReview,
    Account,
    Asset,
    Backup,
    BackupTest,
    Change,
    Configuration,
    Document,
    Finding,
    Grant,
    KindSpec,
    LogEvent,
    LogSource,
    Row,
    Training,
)
from agent.model.states import WORST, Axis, Conclusion, Coverage, Freshness, Outcome, PeriodState, worst
from agent.model.work import Boundary, Call, Lacking, Provenance, Receipt, Skip, Task, Window

__all__ = [
    "KINDS", "WORST",
    "AccessReview", "Account", "Asset", "Axis", "Backup", "BackupTest", "Boundary", "Call",
    "Change", "Conclusion", "Configuration", "Coverage", "Document", "Finding", "Freshness",
    "Grant", "KindSpec", "Lacking", "LogEvent", "LogSource", "Outcome", "PeriodState",
    "Provenance", "Receipt", "Row", "Skip", "Task", "Training", "Window", "worst",
]
