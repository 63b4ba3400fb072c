"""The tables of the docs, written from the mapping: what shows each control and each clause."""

from __future__ import annotations

from collections.abc import Iterable

from agent.mapping.frameworks import ISO_2013, ISO_2022
from agent.mapping.mapping import Assigned, Mapping
from agent.model import KINDS, Requirement

_HEAD = """# What shows each control

Generated from `mappings/` by `python docs/generate.py`; a test checks that it is current.

A control is **collected** where a collector brings evidence that decides it, **document** where only a person
can, and **both** where each has its part. A document is never counted as automated coverage. Supporting
requirements (in brackets) are shown with a control and do not decide it.
"""

_COLUMNS = "| control | class | collected | documents | 2013 |\n| --- | --- | --- | --- | --- |\n"


def automated(assigned: Iterable[Assigned]) -> str:
    """Return `collected`, `document` or `both`: what the primary requirements of a control are; '' without any."""
    kinds = {one.requirement.document for one in assigned if one.role == "primary"}
    return {frozenset({True}): "document", frozenset({False}): "collected",
            frozenset({True, False}): "both"}.get(frozenset(kinds), "")


def controls_page(mapping: Mapping) -> str:
    """Return `docs/controls.md`."""
    parts = [_HEAD, _counts(mapping)]
    for theme in dict.fromkeys(control.group for control in mapping.controls(ISO_2022)):
        parts.append(f"\n## {theme}\n\n{_COLUMNS}")
        parts += [_control(mapping, control.id, control.title) for control in mapping.controls(ISO_2022)
                  if control.group == theme]
    parts.append("\n## Clauses 4 to 10\n\n| clause | documented information | requirements |\n| --- | --- | --- |\n")
    parts += [f"| {clause.id} {clause.title} | {clause.mandatory}: {clause.information} | "
              f"{_ids(mapping.requirements_for_clause(clause.id))} |\n" for clause in mapping.clauses]
    return "".join(parts)


def _counts(mapping: Mapping) -> str:
    classes = [automated(mapping.requirements_for(control.id)) for control in mapping.controls(ISO_2022)]
    documents = sum(one.document for one in mapping.requirements.values())
    return (
        f"\nOf {len(classes)} controls {classes.count('collected')} are collected, {classes.count('both')} are both, "
        f"and {classes.count('document')} are documents. {len(mapping.requirements) - documents} requirements are met "
        f"by collectors and {documents} by documents. The {len(mapping.controls(ISO_2013))} controls of 2013 follow "
        "from those of 2022.\n"
    )


def _control(mapping: Mapping, control: str, title: str) -> str:
    assigned = mapping.requirements_for(control)
    collected, documents = ([one for one in assigned if one.requirement.document is document]
                            for document in (False, True))
    old = ", ".join(mapping.related(control).get(ISO_2013, ()))
    return (f"| {control} {title} | {automated(assigned)} | {_shown(collected)} | {_shown(documents)} | "
            f"{old or 'new'} |\n")


def _shown(assigned: list[Assigned]) -> str:
    return ", ".join(one.requirement.id if one.role == "primary" else f"({one.requirement.id})" for one in assigned)


def _ids(requirements: Iterable[Requirement]) -> str:
    return ", ".join(one.id for one in requirements)


def kinds_table() -> str:
    """Return the table of the kinds with their columns and DuckDB types, as `docs/mappings.md` shows it."""
    rows = ["| kind | events | columns |\n| --- | --- | --- |\n"]
    for kind in KINDS.values():
        columns = ", ".join(f"{name} {_short(type_)}" for name, type_ in kind.columns.items())
        rows.append(f"| `{kind.name}` | {'yes' if kind.event else 'no'} | {columns} |\n")
    return "".join(rows)


def _short(type_: str) -> str:
    return {"VARCHAR": "text", "BOOLEAN": "yes/no", "TIMESTAMPTZ": "time", "BIGINT": "number", "DOUBLE": "number"}.get(
        type_, f"`{type_}`")
