"""What lint says of `redact:`: its mistakes, and the columns that a requirement reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from agent.assembly.redacting import kinds, mistakes
from agent.config import Config
from agent.evidence.owed import document_collector
from agent.mapping import Mapping as Mappings
from agent.mapping.lint import Complaint
from agent.mapping.lint_sql import columns_read
from agent.model import Requirement
from agent.registry import Registry

SHOWN = 3
"""Requirements that a warning names."""
_THEN = {
    "drop": "their SQL sees null there",
    "mask": "their SQL sees the same mark in every record",
    "hash": "equal values stay equal, and no text that their SQL names is among them",
}


def complaints(config: Config, registry: Registry, mapping: Mappings) -> Iterator[Complaint]:
    """Yield what lint says of the rules: their mistakes as errors, and the doubts."""
    for error in mistakes(config, kinds(registry), mapping):
        yield Complaint("error", error.place, error.message, error.advice)
    yield from doubts(config, mapping)


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
