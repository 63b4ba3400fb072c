"""YAML as people write it in our files: every value knows its place, and nothing surprises.

A subset of YAML 1.2 with its core schema: `on`, `yes` and `no` are words, `0123` and dates stay text,
only `true`, `false`, `null`, decimal integers and floats are not text. Refused, each with its place:
duplicate keys, keys that are not words, tags, a second document, aliases that blow up, deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agent.errors import ConfigurationError, Place

MOST_NODES = 1_000_000
"""How many nodes a document may have once its aliases are followed."""

MOST_DEPTH = 60
"""How deep a document may nest."""

MOST_BYTES = 16 * 1024 * 1024
"""How large a file may be."""

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,300}|[0-9]{1,300}(\.[0-9]{0,300})?)([eE][-+]?[0-9]{1,3})?", re.ASCII)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+", re.ASCII)
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """One value with its place.

    A scalar has `scalar` (str, int, float, bool or None) and `text` as written; a list has `elements`;
    a mapping has `entries`, whose keys have their places in `keys`.
    """

    place: Place
    kind: str
    """`scalar`, `list` or `mapping`."""
    scalar: Any = None
    text: str = ""
    plain: bool = False
    """A scalar written without quotes."""
    elements: tuple[Node, ...] = ()
    entries: Mapping[str, Node] = field(default_factory=dict)
    keys: Mapping[str, Place] = field(default_factory=dict)
    origin: str = ""
    """What stood there before something was put in from outside (`${NAME}`); '' where nothing was."""
    size: int = 1
    height: int = 0

    @property
    def value(self) -> Any:
        """Return the whole as plain Python: dict, list, str, int, float, bool, None."""
        if self.kind == "mapping":
            return {key: node.value for key, node in self.entries.items()}
        if self.kind == "list":
            return [node.value for node in self.elements]
        return self.scalar

    @property
    def says(self) -> str:
        """Return what it is, in words for an error message: 'a list', 'the number 5', 'nothing'."""
        if self.kind != "scalar":
            return f"a {self.kind}"
        if self.scalar is None:
            return "nothing"
        if isinstance(self.scalar, str):
            return "text"
        return f"{'the number ' if not isinstance(self.scalar, bool) else ''}{self.text[:40]}"

    def get(self, key: str) -> Node | None:
        """Return the value of a key of a mapping, None where it has none."""
        return self.entries.get(key)

    def where(self, key: str) -> Place:
        """Return the place of a key, or of the mapping where it has no such key."""
        return self.keys.get(key, self.place)


def load(path: Path) -> Node:
    """Read a file; raises `ConfigurationError` where it cannot be read or is not YAML as we write it."""
    name = str(path)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        # A NUL byte in a path is a ValueError.
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(f"{name} cannot be read: {reason}") from None
    return parse(data, name)


def parse(data: str | bytes, name: str) -> Node:
    """Return the document in a text; an empty one is a scalar None. `name` stands in the places."""
    if len(data) > MOST_BYTES:
        raise ConfigurationError(f"is larger than {MOST_BYTES >> 20} MiB", place=Place(name))
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        return _Builder(name).document(text)
    except UnicodeError as error:
        raise ConfigurationError(f"is not UTF-8 text: {_reason(error)}", place=Place(name)) from None
    except yaml.YAMLError as error:
        raise _syntax(error, name) from None
    except (ValueError, OverflowError) as error:
        # PyYAML's scanner lets chr() speak for an escape beyond Unicode.
        raise ConfigurationError(f"is not YAML: {error}", place=Place(name)) from None


def _reason(error: UnicodeError) -> str:
    return f"{error.reason} at byte {error.start}" if isinstance(error, UnicodeDecodeError) else str(error)


def _syntax(error: yaml.YAMLError, name: str) -> ConfigurationError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be understood"
    context = getattr(error, "context", None)
    words = " ".join(f"is not YAML: {problem}{f' {context}' if context else ''}".split())
    place = Place(name, mark.line + 1, mark.column + 1) if mark is not None else Place(name)
    return ConfigurationError(words, place=place, advice="Tabs, a missing space after a colon or a quote are usual")


def resolve(text: str) -> str | int | float | bool | None:
    """Return what a plain scalar says in YAML 1.2's core schema, without octal, hex, `.inf` and `.nan`."""
    if text.lower() in _WORDS and text in (text.lower(), text.capitalize(), text.upper()):
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and not _LEADING_ZERO.match(text) and any(mark in text for mark in ".eE"):
        return float(text)
    return text


def _extent(nodes: Collection[Node]) -> tuple[int, int]:
    """Return (size, height) of what holds these nodes."""
    return 1 + sum(node.size for node in nodes), 1 + max((node.height for node in nodes), default=0)


class _Builder:
    """Makes nodes of PyYAML's events, which do not recurse and build nothing by themselves."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.anchors: dict[str, Node] = {}

    def document(self, text: str) -> Node:
        events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        node: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    raise self.wrong("a second document begins here", event, "One file holds one document")
                node = self.node(next(events), events, 0)
        return node if node is not None else Node(Place(self.name, 1, 1), "scalar", plain=True)

    def wrong(self, message: str, event: Any, advice: str = "") -> ConfigurationError:
        return ConfigurationError(message, place=self.place(event), advice=advice)

    def place(self, event: Any) -> Place:
        return Place(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if depth > MOST_DEPTH:
            raise self.wrong(f"nests deeper than {MOST_DEPTH} levels", event)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        if event.tag not in (None, "!"):
            raise self.wrong(f"the tag {event.tag[:60]!r} is not used here", event, "Write the value without a tag")
        if isinstance(event, yaml.ScalarEvent):
            node = self.scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.list(event, events, depth)
        else:
            node = self.mapping(event, events, depth)
        if node.height > MOST_DEPTH:
            raise self.wrong(f"nests deeper than {MOST_DEPTH} levels once its aliases are followed", event)
        if node.size > MOST_NODES:
            raise self.wrong(f"holds more than {MOST_NODES:,} values once its aliases are followed", event)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def alias(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            raise self.wrong(f"the alias *{event.anchor} names nothing that stands before it", event)
        return self.anchors[event.anchor]

    def scalar(self, event: Any) -> Node:
        plain = event.style is None or event.style == ""
        value = resolve(event.value) if plain else event.value
        return Node(self.place(event), "scalar", scalar=value, text=event.value, plain=plain)

    def list(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        elements: list[Node] = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            elements.append(self.node(item, events, depth + 1))
        size, height = _extent(elements)
        return Node(self.place(event), "list", elements=tuple(elements), size=size, height=height)

    def mapping(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(item := next(events), yaml.MappingEndEvent):
            key = self.key(item)
            if key in entries:
                raise self.wrong(f"the key {key[:60]!r} stands here twice, first in line {keys[key].line}", item)
            keys[key] = self.place(item)
            entries[key] = self.node(next(events), events, depth + 1)
        size, height = _extent(entries.values())
        return Node(self.place(event), "mapping", entries=entries, keys=keys, size=size, height=height)

    def key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self.wrong("a key must be a word, not a list, a mapping or an alias", event)
        if event.tag not in (None, "!"):
            raise self.wrong(f"the tag {event.tag[:60]!r} is not used here", event, "Write the key without a tag")
        plain = event.style is None or event.style == ""
        if plain and not isinstance(resolve(event.value), str):
            word = event.value[:60] or "(empty)"
            raise self.wrong(f"the key {word} is not text", event, f'Write it in quotes: "{word}"')
        return str(event.value)
