"""`redact:`, read: collectors, the columns of theirs that hold personal data, and what is done with each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from agent.config.kinds import choice
from agent.config.shape import Kind, Look, wrong
from agent.errors import ConfigurationError, ConfigurationErrors
from agent.masking import ACTIONS, Redaction
from agent.model import KINDS
from agent.nearest import meant
from agent.yamlfile import Node

COLUMNS: Mapping[str, str] = MappingProxyType(
    {name: type_ for spec in KINDS.values() for name, type_ in spec.columns.items()}
)
"""Every column of every evidence kind, with its type; a name has the same one in every kind."""
TEXTS = frozenset({"VARCHAR", "VARCHAR[]", "MAP(VARCHAR, VARCHAR)"})
"""The types that hold text, which a mark or a hash can stand for."""
_WORDS = f"a mapping of columns to one of {', '.join(ACTIONS)}"
_ACTION = choice(ACTIONS)


def _redact(node: Node, what: str, look: Look) -> Redaction:
    """Read the rules of every collector; raises every mistake at once."""
    if node.kind != "mapping":
        raise wrong(node, what, _KIND_WORDS)
    by: dict[str, Mapping[str, str]] = {}
    errors: list[ConfigurationError] = []
    for collector, rules in node.entries.items():
        if rules.kind != "mapping":
            errors.append(wrong(rules, f"{what} {collector[:60]!r}", _WORDS))
            continue
        errors += _mistakes(rules, f"{what} {collector[:60]!r}", look)
        by[collector] = MappingProxyType({column: action.text for column, action in rules.entries.items()})
    if errors:
        raise ConfigurationErrors(errors)
    return Redaction(MappingProxyType(by))


def _mistakes(rules: Node, what: str, look: Look) -> Iterator[ConfigurationError]:
    for column, node in rules.entries.items():
        if column not in COLUMNS:
            message = f"{what} names {column[:60]!r}, which is no column of any evidence kind"
            yield ConfigurationError(message, place=rules.where(column), advice=meant(column, COLUMNS))
            continue
        try:
            action = _ACTION.read(node, f"{what} {column!r}", look)
        except ConfigurationError as error:
            yield error
            continue
        if advice := _refusal(column, action):
            yield ConfigurationError(f"{what}: {column} cannot be {_DONE[action]}", place=node.place, advice=advice)


def _refusal(column: str, action: str) -> str:
    """Return why an action does not fit a column, '' where it does."""
    if column == "id":
        return "" if action == "hash" else "An id tells records apart: hash it"
    if column == "occurred_at":
        return "The age of an event is counted from it"
    if action != "drop" and COLUMNS[column] not in TEXTS:
        return "It holds no text: drop it"
    return ""


_DONE = {"drop": "dropped", "mask": "masked", "hash": "hashed"}
_KIND_WORDS = f"a mapping of collectors (ids, patterns) to {_WORDS}"
REDACT: Kind[Redaction] = Kind(_KIND_WORDS, _redact)
