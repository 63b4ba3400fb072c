"""How evidence is kept: retention by evidence kind, and what signs."""



from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from agent.config.kinds import DURATION, many, table, text
from agent.config.shape import Kind, Look, key
from agent.errors import ConfigurationError, ConfigurationErrors
from agent.model import KINDS, Duration
from agent.nearest import meant
from agent.yamlfile import Node

DEFAULT = "default"
SIGNERS = ("file", "awskms", "gcpkms", "azurekms")
"""Where a signing key may lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long objects are kept, by evidence kind; what neither a kind nor the default names is kept for ever."""

    default: Duration | None = None
    by: Mapping[str, Duration] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, kind: str) -> Duration | None:
        """Return the retention of an evidence kind, None where it is kept for ever."""
        return self.by.get(kind, self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """What is masked in records before they are sealed, beside what annexa knows."""

    keys: tuple[str, ...] = key(many(text(), "a list of names"), "Names whose values are masked.", default=())


def _retention(node: Node, what: str, look: Look) -> Retention:
    if node.kind == "scalar":
        return Retention(default=DURATION.read(node, what, look))
    by = dict(_TABLE.read(node, what, look))
    strange = list(_strange(node, what))
    if strange:
        raise ConfigurationErrors(strange)
    default = by.pop(DEFAULT, None)
    return Retention(default=default, by=MappingProxyType(by))


def _strange(node: Node, what: str) -> Iterator[ConfigurationError]:
    known = [*KINDS, DEFAULT]
    for name in node.entries:
        if name not in known:
            message = f"{what} names {name[:60]!r}, which is no evidence kind"
            yield ConfigurationError(message, place=node.where(name), advice=meant(name, known))


_TABLE = table("evidence kinds or `default`", DURATION)
RETENTION: Kind[Retention] = Kind(f"an ISO 8601 duration, or {_TABLE.words}", _retention)
SIGNING = text(
    "`file:` and a path, or a key by `awskms:`, `gcpkms:` or `azurekms:`", rf"({'|'.join(SIGNERS)}):\S+",
    "Such as awskms:alias/annexa",
)


WRAPPING = text(
    "`file:` and a path, or a key by `awskms:`", r"(file|awskms):\S+", "Such as awskms:alias/annexa-data",
)


def plain(retention: Retention) -> Mapping[str, Duration]:
    """Return the retention as the file has it."""
    return {**({DEFAULT: retention.default} if retention.default else {}), **retention.by}


__all__ = ["RETENTION", "SIGNING", "WRAPPING", "Masking", "Retention", "plain"]
