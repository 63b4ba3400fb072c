"""Finds collectors: the modules below `collectors`, and those that other packages offer by entry point.

A collector is a module with `HEADER` and `collect`. Its id is its path: `collectors.aws.x` is
`aws.x`; one of another package has the name of its entry point. Helpers begin with an underscore.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from agent.collector import Collector, Header
from agent.errors import ConfigurationError
from agent.model import KINDS

PACKAGE = "collectors"
GROUP = "annexa.collectors"


@dataclass(frozen=True, slots=True)
class Registry:
    """Every collector by its id, sorted."""

    collectors: dict[str, Collector]

    @classmethod
    def load(cls, package: str = PACKAGE, offered: Iterable[EntryPoint] | None = None) -> Registry:
        """Import every collector; raises `ConfigurationError` for one that breaks the contract."""
        points = entry_points(group=GROUP) if offered is None else offered
        found: dict[str, Collector] = {}
        for identifier, module in (*_ours(package), *((point.name, _theirs(point)) for point in points)):
            if identifier in found:
                raise ConfigurationError(f"two collectors have the id {identifier}", advice="Remove one package")
            found[identifier] = _checked(identifier, module)
        return cls(dict(sorted(found.items())))

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
        near = difflib.get_close_matches(identifier, self.collectors, n=1)
        return f"Did you mean {near[0]!r}?" if near else "annexa collectors list shows them all"


def _ours(package: str) -> Iterator[tuple[str, ModuleType]]:
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        last = found.name.rpartition(".")[2]
        if not found.ispkg and not last.startswith("_"):
            yield found.name.removeprefix(f"{package}."), importlib.import_module(found.name)


def _theirs(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"collector {point.name} ({point.value}) cannot be loaded: {error}",
            advice="Repair or remove the package that offers it",
        ) from None


def _checked(identifier: str, module: ModuleType) -> Collector:
    header, collect = getattr(module, "HEADER", None), getattr(module, "collect", None)
    if not isinstance(header, Header) or not callable(collect):
        raise _broken(identifier, "needs HEADER, a Header, and collect, a generator")
    if header.id != identifier:
        raise _broken(identifier, f"says that its id is {header.id!r}")
    if header.provider != identifier.partition(".")[0]:
        raise _broken(identifier, f"says that its provider is {header.provider!r}")
    if header.kind not in KINDS:
        raise _broken(identifier, f"has the kind {header.kind!r}, which is none of {', '.join(KINDS)}")
    if not header.population[:1].isupper() or not header.population.endswith(".") or " " not in header.population:
        raise _broken(identifier, "must say its population in a sentence, with a capital and a full stop")
    if len({api.call for api in header.calls}) != len(header.calls):
        raise _broken(identifier, "declares one call twice")
    return Collector(header, collect)


def _broken(identifier: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"collector {identifier} {what}", advice="This is a defect of the collector")
