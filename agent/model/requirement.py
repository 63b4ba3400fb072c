"""Evidence requirements as values (design section 4); `agent.mapping` reads them from YAML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Literal

Basis = Literal["collected", "occurred"]
CoverageRule = Literal["latest", "each_period", "continuous"]


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration: calendar years and months, and an exact rest (weeks, days of 24 hours, time)."""

    months: int = 0
    exact: timedelta = timedelta()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """SQL whose rows are exceptions; `needs` lists columns that may not be null; `empty`: no records pass."""

    id: str
    title: str
    exceptions: str
    needs: tuple[str, ...] = ()
    empty_passes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """The population that evidence must reach one by one.

    `kind` and `where` choose the population (ids of its records); `column` is the column of the
    evidence that names the subject; `share` is how many of them must have it.
    """

    kind: str
    where: str
    column: str
    share: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What must be shown: for which controls, from which collectors, how often, how old it may be."""

    id: str
    title: str
    primary: tuple[str, ...]
    supporting: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    """Clauses 4-10 whose documented information it shows."""
    kind: str
    collectors: tuple[str, ...] = ()
    basis: Basis = "collected"
    qualifies: str = ""
    cadence: Duration
    max_age: Duration
    warn: Duration | None = None
    coverage: CoverageRule = "latest"
    tolerance: timedelta = timedelta()
    max_silence: timedelta | None = None
    log_source: str = ""
    """The id of the requirement whose `log_source` records tell when the source was enabled."""
    partial_allowed: bool = False
    subjects: Subjects | None = None
    checks: tuple[Check, ...] = ()
    owner: str = ""
    """The role that acts on it, resolved to a person by `owners:` in the configuration."""
    guidance: str = ""
    """What a person has to do or to upload, in our own words."""
    scopes: tuple[str, ...] = ()
    """Names of scopes that owe it; empty: every scope whose provider has one of its collectors."""

    @property
    def document(self) -> bool:
        """Return whether a person fulfils it by a document; never counted as automated coverage."""
        return self.kind == "document"
