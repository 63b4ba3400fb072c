"""Whether permissions are there and regions are open: each is tried, counted, and said with a remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from agent.collector import Header
from agent.errors import AnnexaError
from agent.model import Boundary
from agent.run import Connected

SAID: dict[str, tuple[Literal["warn", "fail"], str]] = {
    "denied": ("fail", "denied"),
    "unavailable": ("warn", "not available here: it is not switched on, or needs a licence"),
    "unknown": ("warn", "the provider's answer does not tell"),
}
SHOWN = 4
"""So many names stand in one line; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One check: what was looked at, how it stands, what was seen and what to do."""

    check: str
    state: Literal["ok", "warn", "fail"]
    what: str
    remedy: str = ""


@dataclass(slots=True)
class _Told:
    """What the provider said of the permissions of a boundary; each counts once, the worst answer first."""

    states: dict[str, str] = field(default_factory=dict)
    remedies: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    collectors: dict[str, set[str]] = field(default_factory=dict)

    def hear(self, permission: str, state: str, remedy: str, detail: str, collector: str) -> None:
        order = ("denied", "unavailable", "unknown", "untried", "ok")
        before = self.states.get(permission, "ok")
        self.collectors.setdefault(permission, set()).add(collector)
        if permission not in self.states or order.index(state) < order.index(before):
            self.states[permission], self.remedies[permission], self.details[permission] = state, remedy, detail

    def of(self, state: str) -> list[str]:
        return sorted(name for name, found in self.states.items() if found == state)


def check(connected: Connected, boundary: Boundary, headers: Sequence[Header]) -> Iterator[Checked]:
    """Try what the collectors that run in a boundary declare, each call in its cheapest form.

    Permissions are tried in the boundary's first region; of the others one call shows whether they are open.
    """
    running = [one for one in headers if one.runs_in(boundary.id, organization=boundary.organization)]
    told = _Told()
    where = f"permissions {boundary.id}"
    for header in running:
        region = boundary.regions[0] if header.per == "region" and boundary.regions else ""
        try:
            for one in connected.probe(header, boundary, region):
                told.hear(one.permission, one.state, one.remedy, one.detail, header.id)
        except AnnexaError as error:
            yield Checked(check=where, state="fail", what=error.message, remedy=error.advice)
            return
    for state in SAID:
        yield from _state(connected.name, where, state, told)
    yield _counted(where, told)
    yield from _regions(connected, boundary, [one for one in running if one.per == "region"])


def _state(scope: str, where: str, state: str, told: _Told) -> Iterator[Checked]:
    level, words = SAID[state]
    advice = f"annexa collectors policy --scope {scope} prints what to allow" if state == "denied" else ""
    grouped: dict[tuple[str, str], list[str]] = {}
    for permission in told.of(state):
        key = (told.remedies[permission] or advice, "" if state == "denied" else told.details[permission])
        grouped.setdefault(key, []).append(permission)
    for (remedy, detail), permissions in grouped.items():
        collectors = sorted(set[str]().union(*(told.collectors[one] for one in permissions)))
        lacking = f"; {_few(collectors)} will be partial or fail" if state == "denied" else f" ({_few(collectors)})"
        what = f"{_few(permissions)}: {words}{f': {detail}' if detail else ''}{lacking}"
        yield Checked(check=where, state=level, what=what, remedy=remedy)


def _counted(where: str, told: _Told) -> Checked:
    """Say how many were tried, and which were not, so that silence is never taken for a yes."""
    untried, allowed = told.of("untried"), told.of("ok")
    tried = len(told.states) - len(untried)
    what = f"{tried} permissions tried, {len(allowed)} allowed"
    if untried:
        what += f"; not tried, because the call is no plain read: {_few(untried)}"
    return Checked(check=where, state="ok" if len(allowed) == tried else "warn", what=what)


def _regions(connected: Connected, boundary: Boundary, headers: Sequence[Header]) -> Iterator[Checked]:
    """Try one call in each further region: one that the organization forbids answers to none."""
    if not headers:
        return
    where = f"regions {boundary.id}"
    opened = 1
    for region in boundary.regions[1:]:
        answers = list(connected.probe(headers[0], boundary, region))
        if all(one.state == "ok" for one in answers):
            opened += 1
            continue
        wrong = next(one for one in answers if one.state != "ok")
        state: Literal["warn", "fail"] = "fail" if wrong.state == "denied" else "warn"
        yield Checked(
            check=where, state=state, what=f"{region}: {wrong.permission} is {wrong.state}",
            remedy=wrong.remedy or "Allow it there, or leave the region out with regions:",
        )
    if len(boundary.regions) > 1:
        what = f"{opened} of {len(boundary.regions)} regions answer"
        yield Checked(check=where, state="ok" if opened == len(boundary.regions) else "warn", what=what)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown
