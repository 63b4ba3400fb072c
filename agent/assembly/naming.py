"""The names in the configuration beside what there is: one that names nothing is refused, with the nearest that does.

Roles, requirements, frameworks and collectors are known only once the registry and the mapping are read,
so these mistakes are told where the agent is put together and where it is told to read its file again.
"""

from __future__ import annotations

from agent.assembly import redacting
from agent.config import Config, references
from agent.errors import ConfigurationError, ConfigurationErrors
from agent.mapping import Mapping as Mappings
from agent.registry import Registry


def mistakes(config: Config, registry: Registry, mapping: Mappings) -> list[ConfigurationError]:
    """Return every name of the configuration that names nothing, in the order of the file."""
    found = [
        *references(
            config, collectors=list(registry.collectors), requirements=list(mapping.requirements),
            frameworks=list(mapping.frameworks),
            roles={one.owner for one in mapping.requirements.values() if one.owner},
        ),
        *redacting.mistakes(config, redacting.kinds(registry), mapping),
    ]
    return sorted(found, key=lambda one: (one.place.line, one.place.column) if one.place else (0, 0))


def refuse(config: Config, registry: Registry, mapping: Mappings) -> None:
    """Raise the mistakes as `ConfigurationErrors`: a name that reaches nothing would be silence."""
    if found := mistakes(config, registry, mapping):
        raise ConfigurationErrors(found)
