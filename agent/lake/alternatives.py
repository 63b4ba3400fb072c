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
    """Return the rows of each `id` as the collector has them that has most; `shown_by` names who shows it, if not all.

    An account with two old keys is two rows, of whichever collector.
    """
    shown: dict[Hashable, dict[str, list[dict[str, Any]]]] = {}
    for name, one in found.items():
        for row in one.exceptions:
            shown.setdefault(_key(row.items()), {}).setdefault(name, []).append(dict(row))
    rows = []
    for by in shown.values():
        most = max(by.values(), key=len)
        rows += most if len(by) == len(found) else [row | {"shown_by": list(by)} for row in most]
    return rows


def _key(cells: Iterable[tuple[str, Any]]) -> Hashable:
    told = dict(cells)
    return told["id"] if told.get("id") is not None else repr(sorted(told.items()))
