"""Collecting: scopes connected, tasks planned, the engine run, what follows noticed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase

import structlog
from sqlmodel import Session

from agent.assembly import compacting, force, stamping, telling, witnessing
from agent.assembly.app import Parts
from agent.assembly.providers import provider
from agent.errors import ConfigurationError
from agent.lake.pieces import Piece
from agent.model import Boundary, Outcome, Provenance, Task
from agent.run import Bounds, Connected, Context, Engine, Facts, Last, Planner, Progress, Result, connect, settle
from agent.store import ArtifactRow, StagedObject

log = structlog.get_logger("annexa.collect")

EXPANSIONS = 8
"""Scopes that are expanded side by side."""


def collect(
    app: Parts,
    collectors: Sequence[str] = (),
    scopes: Sequence[str] = (),
    due_only: bool = False,
    on_result: Callable[[Result], None] = lambda _result: None,
    begin: Callable[[Progress], None] = lambda _progress: None,
    stop: threading.Event | None = None,
) -> list[Result]:
    """Collect now what is chosen and return the results; raises `ConfigurationError` for a strange choice."""
    chosen = _chosen(app, collectors)
    _on(app, collectors)
    connected = connected_scopes(app, scopes)
    if not connected:
        raise ConfigurationError("there is no scope to collect from", advice="Add one under scopes:")
    boundaries = expand(app, connected.values())
    planner = planned(app, connected, chosen)
    now = app.clock()
    plan = planner.due if due_only else planner.tasks
    engine = engine_for(app, connected, stop or threading.Event())
    engine.on_result = on_result
    begin(engine.progress)
    results = engine.run(plan(boundaries, now, facts(app)))
    telling.notice(app, app.clock())
    stamping.stamp(app)
    witnessing.show(app)
    compacting.lately(app, app.clock())
    return results


def connected_scopes(app: Parts, names: Sequence[str] = ()) -> dict[str, Connected]:
    """Return the configured scopes that something can be collected from; raises for a name that is none."""
    known = {scope.name for scope in app.config.scopes}
    strange = next((name for name in names if name not in known), None)
    if strange is not None:
        raise ConfigurationError(f"no scope {strange!r}", advice=f"There are: {', '.join(sorted(known)) or 'none'}")
    wanted = [
        scope for scope in app.config.scopes
        if scope.provider != "organization" and (not names or scope.name in names)
    ]
    expected = app.store.expected()
    providers = {scope.name: scope.provider for scope in wanted}
    return connect(
        [(scope.name, scope.provider, provider(scope)) for scope in wanted],
        lambda name: force.boundaries(expected, name, providers[name]),
    )


def expand(app: Parts, connected: Iterable[Connected]) -> list[Boundary]:
    """Ask every scope for its boundaries, side by side, and keep the answer; a scope that fails keeps its old ones."""
    scopes = list(connected)
    with ThreadPoolExecutor(EXPANSIONS, thread_name_prefix="expand") as pool:
        found = list(pool.map(Connected.expand, scopes))
    for scope, boundaries in zip(scopes, found, strict=True):
        if scope.error is None:
            app.store.expect(scope.name, boundaries, app.clock())
        else:
            log.warning("scope not reached", scope=scope.name, error=scope.error.line())
    app.owes_anew()
    return [boundary for boundaries in found for boundary in boundaries]


def planned(app: Parts, connected: Iterable[str], chosen: frozenset[str] | None = None) -> Planner:
    """Return the planner over the collectors that are switched on, or the chosen ones among them."""
    scopes = set(connected)
    enabled = {one for rule in app.rules.scopes if rule.name in scopes for one in rule.enabled}
    wanted = enabled if chosen is None else enabled & chosen
    by_scope = {rule.name: rule.enabled for rule in app.rules.scopes}
    return Planner(
        headers=tuple(app.headers[name] for name in sorted(wanted)),
        intervals={name: app.rules.intervals[name] for name in wanted},
        enabled=by_scope,
    )


def facts(app: Parts) -> Facts:
    """Return what the store knows of earlier runs."""
    last = {
        Task(one.collector, one.scope, one.boundary, one.region).key: Last(one.at, Outcome(one.outcome), one.failures)
        for one in app.store.attempts()
    }
    return Facts(last=last, watermarks=app.store.watermarks())


def engine_for(app: Parts, connected: dict[str, Connected], stop: threading.Event) -> Engine:
    """Return an engine over the connected scopes, its sequencer storing flips with the rows."""
    limits = app.config.limits
    context = Context(
        store=app.store, registry=app.registry, scopes=connected, clock=app.clock,
        prepare=lambda staged, run: app.ahead.make(app.desk, _piece(staged, run), app.mapping.requirements.values()),
    )
    settle()
    app.desk.warm()

    def derive(session: Session, rows: list[ArtifactRow]) -> None:
        telling.flipper(app, app.clock()).derive(session, rows)
        app.ahead.forget(rows)

    bounds = Bounds(total=limits.concurrency, scope=limits.per_scope)
    return Engine(context=context, bounds=bounds, derive=derive, stop=stop)


def _piece(staged: StagedObject, run: Provenance) -> Piece:
    """Return a run that is not submitted yet as the lake reads it: from its staging file."""
    return Piece(
        artifact="", digest=staged.digest, path=staged.file, kind=run.kind, scope=run.scope, boundary=run.boundary,
        region=run.region, collector=run.collector, collected_at=run.started_at, recorded_at=run.started_at,
        outcome=run.outcome,
    )


def _chosen(app: Parts, patterns: Sequence[str]) -> frozenset[str] | None:
    if not patterns:
        return None
    chosen = {name for name in app.headers if any(fnmatchcase(name, pattern) for pattern in patterns)}
    strange = next((one for one in patterns if not any(fnmatchcase(name, one) for name in app.headers)), None)
    if strange is not None:
        app.registry.get(strange)  # names the nearest id
    return frozenset(chosen)


def _on(app: Parts, collectors: Sequence[str]) -> None:
    """Raise `ConfigurationError` where an opt-in collector is asked for by its id and no scope has switched it on."""
    enabled = {one for rule in app.rules.scopes for one in rule.enabled}
    for name in collectors:
        if name in app.headers and app.headers[name].opt_in and name not in enabled:
            raise ConfigurationError(f"{name} is opt-in, and no scope has switched it on",
                                     advice=f"Name it in a scope: collectors: {{also: [{name}]}}")
