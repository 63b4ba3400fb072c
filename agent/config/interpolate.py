"""`${NAME}` and `${file:PATH}` in the values of a configuration; `$${` stands for `${` itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from agent.errors import ConfigurationError
from agent.nearest import nearest
from agent.yamlfile import Node

_PART = re.compile(r"\$\$\{|\$\{([^}]*)\}|\$\{")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Outside:
    """What a configuration may take from outside: the environment, and files by their path."""

    environ: Mapping[str, str]
    read: Callable[[str], str]
    """Returns the text of a file; raises `OSError` or `ValueError` where it cannot."""


def interpolate(node: Node, outside: Outside) -> tuple[Node, list[ConfigurationError]]:
    """Return the document with everything from outside put in, and an error for each that is missing."""
    errors: list[ConfigurationError] = []
    return _fill(node, outside, errors), errors


def _fill(node: Node, outside: Outside, errors: list[ConfigurationError]) -> Node:
    if node.kind == "mapping":
        return replace(node, entries={key: _fill(child, outside, errors) for key, child in node.entries.items()})
    if node.kind == "list":
        return replace(node, elements=tuple(_fill(child, outside, errors) for child in node.elements))
    if not isinstance(node.scalar, str) or "${" not in node.scalar:
        return node
    try:
        return _scalar(node, outside)
    except ConfigurationError as error:
        errors.append(error)
        return node


def _scalar(node: Node, outside: Outside) -> Node:
    taken = False

    def put(found: re.Match[str]) -> str:
        nonlocal taken
        if found[0] == "$${":
            return "${"
        taken = True
        return _take(found, node, outside)

    text = _PART.sub(put, str(node.scalar))
    return replace(node, scalar=text, text=text, plain=False, origin=str(node.scalar) if taken else "")


def _take(found: re.Match[str], node: Node, outside: Outside) -> str:
    name = found[1]
    if name is None:
        raise ConfigurationError("'${' has no closing brace", place=node.place, advice="Write $${ for the two signs")
    if name.startswith("file:"):
        return _file(name.removeprefix("file:"), node, outside)
    if not _NAME.fullmatch(name):
        advice = "Write ${NAME}, ${file:/path}, or $${ for the two signs themselves"
        raise ConfigurationError(f"${{{name[:60]}}} names no variable", place=node.place, advice=advice)
    if not outside.environ.get(name):
        state = "empty" if name in outside.environ else "not set"
        near = nearest(name, outside.environ) if state == "not set" else ""
        advice = f"Did you mean {near}?" if near else "Set it where annexa is started"
        raise ConfigurationError(f"the environment variable {name} is {state}", place=node.place, advice=advice)
    return outside.environ[name]


def _file(path: str, node: Node, outside: Outside) -> str:
    try:
        text = outside.read(path).rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or "it is not UTF-8 text"
        message = f"the file {path[:200]!r} cannot be read: {reason}"
        raise ConfigurationError(message, place=node.place, advice="Mount it, or correct the path") from None
    if not text:
        raise ConfigurationError(f"the file {path[:200]!r} is empty", place=node.place)
    return text
