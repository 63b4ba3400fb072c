"""What a verification found: numbered steps, each with what it proves, and since when each artifact is anchored."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Final, Literal, overload

from agent import canonical
from agent.errors import StoreError, VerificationError

MOST = 100
"""Findings that a step names; the rest it counts."""
HOLDS: Final = "holds"
REFUSED: Final = "refused"
OPEN: Final = "not asked"
State = Literal["holds", "refused", "not asked"]


@dataclass(frozen=True, slots=True)
class Trying:
    """Within it, what cannot be verified or read becomes a refusal of the step."""

    step: Step
    what: str

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, (VerificationError, StoreError)):
            return False
        self.step.refuse(f"{self.what}: {error.message}" if self.what else error.message)
        return True


@dataclass(slots=True)
class Step:
    """One step: what it looks at, what it proves if it holds, what it saw and what it refuses."""

    number: int
    name: str
    proves: str
    says: str = ""
    state: State = HOLDS
    findings: list[str] = field(default_factory=list)
    refused: int = 0

    def refuse(self, why: str) -> None:
        """Note a reason why this step does not hold."""
        self.state = REFUSED
        self.refused += 1
        if len(self.findings) < MOST:
            self.findings.append(why)

    def open(self, why: str) -> None:
        """Say that this step was not asked for, or has nothing to look at; it proves nothing then."""
        if self.state == HOLDS:
            self.state, self.says = OPEN, why

    def trying(self, what: str = "") -> Trying:
        """Return a context that turns what cannot be verified or read within it into a refusal of this step."""
        return Trying(self, what)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Since when nobody can have changed an artifact unseen: a time stamp, a cosignature or a kept checkpoint.

    `stamped` and `cosigned` are the sizes of the checkpoints, `since` and `seen` the instants, the earliest of each.
    """

    artifact: str
    leaf: int
    recorded_at: datetime
    since: datetime | None = None
    stamped: int | None = None
    kept: bool = False
    cosigned: int | None = None
    seen: datetime | None = None
    witness: str = ""

    def line(self) -> str:
        """Return it as a person reads it."""
        parts = []
        if self.since is not None:
            since = canonical.timestamp(self.since)
            parts.append(f"since {since} by the time stamp on the checkpoint of {self.stamped}")
        if self.seen is not None:
            seen = canonical.timestamp(self.seen)
            parts.append(f"since {seen} by the cosignature of {self.witness} on the checkpoint of {self.cosigned}")
        if self.kept:
            parts.append("by the checkpoint that you kept")
        return f"anchored {' and '.join(parts)}" if parts else "not anchored"


@dataclass(slots=True)
class Report:
    """A whole verification; it holds only where no step is refused."""

    subject: str
    trust: str = ""
    steps: list[Step] = field(default_factory=list)
    anchors: Sequence[Anchor] = ()
    told: list[str] = field(default_factory=list)
    """What the log says was done with evidence: voids, holds, deletions under retention, changes of keys."""
    checkpoint: bytes = b""

    @property
    def holds(self) -> bool:
        """Return whether everything that was looked at holds."""
        return bool(self.steps) and not any(step.state == REFUSED for step in self.steps)

    def step(self, name: str, proves: str) -> Step:
        """Begin the next step."""
        made = Step(len(self.steps) + 1, name, proves)
        self.steps.append(made)
        return made

    def named(self, name: str) -> Step:
        """Return a step by its name."""
        return next(step for step in self.steps if step.name == name)


class Group(Sequence[Anchor]):
    """Those of many anchors that say the same, by their places."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        self._anchors = anchors
        self.places = array("q")

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> Anchor: ...
    @overload
    def __getitem__(self, at: slice) -> list[Anchor]: ...
    def __getitem__(self, at: int | slice) -> Anchor | list[Anchor]:
        if isinstance(at, slice):
            return [self._anchors[place] for place in self.places[at]]
        return self._anchors[self.places[at]]


def groups(anchors: Sequence[Anchor]) -> list[tuple[str, Sequence[Anchor]]]:
    """Return the anchors by what holds them, in the order of the log."""
    found: dict[str, Group] = {}
    for place, one in enumerate(anchors):
        said = one.line()
        if said not in found:
            found[said] = Group(anchors)
        found[said].places.append(place)
    return list(found.items())
