"""What the checks of a requirement found (design section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from agent.model.states import Conclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What one check found in the records of one collector."""

    collector: str
    state: Conclusion
    count: int = 0
    records: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check over one population.

    `exceptions` are its rows, at most 10,000, `count` how many there are; `closed` is how many more
    a later qualifying record of the same subject closed. `records` is the size of the population,
    `undated` how many records beside it have no `occurred_at`. `reason` says why it is unknown.
    Where several collectors show the same state, each of them is judged: `alternatives` says what each found,
    the rest what they found together, with a row that some show and some do not naming the former in `shown_by`.
    """

    check: str
    title: str = ""
    state: Conclusion
    exceptions: tuple[Mapping[str, Any], ...] = ()
    count: int = 0
    closed: int = 0
    records: int = 0
    undated: int = 0
    reason: str = ""
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConclusionAnswer:
    """The conclusion of a requirement in a scope: the worst of its checks, or unknown with the reason.

    `deficient_share`: how much of the audit period so far a state was deficient, None where nobody has computed it.
    `locked`: why the records cannot be opened that the checks would read, '' where they can.
    """

    state: Conclusion
    checks: tuple[CheckResult, ...] = ()
    reason: str = ""
    artifacts: tuple[str, ...] = ()
    deficient_share: Fraction | None = None
    locked: str = ""
