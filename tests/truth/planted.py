"""What the checks of planted faults share: their register, and questions to the collected firm."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.truth.conftest import Firm

Fault = Mapping[str, Any]
Check = Callable[[Firm, Fault, str], None]
CHECKS: dict[str, Check] = {}


def answers(*faults: str) -> Callable[[Check], Check]:
    """Let a function check the answer to planted faults; it takes the firm, `expect` and the boundary's id."""

    def keep(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(faults, check))
        return check

    return keep


def unit(firm: Firm, requirement: str, account: str) -> dict[str, Any]:
    """Return what status says of a requirement in a boundary; it must be fresh."""
    found = firm.units[requirement, account]
    assert found["freshness"] in ("fresh", "expiring"), found["reason"]
    return found


def deficient(firm: Firm, requirement: str, account: str, exceptions: int) -> None:
    """Hold the conclusion of a requirement against the number of exceptions that the estate has."""
    found = unit(firm, requirement, account)
    assert (found["conclusion"], found["exceptions"]) == ("deficient", exceptions)


def text(firm: Firm, collector: str, resource: str, setting: str) -> str | None:
    """Return the one value of a setting as it is kept."""
    rows = firm.query(
        f"SELECT value FROM configuration WHERE collector = '{collector}' AND resource = '{resource}' "
        f"AND setting = '{setting}'"
    )
    assert len(rows) == 1, rows
    found: str | None = rows[0][0]
    return found


def value(firm: Firm, collector: str, resource: str, setting: str) -> Any:
    """Return the one value of a setting that is no text."""
    kept = text(firm, collector, resource, setting)
    return None if kept is None else json.loads(kept)
