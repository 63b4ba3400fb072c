"""Collectors that show the same state, each judged by itself, and what they show together.

A state that two collectors show is shown twice: what one of them cannot see, the other may. So
neither is chosen; the worst of them is the answer, whichever ran last (ADR 6).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent.lake.judged import MOST, Population
from agent.model import KINDS, Check, Conclusion, worst
from agent.model.conclusions import Alternative, CheckResult


def alternatives(population: Population) -> dict[str, Population]:
    """Return a population for each collector of a state kind, by name; events and no records at all are one of ''."""
    names = sorted({piece.collector for piece in population.pieces})
    if KINDS[population.kind].event or len(names) < 2:
        return {"": population}
    return {
        name: replace(population, pieces=[piece for piece in population.pieces if piece.collector == name])
        for name in names
    }


def together(checks: Sequence[Check], apart: Mapping[str, Sequence[CheckResult]]) -> tuple[CheckResult, ...]:
    """Return one result for each check from those of each collector."""
    if len(apart) == 1:
        (alone,) = apart.values()
        return tuple(alone)
    return tuple(_together({name: found[at] for name, found in apart.items()}) for at in range(len(checks)))


def _together(found: Mapping[str, CheckResult]) -> CheckResult:
    """Return the worst; a collector without any record says nothing where another has some."""
    telling = [one for one in found.values() if one.records] or list(found.values())
    state = worst((one.state for one in telling), Conclusion.NO_EXCEPTIONS)
    rows = _rows(found)
    deciding = {name: one for name, one in found.items() if one in telling and one.state is state}
    first = next(iter(found.values()))
    return CheckResult(
        check=first.check, title=first.title, state=state, exceptions=tuple(rows[:MOST]),
        count=max(len(rows), *(one.count for one in found.values())),
        closed=max(one.closed for one in found.values()), records=max(one.records for one in found.values()),
        undated=max(one.undated for one in found.values()),
        reason="; ".join(f"{name}: {one.reason}" for name, one in deciding.items() if one.reason),
        alternatives=tuple(_alternative(name, one) for name, one in found.items()),
    )


def _alternative(name: str, one: CheckResult) -> Alternative:
    return Alternative(collector=name, state=one.state, count=one.count, records=one.records, reason=one.reason)


def _rows(found: Mapping[str, CheckResult]) -> list[dict[str, Any]]:
    """Return each exception once, by its `id` where it has one; `shown_by` names who shows it where not all do."""
    rows: dict[Hashable, dict[str, Any]] = {}
    shown: dict[Hashable, list[str]] = {}
    for name, one in found.items():
        for row in one.exceptions:
            key = _key(row.items())
            rows.setdefault(key, dict(row))
            shown.setdefault(key, []).append(name)
    every = len(found)
    return [row if len(shown[key]) == every else row | {"shown_by": shown[key]} for key, row in rows.items()]


def _key(cells: Iterable[tuple[str, Any]]) -> Hashable:
    told = dict(cells)
    return told["id"] if told.get("id") is not None else repr(sorted(told.items()))
