"""The kinds of values in the configuration file, each with the words that complete 'must be …'."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from agent import durations
from agent.config import shape
from agent.config.secret import Secret
from agent.config.shape import Kind, Look, wrong
from agent.errors import ConfigurationError, ConfigurationErrors
from agent.model import Duration
from agent.nearest import meant, nearest
from agent.yamlfile import Node, resolve

T = TypeVar("T")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")


def _text(node: Node, what: str, words: str, *, numbers: bool = False) -> str:
    """Return a text of one line that says something."""
    if node.kind != "scalar" or (not isinstance(node.scalar, str) and not (numbers and node.text)):
        raise wrong(node, what, words)
    said = str(node.scalar) if isinstance(node.scalar, str) else node.text
    if not said.strip() or _CONTROL.search(said):
        state = "empty text" if not said.strip() else "text with control characters or line breaks"
        raise ConfigurationError(f"{what} must be {words}, not {state}", place=node.place)
    return said


def _parsed(words: str, parse: Callable[[str], T], *, numbers: bool = False) -> Kind[T]:
    """Return a kind that parses text; a `ValueError` of `parse` is the mistake, its text the reason."""

    def read(node: Node, what: str, look: Look) -> T:  # noqa: ARG001 - the signature of every kind
        said = _text(node, what, words, numbers=numbers)
        try:
            return parse(said)
        except ValueError as error:
            shown = f"what {node.origin} holds" if node.origin else repr(said[:80])
            advice = "" if node.origin else str(error).replace("\n", " ")
            raise ConfigurationError(f"{what} must be {words}, not {shown}", place=node.place, advice=advice) from None

    return Kind(words, read)


def text(words: str = "text", pattern: str = "", advice: str = "", *, numbers: bool = False) -> Kind[str]:
    """Return text of one line; with a pattern, the whole of it must match; `numbers` may be unquoted."""
    compiled = re.compile(pattern or ".+", re.ASCII if pattern else 0)

    def parse(said: str) -> str:
        if not compiled.fullmatch(said):
            raise ValueError(advice)
        return said

    return _parsed(words, parse, numbers=numbers)


def choice(options: Collection[str]) -> Kind[str]:
    """Return one of these words."""
    known = tuple(options)

    def parse(said: str) -> str:
        if said not in known:
            near = nearest(said, known)
            raise ValueError(f"Did you mean {near}?" if near else "")
        return said

    return _parsed(f"one of {', '.join(known)}", parse)


def _zone(said: str) -> ZoneInfo:
    from zoneinfo import available_timezones  # noqa: PLC0415 - only an unknown name needs the list

    try:
        return ZoneInfo(said)
    except (OSError, ValueError, LookupError):
        raise ValueError(meant(said, available_timezones()) or "See the IANA time zone list") from None


def _day(said: str) -> date:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", said, re.ASCII):
        raise ValueError("Write year-month-day")
    return date.fromisoformat(said)


def _duration(said: str) -> Duration:
    try:
        return durations.duration(said)
    except ValueError:
        raise ValueError(f"Did you mean P{said}?" if re.fullmatch(r"[0-9]{1,4}[YMWD]", said) else "") from None


def _span(said: str) -> timedelta:
    return durations.span(said) if _duration(said).months else _duration(said).exact


def _clean(said: str, schemes: Collection[str]) -> str:
    parts = urlsplit(said)
    if parts.scheme not in schemes:
        raise ValueError(f"It must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if said.startswith("file:///"):
        return said
    if not parts.netloc or parts.username is not None or (parts.port == 0):
        raise ValueError("It must name a host, and neither a user nor a password")
    return said


TIMEZONE: Kind[ZoneInfo] = _parsed("an IANA time zone such as Europe/Berlin", _zone)
DAY: Kind[date] = _parsed("a date such as 2026-12-07", _day)
DURATION: Kind[Duration] = _parsed("an ISO 8601 duration such as P1D, P3M or PT12H", _duration)
SPAN: Kind[timedelta] = _parsed("an ISO 8601 duration such as P1D, PT12H or P2W", _span)
NAME = text("a name of letters, digits, '-', '_' and '.'", r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "63 characters at most")
ADDRESS = text("a mail address such as iam-team@example.com", r"[^@\s<>\",;]+@[^@\s<>\",;]+\.?[^@\s<>\",;.]+")


def url(*schemes: str) -> Kind[str]:
    """Return a URL of one of these schemes, with a host and without a user or password."""
    return _parsed(f"a URL ({', '.join(schemes)})", lambda said: _clean(said, schemes))


def _instant(node: Node, what: str, look: Look) -> datetime:
    words = "a date or an instant such as 2026-01-31T09:00:00Z"
    said = _text(node, what, words)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", said, re.ASCII):
            return datetime.combine(date.fromisoformat(said), time(), look.zone).astimezone(UTC)
        moment = datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=look.zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigurationError(f"{what} must be {words}", place=node.place) from None


def _path(node: Node, what: str, look: Look) -> Path:
    return look.folder / _text(node, what, "a path")


def _secret(node: Node, what: str, look: Look) -> Secret:  # noqa: ARG001 - the signature of every kind
    return Secret(_text(node, what, "text, best from ${NAME} or ${file:/path}"), node.origin)


def _boolean(node: Node, what: str, look: Look) -> bool:  # noqa: ARG001 - the signature of every kind
    value = resolve(str(node.scalar)) if node.origin else node.scalar
    if not isinstance(value, bool):
        raise wrong(node, what, "true or false")
    return value


INSTANT: Kind[datetime] = Kind("a date or an instant such as 2026-01-31T09:00:00Z", _instant)
PATH: Kind[Path] = Kind("a path, relative to this file", _path)
SECRET: Kind[Secret] = Kind("text, best from `${NAME}` or `${file:/path}`", _secret)
BOOLEAN: Kind[bool] = Kind("true or false", _boolean)


def integer(least: int, most: int) -> Kind[int]:
    """Return a whole number between two bounds, both allowed."""
    words = f"a whole number from {least} to {most}"

    def read(node: Node, what: str, look: Look) -> int:  # noqa: ARG001 - the signature of every kind
        value = resolve(str(node.scalar)) if node.origin else node.scalar
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise wrong(node, what, words)
        return value

    return Kind(words, read)


def part(of: type[T]) -> Kind[T]:
    """Return a part with keys of its own."""
    return Kind("a mapping", lambda node, what, look: shape.read(of, node, what, look), of)


def many(kind: Kind[T], words: str = "") -> Kind[tuple[T, ...]]:
    """Return a list without repetitions, each element of one kind."""
    said = words or "a list"

    def read(node: Node, what: str, look: Look) -> tuple[T, ...]:
        if node.kind != "list":
            raise wrong(node, what, f"{said}, in [brackets] or one a line after '- '")
        return tuple(_all(kind, node, what, look))

    return Kind(said, read, kind.shape)


def _all(kind: Kind[T], node: Node, what: str, look: Look) -> list[T]:
    found: list[T] = []
    errors: list[ConfigurationError] = []
    for element in node.elements:
        try:
            value = kind.read(element, f"an entry of {what}", look)
        except ConfigurationError as error:
            errors.append(error)
            continue
        if value in found:
            errors.append(ConfigurationError(f"{what} names this entry twice", place=element.place))
        found.append(value)
    if errors:
        raise ConfigurationErrors(errors)
    return found


def everything(kind: Kind[tuple[T, ...]], word: str = "all") -> Kind[tuple[T, ...]]:
    """Return a list that is not empty, or the word `all`, which is read as the empty tuple."""

    def read(node: Node, what: str, look: Look) -> tuple[T, ...]:
        if node.kind == "scalar" and node.scalar == word:
            return ()
        if node.kind == "scalar" or not node.elements:
            raise wrong(node, what, f"'{word}' or {kind.words}")
        return kind.read(node, what, look)

    return Kind(f"`{word}`, or {kind.words}", read, empty=word)


def table(names: str, kind: Kind[T]) -> Kind[Mapping[str, T]]:
    """Return a mapping with free keys; `names` says what the keys are."""
    words = f"a mapping of {names} to {kind.words}"

    def read(node: Node, what: str, look: Look) -> Mapping[str, T]:
        if node.kind != "mapping":
            raise wrong(node, what, words)
        found: dict[str, T] = {}
        errors: list[ConfigurationError] = []
        for name, value in node.entries.items():
            try:
                found[name] = kind.read(value, f"{what} {name[:60]!r}", look)
            except ConfigurationError as error:
                errors.append(error)
        if errors:
            raise ConfigurationErrors(errors)
        return MappingProxyType(found)

    return Kind(words, read)


def switch(kind: Kind[T], on: Callable[[], T]) -> Kind[Any]:
    """Return a part that may also be just `true` (all its defaults) or `false` (none)."""

    def read(node: Node, what: str, look: Look) -> T | None:
        if node.kind == "mapping":
            return kind.read(node, what, look)
        return on() if _boolean(node, what, look) else None

    return Kind("`true`, `false`, or a mapping", read, kind.shape)
