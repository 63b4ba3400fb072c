"""Finds collectors: the modules below `collectors`, and those that other packages offer by entry point.

A collector is a module with `HEADER` and `collect`. Its id is its path: `collectors.aws.x` is
`aws.x`; one of another package has the name of its entry point. Helpers begin with an underscore.

One that cannot be loaded takes nothing else down: it stays in the registry under what its source
declares, each of its runs fails with the reason, and `broken` names it.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from itertools import accumulate
from pathlib import Path
from typing import Any

from agent.calendar import parse_duration
from agent.collector import Api, Collect, Collector, Header, Record, Run, Windows
from agent.errors import ConfigurationError
from agent.model import KINDS
from agent.nearest import nearest

PACKAGE = "collectors"
GROUP = "annexa.collectors"
PER = ("region", "boundary", "organization", "member")
KEPT = ("title", "kind", "population", "per", "cadence", "version", "opt_in")
"""What is read from the source of a collector that cannot be loaded: plain words, needed to plan and to judge."""
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Offered:
    """A module that should hold a collector: its id and its name."""

    id: str
    module: str


@dataclass(frozen=True, slots=True)
class Registry:
    """Every collector by its id, sorted; `broken` says by id or by package what could not be loaded."""

    collectors: dict[str, Collector]
    broken: Mapping[str, ConfigurationError] = field(default_factory=dict)

    @classmethod
    def load(
        cls, package: str = PACKAGE, offered: Iterable[EntryPoint] | None = None, *, strict: bool = False
    ) -> Registry:
        """Import every collector; `strict` raises the `ConfigurationError` of the first one that is broken."""
        points = entry_points(group=GROUP) if offered is None else offered
        found: dict[str, Collector] = {}
        broken: dict[str, ConfigurationError] = {}
        for one in (*_ours(package), *(Offered(point.name, point.value) for point in points)):
            if one.id in found:
                advice = f"Remove the package that offers {one.module}"
                broken[one.module] = ConfigurationError(f"two collectors have the id {one.id}", advice=advice)
                continue
            try:
                found[one.id] = _loaded(one)
            except ConfigurationError as error:
                broken[one.id], found[one.id] = error, Collector(_said(one), _failing(error))
        if strict and broken:
            raise next(iter(broken.values()))
        return cls(dict(sorted(found.items())), dict(sorted(broken.items())))

    def get(self, identifier: str) -> Collector:
        """Return a collector; raises `ConfigurationError` naming the nearest id."""
        if identifier not in self.collectors:
            raise ConfigurationError(f"no collector {identifier!r}", advice=self._meant(identifier))
        return self.collectors[identifier]

    def headers(self) -> tuple[Header, ...]:
        """Return the headers of all collectors, by id."""
        return tuple(collector.header for collector in self.collectors.values())

    def for_provider(self, provider: str) -> tuple[Collector, ...]:
        """Return the collectors of one provider, by id."""
        return tuple(one for one in self.collectors.values() if one.header.provider == provider)

    def _meant(self, identifier: str) -> str:
        near = nearest(identifier, self.collectors)
        return f"Did you mean {near!r}?" if near else "annexa collectors list shows them all"


def _ours(package: str) -> Iterator[Offered]:
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        last = found.name.rpartition(".")[2]
        if not found.ispkg and not last.startswith("_"):
            yield Offered(found.name.removeprefix(f"{package}."), found.name)


def _loaded(one: Offered) -> Collector:
    try:
        module: Any = EntryPoint(one.id, one.module, GROUP).load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 importing runs what others wrote: whatever comes of it is their defect
        said = " ".join(str(error).split())[:LONGEST]
        raise ConfigurationError(
            f"collector {one.id} ({one.module}) cannot be loaded: {type(error).__name__}: {said}",
            advice="Repair or remove the package that offers it",
        ) from None
    return _checked(one.id, module)


def _checked(identifier: str, module: Any) -> Collector:
    header, collect = getattr(module, "HEADER", None), getattr(module, "collect", None)
    if not isinstance(header, Header) or not callable(collect):
        raise _broken(identifier, "needs HEADER, a Header, and collect, a generator")
    if header.id != identifier:
        raise _broken(identifier, f"says that its id is {header.id!r}")
    if header.provider != identifier.partition(".")[0]:
        raise _broken(identifier, f"says that its provider is {header.provider!r}")
    if wrong := next(_wrong(header), ""):
        raise _broken(identifier, wrong)
    return Collector(header, collect)


def _wrong(header: Any) -> Iterator[str]:
    """Yield what is wrong with the values of a header, whose types nobody has checked."""
    if header.kind not in KINDS:
        yield f"has the kind {header.kind!r}, which is none of {', '.join(KINDS)}"
    if header.per not in PER:
        yield f"runs per {header.per!r}, which is none of {', '.join(PER)}"
    if not _sentence(header.population):
        yield "must say its population in a sentence, with a capital and a full stop"
    if not all(isinstance(api, Api) for api in header.calls):
        yield "lists under its calls what is no Api"
    elif len({api.call for api in header.calls}) != len(header.calls):
        yield "declares one call twice"
    elif not all(isinstance(said, Mapping) for api in header.calls for said in (api.answers, api.unavailable)):
        yield "lists answers or unavailable without what each code says: they are mappings"
    if not isinstance(header.opt_in, bool):
        yield f"is opt_in {header.opt_in!r}, which is neither True nor False"
    if not isinstance(header.windows, Windows | None):
        yield "has windows that are no Windows"
    try:
        parse_duration(header.cadence)
    except (ValueError, TypeError):
        yield f"has the cadence {header.cadence!r}, which is no ISO 8601 duration"


def _sentence(text: Any) -> bool:
    return isinstance(text, str) and text[:1].isupper() and text.endswith(".") and " " in text


def _failing(error: ConfigurationError) -> Collect:
    def collect(_run: Run[Any], /) -> Iterator[Record]:
        raise error

    return collect


def _said(one: Offered) -> Header:
    """Return the header of a collector that cannot be loaded: what its source says in plain words, as far as it holds.

    Where the source says nothing it runs once a region, so that nothing is fresh that may lack a region.
    """
    plain: dict[str, Any] = {
        "title": one.id, "kind": "configuration", "population": "It could not be loaded.", "per": "region",
        "cadence": "P1D", "version": "0",
    }
    for name, value in _words(one.module).items():
        tried = Header(id=one.id, provider=one.id.partition(".")[0], calls=(), **{**plain, name: value})
        if not any(_wrong(tried)):
            plain[name] = value
    return Header(id=one.id, provider=one.id.partition(".")[0], calls=(), **plain)


def _words(module: str) -> dict[str, Any]:
    """Return the plain words of `HEADER = Header(...)` in the source of a module; {} where it cannot be read."""
    try:
        tree = ast.parse(Path(_source(module.partition(":")[0])).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    made = (node.value for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call))
    return {
        word.arg: word.value.value
        for call in made if isinstance(call.func, ast.Name) and call.func.id == "Header"
        for word in call.keywords
        if word.arg in KEPT and isinstance(word.value, ast.Constant)
        and isinstance(word.value.value, bool if word.arg == "opt_in" else str)
    }


def _source(module: str) -> str:
    """Return the file of a module, '' where there is none; nothing is imported."""
    places: Sequence[str] | None = None
    spec = None
    for end in accumulate(module.split("."), lambda above, name: f"{above}.{name}"):
        spec = PathFinder.find_spec(end, places)
        if spec is None:
            return ""
        places = spec.submodule_search_locations
    return (spec.origin if spec else "") or ""


def _broken(identifier: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"collector {identifier} {what}", advice="This is a defect of the collector")
