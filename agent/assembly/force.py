"""What was in force at an instant: the mapping, and what the configuration says of who owes what.

Both are kept in the store with the instant from which they hold, so that a changed `max_age` or a
scope taken out of the ISMS rewrites no past answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent import canonical
from agent.calendar import parse_duration
from agent.collector import Header
from agent.config import Config
from agent.evidence.owed import InForce, ScopeRules, Unit, owed
from agent.mapping import Mapping as Mappings
from agent.mapping import build
from agent.model import Boundary
from agent.store import Expectation, Store

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the configuration decides of answers: scopes, owners, excluded requirements, intervals."""

    scopes: tuple[ScopeRules, ...]
    scope_owners: Mapping[str, str]
    owners: Mapping[str, str]
    exclude: frozenset[str]
    intervals: Mapping[str, timedelta]

    def owner(self, unit: Unit) -> str:
        """Return who acts on a unit: of its requirement, else of its role, else of its scope."""
        requirement = unit.requirement
        for name in (requirement.id, requirement.owner):
            if name in self.owners:
                return self.owners[name]
        return self.scope_owners.get(unit.scope, "") or requirement.owner

    def body(self) -> bytes:
        """Return the rules as they are kept."""
        return canonical.document({
            "scopes": [
                {
                    "name": one.name, "provider": one.provider, "in_isms": one.in_isms,
                    "enabled": sorted(one.enabled), "connected": one.connected,
                }
                for one in self.scopes
            ],
            "scope_owners": dict(self.scope_owners), "owners": dict(self.owners), "exclude": sorted(self.exclude),
            "intervals": {name: every.total_seconds() for name, every in self.intervals.items()},
        })


def read_rules(body: bytes) -> Rules:
    """Return the rules that were kept."""
    said: dict[str, Any] = canonical.loads(body)
    return Rules(
        scopes=tuple(
            ScopeRules(
                name=one["name"], provider=one["provider"], in_isms=one["in_isms"],
                enabled=frozenset(one["enabled"]),
                connected=datetime.fromisoformat(one["connected"]) if one.get("connected") else None,
            )
            for one in said["scopes"]
        ),
        scope_owners=said["scope_owners"], owners=said["owners"], exclude=frozenset(said["exclude"]),
        intervals={name: timedelta(seconds=every) for name, every in said["intervals"].items()},
    )


def rules_of(config: Config, headers: Iterable[Header]) -> Rules:
    """Return the rules that a configuration makes for the collectors that there are."""
    known = tuple(headers)
    return Rules(
        scopes=tuple(
            ScopeRules(
                name=scope.name, provider=scope.provider, in_isms=scope.in_isms, connected=scope.connected,
                enabled=frozenset(
                    header.id for header in known
                    if header.provider == scope.provider and scope.collectors.runs(header.id, opt_in=header.opt_in)
                ),
            )
            for scope in config.scopes
        ),
        scope_owners={scope.name: scope.owner for scope in config.scopes if scope.owner},
        owners=dict(config.owners),
        exclude=frozenset(config.mappings.exclude),
        intervals={header.id: interval(config, header) for header in known},
    )


def interval(config: Config, header: Header) -> timedelta:
    """Return how often a collector runs: as configured, else as its header says."""
    return config.schedules.every(header.id) or whole(header.cadence)


def whole(cadence: str) -> timedelta:
    """Return a cadence as a span of time; a month counts as thirty days, which is never too seldom by more than one."""
    duration = parse_duration(cadence)
    return duration.exact + 30 * duration.months * DAY


def mapping_body(mapping: Mappings) -> bytes:
    """Return a mapping as it is kept: the texts that it was parsed from."""
    return canonical.document(dict(mapping.sources))


def read_mapping(body: bytes) -> Mappings:
    """Return a mapping that was kept."""
    return build(canonical.loads(body))


def keep(store: Store, mapping: Mappings, rules: Rules, now: datetime) -> bool:
    """Keep both as in force from now on; returns whether either is new."""
    kept = store.keep_version("mapping", "mapping", mapping_body(mapping), now)
    return store.keep_version("config", "rules", rules.body(), now) or kept


def mapping_at(store: Store, current: Mappings, as_of: datetime) -> Mappings:
    """Return the mapping in force at an instant; before the first one that was kept, that one."""
    body = _version(store, "mapping", "mapping", as_of)
    return current if body is None or body == mapping_body(current) else read_mapping(body)


def rules_at(store: Store, current: Rules, as_of: datetime) -> Rules:
    """Return the rules in force at an instant; before the first ones that were kept, those."""
    body = _version(store, "config", "rules", as_of)
    return current if body is None or body == current.body() else read_rules(body)


def _version(store: Store, kind: str, name: str, as_of: datetime) -> bytes | None:
    versions = store.versions(kind, name)
    held = [version for version in versions if version.holds_from <= as_of]
    if held:
        return held[-1].body
    return versions[0].body if versions else None


def in_force(rows: Iterable[Expectation], rules: Rules, as_of: datetime) -> list[InForce]:
    """Return the boundaries of each scope at an instant, with every region that was in force then."""
    providers = {scope.name: scope.provider for scope in rules.scopes}
    held = [row for row in rows if row.since <= as_of and (row.until is None or as_of < row.until)]
    regions: dict[tuple[str, str], list[tuple[str, datetime, datetime | None]]] = {}
    for row in held:
        if row.region:
            regions.setdefault((row.scope, row.boundary), []).append((row.region, row.since, row.until))
    return [
        InForce(
            scope=row.scope, provider=providers[row.scope], boundary=row.boundary, name=row.name,
            organization=row.organization, since=row.since,
            regions=tuple(sorted(regions.get((row.scope, row.boundary), ()))),
        )
        for row in held
        if not row.region and row.scope in providers
    ]


def boundaries(rows: Iterable[Expectation], scope: str, provider: str) -> tuple[Boundary, ...]:
    """Return the boundaries that a scope is known to have now."""
    held = [row for row in rows if row.scope == scope and row.until is None]
    return tuple(
        Boundary(
            scope=scope, provider=provider, id=row.boundary, name=row.name, organization=row.organization,
            regions=tuple(sorted(one.region for one in held if one.boundary == row.boundary and one.region)),
        )
        for row in held
        if not row.region
    )


def units_at(
    store: Store, mapping: Mappings, rules: Rules, headers: Mapping[str, Header], as_of: datetime
) -> list[Unit]:
    """Return what is owed at an instant."""
    requirements = [one for one in mapping.requirements.values() if one.id not in rules.exclude]
    began = next((version.holds_from for version in store.versions("config", "rules")), None)
    return owed(requirements, rules.scopes, in_force(store.expected(), rules, as_of), headers, began)
