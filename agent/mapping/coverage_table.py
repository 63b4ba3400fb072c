"""The page that counts what is automated: each control by provider, evidence kind and class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.mapping.frameworks import ISO_2022
from agent.mapping.mapping import Assigned, Mapping

CLASSES = ("collected", "derived", "imported", "document")
"""How evidence comes: read from a provider, computed from what was read, handed over by another system, by a person."""
_PREFIXES = {"derived": "derived", "import": "imported"}
PROWLER = 58
"""Controls of 27001:2022 for which any file of Prowler names a check; counted in its repository, 2026-11."""

_HEAD = """# How much is automated

Generated from `mappings/` by `python docs/generate.py`; a test checks that it is current.

A number counts evidence requirements that a provider's collectors can meet: those that decide the control, then
in brackets those that only support it. Classes: **collected**, read from a provider by a collector; **derived**,
computed from what was read; **imported**, handed over by another system; **document**, brought by a person.
A control has the first class that one of its deciding requirements has, and a document is never automation.
"""


def class_of(assigned: Assigned) -> str:
    """Return the class of one requirement: the first in the order of `CLASSES` that one of its collectors has."""
    found = {_PREFIXES.get(one.partition(".")[0], "collected") for one in assigned.requirement.collectors}
    return next((name for name in CLASSES if name in found), "document")


def classes(assigned: Iterable[Assigned]) -> tuple[str, str]:
    """Return the class of a control, and what of it a person must bring besides: 'document' or ''."""
    found = {class_of(one) for one in assigned if one.role == "primary"}
    best = next((name for name in CLASSES if name in found), "")
    return best, "document" if best != "document" and "document" in found else ""


def coverage_page(mapping: Mapping) -> str:
    """Return `docs/coverage.md`."""
    return "\n".join(_lines(mapping)) + "\n"


def _providers(mapping: Mapping) -> list[str]:
    named = {one.partition(".")[0] for found in mapping.requirements.values() for one in found.collectors}
    return sorted(named - set(_PREFIXES))


def _lines(mapping: Mapping) -> Iterator[str]:
    providers = _providers(mapping)
    by_control = {one.id: mapping.requirements_for(one.id) for one in mapping.controls(ISO_2022)}
    yield _HEAD
    yield from _totals(by_control, providers)
    yield ""
    yield f"| control | class | {' | '.join(providers)} | kinds |"
    yield f"| --- | --- |{' --- |' * (len(providers) + 1)}"
    for control in mapping.controls(ISO_2022):
        assigned = by_control[control.id]
        best, besides = classes(assigned)
        cells = [_cell([one for one in assigned if _of(one, provider)]) for provider in providers]
        kinds = sorted({one.requirement.kind for one in assigned if class_of(one) != "document"})
        shown = f"{best}, {besides} besides" if besides else best
        yield f"| {control.id} {control.title} | {shown} | {' | '.join(cells)} | {', '.join(kinds)} |"


def _totals(by_control: dict[str, tuple[Assigned, ...]], providers: list[str]) -> Iterator[str]:
    best = [classes(assigned)[0] for assigned in by_control.values()]
    counted = ", ".join(f"{best.count(name)} {name}" for name in CLASSES)
    deciding = sum(name != "document" and name != "" for name in best)
    any_ = sum(any(class_of(one) != "document" for one in assigned) for assigned in by_control.values())
    yield (
        f"Of {len(by_control)} controls: {counted}. So {deciding} are decided, in whole or in part, by evidence that "
        f"no person has to bring, and {any_} have at least one automated requirement, deciding or supporting."
    )
    yield ""
    yield (
        f"For comparison: the compliance files of Prowler name at least one check for {PROWLER} of the 93 controls, "
        "all its providers taken together. A check there is what a supporting or deciding requirement is here, so "
        f"{any_} is the number to hold against {PROWLER}; {deciding} is the stricter one, and has no counterpart."
    )
    yield ""
    yield "| provider | controls with a deciding requirement | with any |"
    yield "| --- | --- | --- |"
    for provider in providers:
        mine = [[one for one in assigned if _of(one, provider)] for assigned in by_control.values()]
        primary = sum(any(one.role == "primary" for one in found) for found in mine)
        yield f"| {provider} | {primary} | {sum(bool(found) for found in mine)} |"


def _of(assigned: Assigned, provider: str) -> bool:
    return any(one.startswith(f"{provider}.") for one in assigned.requirement.collectors)


def _cell(assigned: list[Assigned]) -> str:
    primary = sum(one.role == "primary" for one in assigned)
    others = len(assigned) - primary
    return " ".join([*([str(primary)] if primary else []), *([f"({others})"] if others else [])])
