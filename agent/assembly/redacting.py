"""`redact:` beside the collectors: a rule that reaches nothing is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from agent.config import Config
from agent.errors import ConfigurationError
from agent.evidence.owed import document_collector
from agent.mapping import Mapping as Mappings
from agent.model import KINDS
from agent.nearest import nearest
from agent.registry import Registry


def mistakes(config: Config, by_id: Mapping[str, str], mapping: Mappings) -> Iterator[ConfigurationError]:
    """Yield each rule that reaches no collector, or a column that none of its collectors has."""
    known = {**by_id, **{document_collector(one.id): one.kind for one in mapping.requirements.values() if one.document}}
    for pattern, rules in config.redact.by.items():
        found = {kind for collector, kind in known.items() if fnmatchcase(collector, pattern)}
        if not found:
            near = nearest(pattern, known)
            yield ConfigurationError(
                f"redact: no collector is called {pattern[:60]!r}", place=config.places.get(f"redact.{pattern}"),
                advice=f"Did you mean {near}?" if near else "annexa collectors list shows them all",
            )
            continue
        columns = sorted({column for kind in found if kind in KINDS for column in KINDS[kind].columns})
        for column in rules.keys() - set(columns):
            near = nearest(column, columns)
            yield ConfigurationError(
                f"redact: no record of {pattern} has the column {column!r}",
                place=config.places.get(f"redact.{pattern}.{column}"),
                advice=f"Did you mean {near}?" if near else f"It has {', '.join(columns)}",
            )


def kinds(registry: Registry) -> dict[str, str]:
    """Return the kind of each collector."""
    return {one.id: one.kind for one in registry.headers()}
