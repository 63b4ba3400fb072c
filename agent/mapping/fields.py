"""Reading the keys of a YAML mapping: every mistake is kept with its place, none stops the reading."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import TypeVar

from agent.durations import duration, span
from agent.errors import ConfigurationError, ConfigurationErrors, Place
from agent.model import Duration
from agent.yamlfile import Node

T = TypeVar("T")


def nearest(word: str, known: Collection[str]) -> str:
    """Return `Did you mean 'x'?`, or what there is where nothing is near and the list is short."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.66)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"It is one of {', '.join(sorted(known))}" if len(known) <= 25 else ""


class Fields:
    """One mapping that is being read; `errors` collects what is wrong in it."""

    def __init__(self, node: Node, known: Collection[str], what: str, *, defaults: Node | None = None) -> None:
        self.node = node
        self.what = what
        self.defaults = defaults
        self.errors: list[ConfigurationError] = []
        if node.kind != "mapping":
            self.wrong(node.place, f"{what} is {node.says}", "Write it as keys and values")
        for key in node.entries:
            if key not in known:
                self.wrong(node.where(key), f"{what} has no key {key!r}", nearest(key, known))

    def wrong(self, place: Place, message: str, advice: str = "") -> None:
        """Keep a mistake."""
        self.errors.append(ConfigurationError(message, place=place, advice=advice))

    def done(self) -> None:
        """Raise what was collected, if anything was."""
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise ConfigurationErrors(self.errors)

    def get(self, key: str) -> Node | None:
        """Return the value of a key, or that of the file's defaults."""
        found = self.node.get(key)
        return found if found is not None or self.defaults is None else self.defaults.get(key)

    def text(self, key: str, *, required: bool = False) -> str:
        """Return a text, '' where there is none."""
        found = self.get(key)
        if found is None:
            if required:
                self.wrong(self.node.place, f"{self.what} lacks {key!r}", f"Add `{key}:`")
            return ""
        if not isinstance(found.scalar, str) or not found.scalar.strip():
            self.wrong(found.place, f"{key!r} is {found.says}, not text")
            return ""
        return " ".join(found.scalar.split())

    def sql(self, key: str, *, required: bool = False) -> str:
        """Return a text as it is written, line breaks kept, so that errors in it can be found again."""
        self.text(key, required=required)
        found = self.get(key)
        return found.scalar.strip() if found is not None and isinstance(found.scalar, str) else ""

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; numbers are taken as written, so that 8.10 stays 8.10."""
        found = self.get(key)
        if found is None:
            return ()
        if found.kind != "list":
            self.wrong(found.place, f"{key!r} is {found.says}, not a list", f"Write `{key}: [...]`")
            return ()
        for element in found.elements:
            if element.kind != "scalar" or not element.text:
                self.wrong(element.place, f"{key!r} holds {element.says}, not a word")
        return tuple(element.text for element in found.elements if element.kind == "scalar")

    def choice(self, key: str, options: Collection[str], default: str) -> str:
        """Return one of the options."""
        found = self.get(key)
        if found is None:
            return default
        if found.scalar not in options:
            shown = repr(found.text) if found.kind == "scalar" else found.says
            self.wrong(found.place, f"{key!r} cannot be {shown}", nearest(found.text, options))
            return default
        return str(found.scalar)

    def flag(self, key: str) -> bool:
        """Return true or false; false where the key is not there."""
        found = self.get(key)
        if found is not None and not isinstance(found.scalar, bool):
            self.wrong(found.place, f"{key!r} is {found.says}", "Write true or false")
        return found is not None and found.scalar is True

    def duration(self, key: str) -> Duration | None:
        """Return an ISO 8601 duration, None where the key is not there."""
        return self._parsed(key, duration)

    def span(self, key: str) -> timedelta | None:
        """Return a duration of fixed length, None where the key is not there."""
        return self._parsed(key, span)

    def _parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        found = self.get(key)
        if found is None:
            return None
        try:
            return parse(found.text)
        except ValueError as error:
            self.wrong(found.place, f"{key!r}: {error}")
            return None
