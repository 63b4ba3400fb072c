"""What a witness keeps of calls and of what is lacking: aggregated, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agent.model import Call, Lacking

REQUEST_IDS = 4
"""Request ids kept of each operation: the first half and the last half of this many."""
LACKINGS = 1000
"""Different things lacking that a run names one by one."""
VARIES = "<varies>"
"""What stands for a parameter that differs between the calls of one operation."""


@dataclass(slots=True)
class Calls:
    """Every operation of a run once per region and answer, however often it was called."""

    _calls: dict[tuple[str, str, str], Call] = field(default_factory=dict)

    def page(
        self, call: str, region: str, parameters: Mapping[str, Any], items: int, request: str, retries: int,
        *, first: bool,
    ) -> None:
        """Count one page; `first` is the first page of its reading."""
        kept = self._of(call, region, parameters, "", first=first)
        kept.pages += 1
        kept.items += items
        kept.retries += retries
        _keep(kept.requests, request)

    def answer(self, call: str, region: str, parameters: Mapping[str, Any], code: str, request: str) -> None:
        """Count one error that is an answer."""
        _keep(self._of(call, region, parameters, code, first=True).requests, request)

    def refused(
        self, call: str, region: str, parameters: Mapping[str, Any], request: str, *, first: bool,
    ) -> None:
        """Keep the request id of an error; `first` is an error on the first page of its reading."""
        _keep(self._of(call, region, parameters, "", first=first).requests, request)

    def all(self, without: set[str]) -> tuple[Call, ...]:
        """Return the calls in the order of their first use; those named in `without` are not complete."""
        return tuple(
            replace(call, complete=f"{call.service}.{call.operation}" not in without)
            for call in self._calls.values()
        )

    def _of(self, call: str, region: str, parameters: Mapping[str, Any], answer: str, *, first: bool) -> Call:
        kept = self._calls.get((call, region, answer))
        if kept is None:
            service, _, operation = call.partition(".")
            kept = Call(service, operation, region, dict(parameters), answer=answer)
            self._calls[call, region, answer] = kept
        elif first:
            _merge(kept.parameters, parameters)
        kept.count += first
        return kept


@dataclass(slots=True)
class Lackings:
    """What is lacking, each thing once with how often."""

    _found: dict[tuple[str, str, str], tuple[Lacking, int]] = field(default_factory=dict)

    def add(self, lacking: Lacking) -> None:
        """Count one thing lacking; the first detail is kept."""
        key = (lacking.what, lacking.reason, lacking.permission)
        if key not in self._found and len(self._found) >= LACKINGS:
            key = ("others", lacking.reason, "")
            lacking = Lacking(*key[:2], detail=f"more than {LACKINGS} different things are lacking")
        first, count = self._found.get(key, (lacking, 0))
        self._found[key] = (first, count + 1)

    def all(self) -> tuple[Lacking, ...]:
        """Return each thing lacking, with how often where it is more than once."""
        return tuple(
            lacking if count == 1 else replace(lacking, detail=f"{lacking.detail} ({count} times)".lstrip())
            for lacking, count in self._found.values()
        )


def _merge(kept: dict[str, Any], parameters: Mapping[str, Any]) -> None:
    for name in kept.keys() | parameters.keys():
        if kept.get(name) != parameters.get(name):
            kept[name] = VARIES


def _keep(requests: list[str], request: str) -> None:
    if not request:
        return
    if len(requests) >= REQUEST_IDS:
        del requests[REQUEST_IDS // 2]
    requests.append(request)
