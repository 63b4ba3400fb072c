"""Controls, requirements and collectors as people and machines read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Column, Screen, plain
from agent.collector import Header
from agent.mapping import Assigned, Control, Mapping
from agent.model import Requirement


def control_json(mapping: Mapping, control: Control) -> dict[str, Any]:
    """Return a control with its requirements as the machine interface writes it."""
    assigned = mapping.requirements_for(control.id, control.framework)
    return {
        "id": control.id, "title": control.title, "theme": control.group, "automated": _automated(assigned),
        "requirements": [
            {"id": one.requirement.id, "title": one.requirement.title, "role": one.role, "kind": one.requirement.kind,
             "cadence": one.requirement.cadence.text, "max_age": one.requirement.max_age.text,
             "coverage": one.requirement.coverage, "collectors": one.requirement.collectors}
            for one in assigned
        ],
    }


def _automated(assigned: Sequence[Assigned]) -> bool:
    return any(not one.requirement.document for one in assigned if one.role == "primary")


def controls(screen: Screen, mapping: Mapping, listed: Sequence[Control]) -> None:
    """Print the controls, each with the requirements that decide on it."""
    screen.table([Column("Control"), Column("Title", flexible=True), Column("Decided by", flexible=True)],
                 ([one.id, one.title, _decided(mapping, one)] for one in listed))
    automated = sum(_automated(mapping.requirements_for(one.id, one.framework)) for one in listed)
    screen.blank()
    screen.line(f"{words.count(len(listed), 'control')}; {automated:,} with evidence that a collector brings, "
                f"{len(listed) - automated:,} by documents alone.")


def _decided(mapping: Mapping, control: Control) -> str:
    primary = [one.requirement for one in mapping.requirements_for(control.id, control.framework)
               if one.role == "primary"]
    return ", ".join(one.id + (" (document)" if one.document else "") for one in primary) or "nothing"


def control(screen: Screen, mapping: Mapping, one: Control) -> None:
    """Print one control with each of its requirements."""
    screen.line(Text(f"{plain(one.id)} {plain(one.title)}", style="bold"), f" ({one.group})")
    for assigned in mapping.requirements_for(one.id, one.framework):
        requirement(screen, assigned.requirement, assigned.role)
    for framework, ids in mapping.related(one.id).items():
        screen.hanging(framework, ", ".join(ids), by=18)


def requirement(screen: Screen, one: Requirement, role: str) -> None:
    """Print what must be shown, how often, how old it may be, and by what."""
    screen.blank()
    screen.line(Text(plain(one.title), style="bold"), f"  {one.id}  {role}")
    rows = [
        ("Kind", one.kind), ("Brought by", ", ".join(one.collectors) or "a person"),
        ("How often", f"{one.cadence.text}, at most {one.max_age.text} old, coverage {one.coverage}"),
        ("Qualifies", one.qualifies), ("Checks", "; ".join(check.title for check in one.checks)),
        ("Who", one.owner), ("How", one.guidance),
    ]
    for label, said in rows:
        if said:
            screen.hanging(f"  {label}", said, by=14)
    screen.blank()


def header_json(one: Header) -> dict[str, Any]:
    """Return a collector's header as the machine interface writes it."""
    return {
        "id": one.id, "title": one.title, "kind": one.kind, "provider": one.provider, "per": one.per,
        "population": one.population, "cadence": one.cadence, "keeps": one.keeps or None, "version": one.version,
        "exact": one.exact, "performs": one.performs, "opt_in": one.opt_in, "permissions": one.permissions,
        "calls": [{"call": api.call, "permissions": api.permissions} for api in one.calls], "limits": one.limits,
    }


def collectors(screen: Screen, headers: Sequence[Header]) -> None:
    """Print one line for each collector."""
    screen.table([Column("Collector", kept=True), Column("Title", flexible=True), Column("Kind"), Column("Per"),
                  Column("Every")],
                 ([one.id, one.title, one.kind, one.per, f"{one.cadence} opt-in" if one.opt_in else one.cadence]
                  for one in headers))
    screen.blank()
    asked = sum(one.opt_in for one in headers)
    off = f", {asked:,} of them opt-in: off for every scope that does not name them" if asked else ""
    screen.line(f"{words.count(len(headers), 'collector')}{off}. annexa collectors show ID tells what one reads.")


def collector(screen: Screen, one: Header, used: Sequence[Requirement]) -> None:
    """Print everything that a collector declares."""
    screen.line(Text(plain(one.title), style="bold"), f"  {one.id}, version {one.version}")
    every = f"{one.cadence}, once for each {one.per}"
    off = f"A scope that does not name it: collectors: {{also: [{one.id}]}}" if one.opt_in else ""
    rows = [
        ("Population", one.population), ("Kind", one.kind), ("How often", every), ("Off for", off),
        ("Source keeps", one.keeps),
        ("Permissions", ", ".join(one.permissions)), ("Calls", ", ".join(api.call for api in one.calls)),
        ("Cannot see", " ".join(one.limits)), ("Evidence for", ", ".join(each.id for each in used)),
    ]
    for label, said in rows:
        if said:
            screen.hanging(f"  {label}", said, by=16)
