"""What goes into an audit package, chosen by the floor above: values, and ways to read what is large."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from agent.evidence.report import Holding, Status
from agent.seal import Checkpoint
from agent.store import ActRow, ArtifactRow, SamplingRow


@dataclass(frozen=True, slots=True)
class Step:
    """A step of sampling as the log has it."""

    row: SamplingRow
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample with its items as they stand at the checkpoint, its evaluation, and all draws on its population."""

    name: str
    drawn: Mapping[str, Any]
    contents: Sequence[Mapping[str, Any]]
    evaluation: Mapping[str, Any]
    draws: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """One package: the answers at its instant, the checkpoint that its proofs are on, and what is told of the runs."""

    organization: str
    status: Status
    clauses: Sequence[Holding] = ()
    """What is owed for clauses of the framework and serves no control."""
    note: bytes
    head: Checkpoint
    recorded_at: datetime
    """When the last entry before the checkpoint was recorded: what was done with evidence is told up to there."""
    key: bytes
    """The agent's public key in PEM."""
    roots: bytes = b""
    """Certificates of the time stamp authorities in PEM, where the configuration has them."""
    kept: Sequence[bytes] = ()
    """Checkpoints that the auditor kept, to be linked."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    zone: tzinfo = UTC
    """Of the organization: its days are told in it."""
    rows: Iterable[tuple[ArtifactRow, Sequence[str]]]
    """The artifacts in the order of the log, each with the requirements that it may serve; read once."""
    erasures: Sequence[ActRow] = ()
    """The erasures of scopes that the checkpoint has, in the order of the log."""
    steps: Sequence[Step] = ()
    samples: Sequence[Sample] = ()
    populations: Mapping[str, Callable[[Path], int]] = field(default_factory=dict)
    """By the name of a population: writes its records to a file."""

    def holdings(self) -> list[Holding]:
        """Return each requirement of each boundary once, however many controls and clauses it serves."""
        held = {(one.requirement.id, one.scope, one.boundary): one for one in (*once(self.status), *self.clauses)}
        return [held[key] for key in sorted(held)]


def once(status: Status) -> list[Holding]:
    """Return each requirement of each boundary below the controls once."""
    held = {
        (one.requirement.id, one.scope, one.boundary): one
        for control in status.controls for one in (*control.primary, *control.supporting)
    }
    return [held[key] for key in sorted(held)]
