"""The mapping as one value: frameworks, crosswalks and requirements, and which control asks for which."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from agent.canonical import document
from agent.errors import Place
from agent.mapping.frameworks import ISO_2013, ISO_2022, Clause, Control, Crosswalk
from agent.model import Requirement

Role = Literal["primary", "supporting"]


@dataclass(frozen=True, slots=True)
class Assigned:
    """A requirement of a control and its part in it: only primary ones decide."""

    requirement: Requirement
    role: Role


@dataclass(frozen=True)
class Mapping:
    """Frameworks, crosswalks and requirements by id; `places` says where each requirement stands.

    `sources` are the texts that it was parsed from, name -> text: what a store keeps so that an
    earlier version can be parsed again.
    """

    frameworks: dict[str, tuple[Control, ...]]
    clauses: tuple[Clause, ...]
    crosswalks: tuple[Crosswalk, ...]
    requirements: dict[str, Requirement]
    places: dict[str, Place] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def controls(self, framework: str = ISO_2022) -> tuple[Control, ...]:
        """Return the controls of a framework in its own order; raises `KeyError` for one without controls."""
        return self.frameworks[framework]

    def control(self, control: str, framework: str = ISO_2022) -> Control | None:
        """Return one control, or None where the framework has none of that id."""
        return next((one for one in self.controls(framework) if one.id == control), None)

    def requirements_for(self, control: str, framework: str = ISO_2022) -> tuple[Assigned, ...]:
        """Return the requirements of a control, primary ones first, each once.

        Those of a 2013 control follow from its 2022 counterparts; primary for one of them is primary.
        """
        roles: dict[str, Role] = {}
        for counterpart in self.counterparts(control, framework):
            for requirement, role in self._by_control.get(counterpart, ()):
                if roles.get(requirement) != "primary":
                    roles[requirement] = role
        ordered = sorted(roles.items(), key=lambda pair: (pair[1] != "primary", self._order[pair[0]]))
        return tuple(Assigned(self.requirements[one], role) for one, role in ordered)

    def requirements_for_clause(self, clause: str) -> tuple[Requirement, ...]:
        """Return the requirements that show the documented information of a clause."""
        return tuple(one for one in self.requirements.values() if clause in one.clauses)

    def counterparts(self, control: str, framework: str = ISO_2022) -> tuple[str, ...]:
        """Return the 2022 controls that a control of a framework stands for: itself for 2022."""
        if framework == ISO_2022:
            return (control,)
        return tuple(link.target for walk in self.crosswalks if (walk.source, walk.target) == (framework, ISO_2022)
                     for link in walk.targets(control))

    def related(self, control: str) -> dict[str, tuple[str, ...]]:
        """Return what else a 2022 control meets: ids of other frameworks' controls, by framework."""
        answer: dict[str, tuple[str, ...]] = {}
        for walk in self.crosswalks:
            if walk.source == ISO_2022:
                answer[walk.target] = tuple(link.target for link in walk.targets(control))
            elif walk.target == ISO_2022:
                answer[walk.source] = tuple(link.source for link in walk.links if link.target == control)
        return {framework: ids for framework, ids in answer.items() if ids}

    @property
    def roles(self) -> tuple[str, ...]:
        """Return every role that owns a requirement, sorted: what `owners:` in the configuration can name."""
        return tuple(sorted({one.owner for one in self.requirements.values() if one.owner}))

    @cached_property
    def digest(self) -> str:
        """Return `sha256:...` of what the mapping says; comments and order of files do not change it."""
        content = {
            "frameworks": {name: [one.id for one in controls] for name, controls in self.frameworks.items()},
            "crosswalks": [_plain(walk) for walk in self.crosswalks],
            "requirements": {name: _plain(one) for name, one in self.requirements.items()},
        }
        return "sha256:" + hashlib.sha256(document(content)).hexdigest()

    @cached_property
    def _by_control(self) -> dict[str, list[tuple[str, Role]]]:
        index: dict[str, list[tuple[str, Role]]] = {}
        for name, requirement in self.requirements.items():
            for control, role in _roles(requirement):
                index.setdefault(control, []).append((name, role))
        return index

    @cached_property
    def _order(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.requirements)}


def _roles(requirement: Requirement) -> Iterator[tuple[str, Role]]:
    yield from ((control, "primary") for control in requirement.primary)
    yield from ((control, "supporting") for control in requirement.supporting)


def _plain(value: Any) -> Any:
    """Return a value as JSON: dataclasses as objects, durations in microseconds, fractions as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.name != "text"}
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


__all__ = ["ISO_2013", "ISO_2022", "Assigned", "Mapping", "Role"]
