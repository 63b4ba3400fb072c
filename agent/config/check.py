"""What only the whole of a configuration can tell: references, repetitions, dates beside each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from agent.config.model import Config
from agent.errors import ConfigurationError, Place
from agent.nearest import meant
from agent.yamlfile import Node

_DOCUMENTS = "organization"
"""The scope of documents, which is there without being named."""
_DATABASES = ("sqlite:///", "sqlite+pysqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")


def whole(node: Node) -> Iterator[ConfigurationError]:
    """Yield every mistake that no single part of the file shows; what has the wrong type is passed over."""
    routes = _elements(node, "alerts", "routes")
    yield from _twice("scope", _elements(node, "scopes"))
    yield from _twice("audit", _elements(node, "audits"))
    yield from _twice("alert route", routes)
    owners = node.get("owners")
    scopes = [scope.entries["name"].text for scope in _elements(node, "scopes") if "name" in scope.entries]
    known = {"owners": list(owners.entries) if owners else [], "scopes": [_DOCUMENTS, *scopes]}
    for route in routes:
        yield from _route(route, known)
    if (database := node.get("database")) is not None and isinstance(database.scalar, str):
        yield from _database(database)


def _elements(node: Node, *path: str) -> tuple[Node, ...]:
    for name in path:
        node = node.entries.get(name, Node(node.place, "scalar"))
    return node.elements


def _twice(what: str, parts: Iterable[Node]) -> Iterator[ConfigurationError]:
    seen: dict[str, int] = {}
    for name in [part.entries["name"] for part in parts if "name" in part.entries]:
        if name.text and name.text in seen:
            message = f"the {what} {name.text[:60]!r} stands here twice, first in line {seen[name.text]}"
            yield ConfigurationError(message, place=name.place, advice="Each needs a name of its own")
        seen.setdefault(name.text, name.place.line)


def _route(route: Node, known: Mapping[str, Collection[str]]) -> Iterator[ConfigurationError]:
    for what, names in known.items():
        for element in route.entries[what].elements if what in route.entries else ():
            if isinstance(element.scalar, str) and element.scalar not in names:
                yield _unknown(what.removesuffix("s"), element.scalar, names, element.place)
    to = route.get("to")
    if to is not None and isinstance(to.scalar, str) and "://" not in to.scalar:
        advice = "It begins with a scheme, as mailto://, slack:// or https:// do"
        yield ConfigurationError("'to' must be an Apprise URL", place=to.place, advice=advice)


def _unknown(what: str, name: str, names: Collection[str], place: Place | None) -> ConfigurationError:
    advice = meant(name, sorted(names)) or ("" if names else f"This file names no {what}")
    return ConfigurationError(f"there is no {what} {name[:60]!r}", place=place, advice=advice)


def _database(node: Node) -> Iterator[ConfigurationError]:
    if not str(node.scalar).startswith(_DATABASES):
        advice = "Write postgresql+psycopg://… or sqlite:///…"
        yield ConfigurationError("'database' is not the URL of a known database", place=node.place, advice=advice)


def references(
    config: Config,
    *,
    collectors: Collection[str],
    requirements: Collection[str] | None = None,
    frameworks: Collection[str] | None = None,
    roles: Collection[str] | None = None,
) -> list[ConfigurationError]:
    """Return every id of the file that names nothing; None leaves a sort of ids unchecked.

    `roles` are those that requirements name; `owners` may name a requirement as well, a route takes roles alone.
    """
    errors: list[ConfigurationError] = []
    for number, scope in enumerate(config.scopes):
        for list_name in ("enable", "also", "disable"):
            path = f"scopes[{number}].collectors.{list_name}"
            patterns = [(f"{path}[{i}]", p) for i, p in enumerate(getattr(scope.collectors, list_name))]
            own = [c for c in collectors if c.startswith(f"{scope.provider}.")]
            errors += _patterns(config, patterns, own or collectors)
    errors += _patterns(config, [(f"schedules.{pattern}", pattern) for pattern in config.schedules.by], collectors)
    routes = [(f"alerts.routes[{number}].owners", route.owners) for number, route in enumerate(config.alerts.routes)]
    people = None if roles is None else {*roles, *(requirements or ())}
    for what, path, names, known in (
        ("requirement", "mappings.exclude[{}]", config.mappings.exclude, requirements),
        ("framework", "frameworks[{}]", config.frameworks, frameworks),
        ("role or requirement", "owners.{1}", tuple(config.owners), people),
        *(("role", f"{path}[{{}}]", names, roles) for path, names in routes),
    ):
        for number, name in enumerate(names if known is not None else ()):
            if name not in (known or ()):
                errors.append(_unknown(what, name, known or (), config.places.get(path.format(number, name))))
    return errors


def _patterns(
    config: Config, patterns: Iterable[tuple[str, str]], collectors: Collection[str]
) -> Iterator[ConfigurationError]:
    for path, pattern in patterns:
        if not any(fnmatchcase(collector, pattern) for collector in collectors):
            message = f"no collector is called {pattern[:60]!r}"
            advice = meant(pattern, sorted(collectors)) or "annexa collectors list shows them all"
            yield ConfigurationError(message, place=config.places.get(path), advice=advice)
