"""Who owes what at an instant: each requirement, by each boundary whose scope has one of its collectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent.collector import Header
from agent.model import Expected, Requirement

ORGANIZATION = "organization"
"""The scope and boundary of documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A boundary of a scope that is in force, and since when each of its regions is; `organization`: it is the top."""

    scope: str
    provider: str
    boundary: str
    name: str = ""
    organization: bool = False
    since: datetime | None = None
    regions: tuple[tuple[str, datetime, datetime | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRules:
    """What the configuration says of a scope: whether it owes anything, and which collectors are switched on."""

    name: str
    provider: str
    in_isms: bool = True
    enabled: frozenset[str] = frozenset()
    connected: datetime | None = None
    """Since when the scope is observed, where the configuration says so; else since it was first reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One requirement owed by one boundary; `collectors` are those of its alternatives that run there."""

    requirement: Requirement
    scope: str
    boundary: str
    boundary_name: str = ""
    collectors: tuple[str, ...] = ()
    expected: tuple[Expected, ...] = field(default=())
    observed_from: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what names a unit: requirement, scope, boundary."""
        return (self.requirement.id, self.scope, self.boundary)


class Units:
    """The units owed at an instant, and which of them an artifact touches."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.all = tuple(units)
        self._by_place: dict[tuple[str, str, str], list[Unit]] = {}
        for unit in self.all:
            for collector in unit.collectors:
                self._by_place.setdefault((collector, unit.scope, unit.boundary), []).append(unit)

    def touched(self, places: Iterable[tuple[str, str, str]]) -> list[Unit]:
        """Return the units that (collector, scope, boundary) of new artifacts can change, each once."""
        found = {unit.key: unit for place in places for unit in self._by_place.get(place, ())}
        return list(found.values())


def document_collector(requirement: str) -> str:
    """Return the name under which documents for a requirement are kept."""
    return f"document.{requirement}"


def owed(
    requirements: Iterable[Requirement],
    scopes: Iterable[ScopeRules],
    boundaries: Iterable[InForce],
    headers: Mapping[str, Header],
    began: datetime | None = None,
) -> list[Unit]:
    """Return every unit that is owed; a scope whose boundaries are not known yet owes as one boundary of its name.

    `began` is when the store was first used: documents of periods before it are not observed.
    """
    by_scope: dict[str, list[InForce]] = {}
    for one in boundaries:
        by_scope.setdefault(one.scope, []).append(one)
    rules = [scope for scope in scopes if scope.in_isms]
    units: list[Unit] = []
    for requirement in requirements:
        if requirement.document:
            units.append(_document(requirement, began))
            continue
        for scope in rules:
            if requirement.scopes and scope.name not in requirement.scopes:
                continue
            unknown = InForce(scope=scope.name, provider=scope.provider, boundary=scope.name, organization=True)
            units.extend(_units(requirement, scope, by_scope.get(scope.name, [unknown]), headers))
    return units


def _document(requirement: Requirement, began: datetime | None) -> Unit:
    return Unit(
        requirement=requirement, scope=ORGANIZATION, boundary=ORGANIZATION, boundary_name=ORGANIZATION,
        collectors=(document_collector(requirement.id), *requirement.collectors), observed_from=began,
    )


def _units(
    requirement: Requirement, scope: ScopeRules, boundaries: Iterable[InForce], headers: Mapping[str, Header]
) -> Iterator[Unit]:
    known = [headers[name] for name in requirement.collectors if name in headers and name in scope.enabled]
    ours = [header for header in known if header.provider == scope.provider]
    for boundary in boundaries:
        here = [one for one in ours if one.runs_in(boundary.boundary, organization=boundary.organization)]
        if not here:
            continue
        yield Unit(
            requirement=requirement, scope=scope.name, boundary=boundary.boundary, boundary_name=boundary.name,
            collectors=tuple(header.id for header in here),
            expected=tuple(_expected(here, boundary)), observed_from=scope.connected or boundary.since,
        )


def _expected(headers: Iterable[Header], boundary: InForce) -> Iterator[Expected]:
    for header in headers:
        if header.per == "region":
            for region, since, until in boundary.regions:
                yield Expected(collector=header.id, region=region, since=since, until=until)
