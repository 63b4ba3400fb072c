"""`redact:` beside the collectors and the mapping: rules that reach nothing, and columns that a requirement reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from agent.config import Config
from agent.errors import ConfigurationError, ConfigurationErrors
from agent.evidence.owed import document_collector
from agent.mapping import Mapping as Mappings
from agent.mapping.lint import Complaint
from agent.mapping.lint_sql import columns_read
from agent.model import KINDS, Requirement
from agent.registry import Registry

SHOWN = 3
"""Requirements that a warning names."""
_THEN = {
    "drop": "their SQL sees null there",
    "mask": "their SQL sees the same mark in every record",
    "hash": "equal values stay equal, and no text that their SQL names is among them",
}


def mistakes(config: Config, kinds: Mapping[str, str], mapping: Mappings) -> Iterator[ConfigurationError]:
    """Yield each rule that reaches no collector, or a column that none of its collectors has."""
    known = {**kinds, **{document_collector(one.id): one.kind for one in mapping.requirements.values() if one.document}}
    for pattern, rules in config.redact.by.items():
        found = {kind for collector, kind in known.items() if fnmatchcase(collector, pattern)}
        if not found:
            near = get_close_matches(pattern, known, n=1)
            yield ConfigurationError(
                f"redact: no collector is called {pattern[:60]!r}", place=config.places.get(f"redact.{pattern}"),
                advice=f"Did you mean {near[0]}?" if near else "annexa collectors list shows them all",
            )
            continue
        columns = sorted({column for kind in found if kind in KINDS for column in KINDS[kind].columns})
        for column in rules.keys() - set(columns):
            near = get_close_matches(column, columns, n=1)
            yield ConfigurationError(
                f"redact: no record of {pattern} has the column {column!r}",
                place=config.places.get(f"redact.{pattern}.{column}"),
                advice=f"Did you mean {near[0]}?" if near else f"It has {', '.join(columns)}",
            )


def refuse(config: Config, registry: Registry, mapping: Mappings) -> None:
    """Raise the mistakes: a rule that reaches nothing would leave personal data in what is sealed for good."""
    if found := list(mistakes(config, _kinds(registry), mapping)):
        raise ConfigurationErrors(found)


def complaints(config: Config, registry: Registry, mapping: Mappings) -> Iterator[Complaint]:
    """Yield what lint says of the rules: their mistakes as errors, and the doubts."""
    for error in mistakes(config, _kinds(registry), mapping):
        yield Complaint("error", error.place, error.message, error.advice)
    yield from doubts(config, mapping)


def _kinds(registry: Registry) -> dict[str, str]:
    return {one.id: one.kind for one in registry.headers()}


def doubts(config: Config, mapping: Mappings) -> Iterator[Complaint]:
    """Yield a warning for each rule whose column the SQL of a requirement reads; an id may be hashed."""
    reads: dict[tuple[str, str], list[str]] = defaultdict(list)
    for requirement in mapping.requirements.values():
        needed = columns_read(requirement)
        for pattern, column in sorted(_rules(config, requirement)):
            if column in needed and column != "id":
                reads[pattern, column].append(f"{requirement.id} ({needed[column]})")
    for (pattern, column), names in reads.items():
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield Complaint(
            "warning", config.places.get(f"redact.{pattern}.{column}"),
            f"redact: {column} of {pattern} is read by {', '.join(names[:SHOWN])}{more}",
            f"With {config.redact.by[pattern][column]}, {_THEN[config.redact.by[pattern][column]]}",
        )


def _rules(config: Config, requirement: Requirement) -> set[tuple[str, str]]:
    """Return the pattern and the column of each rule that holds for a collector of the requirement."""
    collectors = [*requirement.collectors, *([document_collector(requirement.id)] if requirement.document else [])]
    return {
        (pattern, column) for collector in collectors for column, pattern in config.redact.patterns(collector).items()
    }
