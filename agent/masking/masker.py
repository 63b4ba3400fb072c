"""Two steps, because nearly no line holds a secret: search the line's bytes; only then parse, walk, write again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pydantic_core import SchemaValidator, core_schema

from agent import canonical
from agent.masking.rules import (
    AWS_KEY,
    CACHED,
    ENVIRONMENT,
    PAIR_NAMES,
    PAIR_VALUES,
    SIGNS,
    TAIL,
    VALUE_SIGNS,
    VALUES,
    ending,
    exempt,
    names_key,
    normal,
    secret_name,
)

DEPTH = 100


class Masker:
    """Masks the lines of one artifact; `counts` is how often each rule did. Extra key names come from configuration."""

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self._extra = frozenset(ending(name) for name in extra) - {""}
        self._suspect = _search(self._extra).isinstance_python
        self.counts: Counter[str] = Counter()

    def line(self, line: bytes) -> bytes:
        """Return the line of NDJSON with its secrets masked; a line without any is returned as it is."""
        return self.walk(line) if self._suspect(line) else line

    def lines(self, block: bytes) -> bytes:
        """Return whole lines masked as `line` does each; a block without any sign is searched in one go."""
        if not self._suspect(block):
            return block
        return b"".join(map(self.line, block.splitlines(keepends=True)))

    def walk(self, line: bytes) -> bytes:
        """Do what `line` does without the search before it."""
        before = self.counts.total()
        value = self._value(canonical.loads(line), "", "", "", 0)
        return canonical.line(value) if self.counts.total() != before else line

    def _value(self, value: Any, name: str, parent: str, whole: str, depth: int) -> Any:
        """Return the value under a name; `whole` is the rule that masks all that stands below."""
        if isinstance(value, str):
            return self._text(value, name, whole, depth)
        if isinstance(value, (dict, list)) and depth > DEPTH:
            return self._mask("depth")
        if isinstance(value, dict):
            return self._object(value, name, whole or _container(name, parent), depth)
        if isinstance(value, list):
            if _container(name, parent) or (normal(name) == "environment" and value and isinstance(value[0], dict)):
                whole = whole or "environment"
            return [self._value(item, name, parent, whole, depth + 1) for item in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            rule = whole or ("password" if secret_name(name, self._extra) == "password" else "")
            return self._mask(rule) if rule else value
        return value

    def _object(self, value: dict[str, Any], name: str, whole: str, depth: int) -> dict[str, Any]:
        label = next((item for key, item in value.items() if normal(key) in PAIR_NAMES and isinstance(item, str)), "")
        paired = bool(label) and any(normal(key) in PAIR_VALUES for key in value)
        result = {}
        for key, item in value.items():
            worth = normal(key) in PAIR_VALUES
            below = whole if not paired or worth else ""
            result[key] = self._value(item, label if paired and worth else key, name, below, depth + 1)
        return result

    def _text(self, value: str, name: str, whole: str, depth: int) -> str:
        rule = whole or secret_name(name, self._extra)
        if rule and not exempt(value) and not (names_key(name) and AWS_KEY.fullmatch(value)):
            return self._mask(rule)
        if value[:1] in {"{", "["} and (inside := self._json(value, name, depth)) is not None:
            return inside
        return self._inside(value, name) if _TELLS(value) else value

    def _inside(self, value: str, name: str) -> str:
        """Return a text with the secrets within it masked."""
        for kind, pattern, replacement in VALUES:
            value, found = pattern.subn(replacement.format(mask=f"[masked:{kind}]"), value)
            if found:
                self.counts[kind] += found
        if not names_key(name):
            value, found = AWS_KEY.subn("[masked:aws_key]", value)
            if found:
                self.counts["aws_key"] += found
        return value

    def _json(self, value: str, name: str, depth: int) -> str | None:
        """Return a text that is JSON with its inside masked, or None where it is no JSON."""
        try:
            data = canonical.loads(value)
        except ValueError:
            return None
        before = self.counts.total()
        data = self._value(data, name, "", "", depth + 1)
        return canonical.line(data)[:-1].decode() if self.counts.total() != before else value

    def _mask(self, rule: str) -> str:
        self.counts[rule] += 1
        return f"[masked:{rule}]"


@lru_cache(maxsize=CACHED)
def _container(name: str, parent: str) -> str:
    bare = normal(name)
    if bare == "userdata":
        return "user_data"
    if bare in ENVIRONMENT or (bare == "variables" and normal(parent) == "environment"):
        return "environment"
    return ""


@lru_cache(maxsize=8)
def _search(extra: frozenset[str]) -> SchemaValidator:
    """Return the search for suspect lines.

    It is pydantic's string check, because its Rust expressions run as an automaton: on lines of
    inventory it reads 475 MB/s, where `re` reads 10.
    """
    names = "|".join("[_. -]?".join(re.escape(letter) for letter in name) for name in sorted(extra))
    return _expression(f"{SIGNS}|(?i-u:(?:{names}){TAIL})" if names else SIGNS)


def _expression(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex", strict=False))


_TELLS = _expression(VALUE_SIGNS).isinstance_python
