"""What is wrong or doubtful in a mapping, one line each with its place and its remedy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping as Kinds
from dataclasses import dataclass
from typing import Literal

from agent.errors import Place
from agent.mapping.fields import nearest
from agent.mapping.frameworks import ISO_2022
from agent.mapping.lint_sql import Complaints, lint_sql
from agent.mapping.load import build_partly
from agent.mapping.mapping import Mapping
from agent.mapping.requirements import PERIODS
from agent.model import KINDS, Duration, Requirement

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DAYS_A_MONTH = 30.436875


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that lint says: an `error` makes a mapping unfit for use, a `warning` does not."""

    level: Literal["error", "warning"]
    place: Place | None
    message: str
    advice: str = ""

    def line(self) -> str:
        """Return `PLACE: level: what is wrong. What to do.`"""
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.level}: {self.message}{f'. {self.advice}' if self.advice else ''}"


def lint_texts(
    texts: Kinds[str, str], collectors: Kinds[str, str], *, whole: bool = True
) -> tuple[Complaint, ...]:
    """Return every complaint about the texts of a mapping, also where they cannot all be read.

    `whole` as in `lint`; what cannot be read is not held to lack a control.
    """
    mapping, errors = build_partly(texts)
    unread = tuple(Complaint("error", error.place, error.message, error.advice) for error in errors)
    return unread + lint(mapping, collectors, whole=whole and not errors)


def lint(mapping: Mapping, collectors: Kinds[str, str], *, whole: bool = True) -> tuple[Complaint, ...]:
    """Return every complaint about a mapping; `collectors` are the known ids with their kinds.

    `whole` asks besides whether each control of 2022 has a primary requirement.
    """
    found: list[Complaint] = []
    for name, requirement in mapping.requirements.items():
        place = mapping.places.get(name)
        for level, message, advice in _requirement(requirement, mapping, collectors):
            found.append(Complaint(level, place, f"requirement {name!r}: {message}", advice))
    if whole:
        found.extend(_controls(mapping))
    found.extend(_crosswalks(mapping))
    return tuple(found)


def _requirement(one: Requirement, mapping: Mapping, collectors: Kinds[str, str]) -> Complaints:
    if not _ID.fullmatch(one.id):
        yield "error", "its id is not words of a-z and 0-9 joined by '-'", "Rename it, such as backup-restore-tests"
    yield from _shown(one, mapping)
    yield from _collectors(one, collectors)
    yield from _times(one)
    yield from _continuous(one, mapping)
    yield from _people(one)
    yield from lint_sql(one)


def _shown(one: Requirement, mapping: Mapping) -> Complaints:
    known = {control.id for control in mapping.controls(ISO_2022)}
    for control in (*one.primary, *one.supporting):
        if control not in known:
            bare = control.removeprefix("A.")
            hint = f"Did you mean {bare!r}?" if bare in known else nearest(control, known)
            hint = hint or "Name a control of the 2022 edition"
            yield "error", f"ISO/IEC 27001:2022 has no control {control!r}", hint
    clauses = {clause.id for clause in mapping.clauses}
    for clause in one.clauses:
        if clause not in clauses:
            yield "error", f"ISO/IEC 27001:2022 has no clause {clause!r}", nearest(clause, clauses)
    for control, times in Counter((*one.primary, *one.supporting)).items():
        if times > 1:
            yield "error", f"control {control} is named {times} times", "Name it once, primary or supporting"
    if not (one.primary or one.supporting or one.clauses):
        yield "error", "it shows no control and no clause", 'Add `controls: {primary: ["8.13"]}` or `clauses:`'


def _collectors(one: Requirement, collectors: Kinds[str, str]) -> Complaints:
    for collector in one.collectors:
        if collector not in collectors:
            yield "error", f"there is no collector {collector!r}", nearest(collector, collectors)
        elif collectors[collector] != one.kind:
            yield ("error", f"collector {collector} yields {collectors[collector]}, not {one.kind}",
                   "Correct its kind, or make a requirement of its own for it")
    for collector, times in Counter(one.collectors).items():
        if times > 1:
            yield "error", f"collector {collector} is named {times} times", "Name it once"
    if not one.collectors and not one.document:
        yield "error", "it names no collector, so nothing can ever meet it", "Add `collectors:`, or make it a document"


def _days(duration: Duration) -> float:
    return duration.months * _DAYS_A_MONTH + duration.exact.total_seconds() / 86400


def _times(one: Requirement) -> Complaints:
    if _days(one.max_age) < _days(one.cadence):
        message = f"max_age {one.max_age.text} is shorter than its cadence {one.cadence.text}: stale before it is due"
        yield "error", message, "Lengthen max_age or shorten cadence"
    if one.warn is not None and _days(one.warn) >= _days(one.max_age):
        yield "error", f"warn {one.warn.text} is not shorter than max_age {one.max_age.text}", "It would never be fresh"
    if one.coverage == "each_period" and one.cadence.text not in PERIODS:
        yield ("error", f"each_period cannot cut the calendar by {one.cadence.text}",
               f"Use one of {', '.join(PERIODS)}")
    if one.basis == "occurred" and one.kind in KINDS and not KINDS[one.kind].event:
        yield "error", f"kind {one.kind} has no occurred_at to count from", "Use `basis: collected`"
    if one.qualifies and one.basis == "collected" and one.coverage != "continuous":
        yield "warning", "qualifies changes nothing where the basis is collected", "Remove it, or use a check"


def _continuous(one: Requirement, mapping: Mapping) -> Complaints:
    if one.coverage != "continuous":
        for key in ("tolerance", "max_silence", "log_source"):
            if getattr(one, key):
                yield "warning", f"{key} changes nothing where the coverage is {one.coverage}", "Remove it"
    if one.log_source:
        source = mapping.requirements.get(one.log_source)
        if source is None:
            yield ("error", f"log_source names {one.log_source!r}, which is no requirement",
                   nearest(one.log_source, mapping.requirements))
        elif source.kind != "log_source":
            yield "error", f"log_source names {source.id!r}, whose kind is {source.kind}", "Name one of kind log_source"


def _people(one: Requirement) -> Complaints:
    if one.document and not one.owner:
        yield "error", "a document has no owner", "Add `owner:` with the role that brings it"
    if one.document and not one.guidance:
        yield "error", "a document has no guidance", "Add `guidance:` that says what to upload"
    if not one.document and not one.owner:
        yield "warning", "it has no owner, so nobody is told", "Add `owner:` with a role"


def _controls(mapping: Mapping) -> Iterator[Complaint]:
    for control in mapping.controls(ISO_2022):
        roles = {assigned.role for assigned in mapping.requirements_for(control.id)}
        if "primary" not in roles:
            said = "only supporting requirements" if roles else "no requirement"
            yield Complaint("error", None, f"control {control.id} {control.title!r} has {said}",
                            "Add one that names it as primary, a document if nothing can be collected")


def _crosswalks(mapping: Mapping) -> Iterator[Complaint]:
    for walk in mapping.crosswalks:
        for framework, ids in ((walk.source, {link.source for link in walk.links}),
                               (walk.target, {link.target for link in walk.links})):
            known = {control.id for control in mapping.frameworks.get(framework, ())}
            for one in sorted(ids - known if known else ()):
                yield Complaint("error", None, f"the crosswalk {walk.source} to {walk.target} names {one!r}, which "
                                f"{framework} does not have", nearest(one, known))
