"""A part of the configuration is a frozen dataclass whose fields say how they are read and what they mean.

The same declaration reads the file, names the nearest valid key and writes the reference in the docs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from agent.errors import ConfigurationError, ConfigurationErrors
from agent.nearest import meant, nearest
from agent.yamlfile import Node

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """What reading needs beside the node: the folder of the file, for relative paths, and the time zone."""

    folder: Path
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """How a value is read: `words` complete the sentence 'must be …'; `shape` is the part it holds, if any."""

    words: str
    read: Callable[[Node, str, Look], T]
    shape: type[Any] | None = None
    empty: str = ""
    """The word that is read as the empty list, where there is one."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the file: its name, kind, the sentence of the reference, and how its default is shown."""

    name: str
    kind: Kind[Any]
    doc: str
    shown: str
    required: bool


def key(kind: Kind[Any], doc: str, *, default: Any = MISSING, name: str = "", shown: str = "") -> Any:
    """Return a dataclass field that is read from the key `name`, by default the field's own name."""
    about = {"kind": kind, "doc": doc, "name": name, "shown": shown}
    if default is MISSING:
        return field(metadata=about)
    if isinstance(default, Mapping):
        return field(default_factory=lambda: default, metadata=about)
    return field(default=default, metadata=about)


def keys(shape: type[Any]) -> dict[str, Key]:
    """Return the keys of a part by the names of its fields, in the order in which they are declared."""
    found = {}
    for item in dataclasses.fields(shape):
        if "kind" in item.metadata:
            about = item.metadata
            required = item.default is MISSING and item.default_factory is MISSING
            shown = about["shown"] or _shown(item.default)
            found[item.name] = Key(about["name"] or item.name, about["kind"], about["doc"], shown, required)
    return found


def _shown(default: Any) -> str:
    if default in (None, MISSING, (), "") or dataclasses.is_dataclass(default):
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return ", ".join(map(str, default)) if isinstance(default, tuple) else str(default)


def wrong(node: Node, what: str, kind: str) -> ConfigurationError:
    """Return the error of a value of the wrong type; the value itself is not repeated."""
    said = f"the variable in {node.origin}" if node.origin else node.says
    return ConfigurationError(f"{what} must be {kind}, not {said}", place=node.place)


def read(shape: type[T], node: Node, what: str, look: Look) -> T:
    """Return a part read from a mapping; raises every mistake in it at once."""
    if node.kind != "mapping":
        names = ", ".join(item.name for item in keys(shape).values())
        raise wrong(node, what, f"a mapping with the keys {names}")
    errors: list[ConfigurationError] = list(unknown(shape, node, what))
    values: dict[str, Any] = {}
    for name, item in keys(shape).items():
        try:
            values.update(_one(name, item, node, what, look))
        except ConfigurationError as error:
            errors.append(error)
    if not errors:
        part = shape(**values)
        errors.extend(problems(part, node))
    if errors:
        raise ConfigurationErrors(errors)
    return part


def problems(part: Any, node: Node) -> Iterable[ConfigurationError]:
    """Return what a part finds wrong with itself as a whole, by its own `problems(node)`."""
    find: Callable[[Node], Iterable[ConfigurationError]] | None = getattr(part, "problems", None)
    return find(node) if find is not None else ()


def unknown(shape: type[Any], node: Node, what: str) -> Iterator[ConfigurationError]:
    """Yield an error for each key that the part does not know, with the nearest valid one."""
    names = [item.name for item in keys(shape).values()]
    for name in node.entries:
        if name not in names:
            message = f"{what} has no key {name[:60]!r}"
            yield ConfigurationError(message, place=node.where(name), advice=meant(name, names))


def _one(name: str, item: Key, node: Node, what: str, look: Look) -> dict[str, Any]:
    value = node.get(item.name)
    if value is None or (value.kind == "scalar" and value.scalar is None):
        near = (nearest(name, [item.name]) for name in node.entries if name != item.name)
        if item.required and item.name not in near:  # a misspelt key is named already
            raise ConfigurationError(f"{what} needs the key {item.name!r}", place=node.where(item.name))
        return {}
    return {name: item.kind.read(value, f"{item.name!r}", look)}
