"""Evidence requirements from YAML: what is written becomes a `Requirement`, or an error with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import cast

from agent.durations import duration
from agent.errors import ConfigurationError, ConfigurationErrors, Place
from agent.mapping.fields import Fields
from agent.model import KINDS, Check, Duration, Requirement, Subjects
from agent.model.requirement import Basis, CoverageRule
from agent.yamlfile import Node, parse

KEYS = ("id", "title", "controls", "clauses", "kind", "collectors", "basis", "qualifies", "cadence", "max_age", "warn",
        "coverage", "tolerance", "max_silence", "log_source", "accept_partial", "subjects", "checks", "owner",
        "guidance", "scopes", "replaces")
PERIODS = ("P1D", "P1W", "P1M", "P3M", "P6M", "P1Y")
"""The cadences that `each_period` can cut the calendar in."""

MAX_AGE = {"P1D": "P2D", "P1W": "P10D", "P1M": "P35D", "P3M": "P100D", "P6M": "P190D", "P1Y": "P380D"}
"""How old evidence may be where a requirement does not say: its cadence and a grace."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A requirement with its place, and the packaged one that it takes the place of."""

    requirement: Requirement
    place: Place
    replaces: str = ""


def parse_requirements(text: str, name: str) -> tuple[tuple[Parsed, ...], tuple[ConfigurationError, ...]]:
    """Return the requirements of a file, and what is wrong with the others.

    A file is a list of requirements, or `requirements:` beside `defaults:` for keys they leave out.
    """
    try:
        root = parse(text, name)
    except ConfigurationError as error:
        return (), (error,)
    if root.scalar is None and root.kind == "scalar":
        return (), ()
    defaults, listed = (None, root) if root.kind == "list" else (root.get("defaults"), root.get("requirements"))
    if listed is None or listed.kind != "list":
        wrong = ConfigurationError("this is not a list of requirements", place=root.place,
                                   advice="Begin each with `- id:`")
        return (), (wrong,)
    parsed, errors = [], list(_strangers(root, defaults))
    for node in listed.elements:
        try:
            parsed.append(_parsed(node, defaults))
        except ConfigurationErrors as several:
            errors.extend(several.errors)
        except ConfigurationError as error:
            errors.append(error)
    return tuple(parsed), tuple(errors)


def _strangers(root: Node, defaults: Node | None) -> Iterator[ConfigurationError]:
    if root.kind == "mapping":
        yield from Fields(root, ("defaults", "requirements"), "a file of requirements").errors
    if defaults is not None:
        yield from Fields(defaults, set(KEYS) - {"id", "title", "replaces"}, "defaults").errors


def _parsed(node: Node, defaults: Node | None) -> Parsed:
    replaces = node.get("replaces")
    return Parsed(parse_requirement(node, defaults=defaults), node.place, replaces.text if replaces else "")


def parse_requirement(node: Node, *, defaults: Node | None = None, also: tuple[str, ...] = ()) -> Requirement:
    """Return one requirement; `also` names further keys that the caller reads itself (`schedule` in vectors).

    Raises `ConfigurationError`, or `ConfigurationErrors` where several things are wrong.
    """
    name = node.get("id")
    if node.kind != "mapping":
        raise ConfigurationError(f"a requirement is {node.says}", place=node.place, advice="Begin it with `id:`")
    fields = Fields(node, (*KEYS, *also), f"requirement {name.text!r}" if name else "a requirement", defaults=defaults)
    kind = fields.choice("kind", KINDS, "")
    if fields.get("kind") is None:
        fields.wrong(node.place, f"{fields.what} lacks 'kind'", f"It is one of {', '.join(sorted(KINDS))}")
    primary, supporting = _controls(fields)
    cadence = _cadence(fields)
    requirement = Requirement(
        id=fields.text("id", required=True), title=fields.text("title", required=True),
        primary=primary, supporting=supporting, clauses=fields.words("clauses"),
        kind=kind, collectors=fields.words("collectors"),
        basis=cast("Basis", fields.choice("basis", ("collected", "occurred"), _basis(kind))),
        qualifies=fields.sql("qualifies"), cadence=cadence, max_age=_max_age(fields, cadence),
        warn=fields.duration("warn"),
        coverage=cast("CoverageRule", fields.choice("coverage", ("latest", "each_period", "continuous"), "latest")),
        tolerance=fields.span("tolerance") or timedelta(), max_silence=fields.span("max_silence"),
        log_source=fields.text("log_source") if fields.get("log_source") else "",
        partial_allowed=fields.flag("accept_partial"), subjects=_subjects(fields), checks=_checks(fields),
        owner=fields.text("owner"), guidance=fields.text("guidance"), scopes=fields.words("scopes"),
    )
    fields.done()
    return requirement


def _basis(kind: str) -> str:
    return "occurred" if kind == "document" else "collected"


def _controls(fields: Fields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    node = fields.get("controls")
    if node is None:
        if fields.get("clauses") is None:
            fields.wrong(fields.node.place, f"{fields.what} lacks 'controls'",
                         'Add `controls: {primary: ["8.13"]}`, or `clauses:`')
        return (), ()
    inner = Fields(node, ("primary", "supporting"), "controls")
    answer = inner.words("primary"), inner.words("supporting")
    fields.errors.extend(inner.errors)
    return answer


def _cadence(fields: Fields) -> Duration:
    if fields.get("cadence") is None:
        fields.wrong(fields.node.place, f"{fields.what} lacks 'cadence'", "Add how often it is due, such as P3M")
    return fields.duration("cadence") or Duration()


def _max_age(fields: Fields, cadence: Duration) -> Duration:
    found = fields.duration("max_age")
    if found is not None:
        return found
    if cadence.text not in MAX_AGE:
        if cadence.text and fields.get("max_age") is None:
            fields.wrong(fields.node.where("cadence"),
                         f"{fields.what} lacks 'max_age', and {cadence.text} has no default",
                         f"Add `max_age:`, or use one of {', '.join(PERIODS)}")
        return cadence
    return duration(MAX_AGE[cadence.text])


def _subjects(fields: Fields) -> Subjects | None:
    node = fields.get("subjects")
    if node is None:
        return None
    inner = Fields(node, ("kind", "where", "column", "share"), "subjects")
    kind, where = inner.choice("kind", KINDS, ""), inner.sql("where", required=True)
    column, share = inner.text("column", required=True), _share(inner)
    if inner.get("kind") is None:
        inner.wrong(node.place, "subjects lack 'kind'", "Add the kind of the records that are the population")
    fields.errors.extend(inner.errors)
    return Subjects(kind=kind, where=where, column=column, share=share)


def _share(fields: Fields) -> Fraction:
    node = fields.get("share")
    if node is None:
        return Fraction(1)
    try:
        text = node.text.strip()
        share = Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        share = Fraction(0)
    if not 0 < share <= 1:
        fields.wrong(node.place, f"'share' cannot be {node.text!r}",
                     "Write more than 0 and at most 1, such as 0.95 or 95%")
        return Fraction(1)
    return share


def _checks(fields: Fields) -> tuple[Check, ...]:
    node = fields.get("checks")
    if node is None:
        return ()
    if node.kind != "list":
        fields.wrong(node.place, f"'checks' is {node.says}, not a list", "Begin each check with `- id:`")
        return ()
    checks = []
    for element in node.elements:
        inner = Fields(element, ("id", "title", "exceptions", "needs", "empty"), "a check")
        checks.append(Check(
            id=inner.text("id", required=True), title=inner.text("title", required=True),
            exceptions=inner.sql("exceptions", required=True), needs=inner.words("needs"),
            empty_passes=inner.choice("empty", ("passes", "unknown"), "unknown") == "passes"))
        fields.errors.extend(inner.errors)
    return tuple(checks)
