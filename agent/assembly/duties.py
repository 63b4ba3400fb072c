"""What the service asks the assembled agent to do (`agent.schedule.Duties`)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from agent.assembly import collecting, compacting, custody, force, stamping, telling, witnessing
from agent.assembly.app import Parts
from agent.config import load
from agent.mapping import load_mapping
from agent.model import Boundary, Task
from agent.run import Connected, Engine
from agent.schedule import Service, serve

CALENDAR = timedelta(hours=1)
"""Between two looks at what the calendar brings."""

COMPACTION = timedelta(days=1)
"""Between two compactions of what was collected."""


class AppDuties:
    """The agent as the service sees it."""

    def __init__(self, app: Parts) -> None:
        self._app = app
        self._connected: dict[str, Connected] = {}
        self._boundaries: list[Boundary] = []
        self._looked: datetime | None = None
        self._compacted: datetime | None = None

    def engine(self, stop: threading.Event) -> Engine:
        """Return the engine; the scopes it knows are those of `expand`, kept up to date by it."""
        return collecting.engine_for(self._app, self._connected, stop)

    def expand(self) -> bool:
        """Connect the scopes and keep which boundaries and regions they have; returns whether all were reached."""
        found = collecting.connected_scopes(self._app)
        self._boundaries = collecting.expand(self._app, found.values())
        self._connected.update(found)
        return all(scope.error is None for scope in found.values())

    def due(self, now: datetime) -> Iterator[Task]:
        """Yield the tasks whose time has come; the store is asked at the first one."""
        configured = {scope.name for scope in self._app.config.scopes}
        boundaries = [one for one in self._boundaries if one.scope in configured]
        yield from collecting.planned(self._app, configured).due(boundaries, now, collecting.facts(self._app))

    def notice(self, now: datetime) -> int:
        """Store the flips that time has brought, and once an hour what the calendar brings."""
        flips = telling.notice(self._app, now)
        if self._looked is None or abs(now - self._looked) >= CALENDAR:
            telling.calendar(self._app, now)
            self._looked = now
        if self._compacted is None or abs(now - self._compacted) >= COMPACTION:
            compacting.lately(self._app, now)
            self._compacted = now
        return flips

    def deliver(self, now: datetime) -> int:
        """Send what waits in the outbox, and have stamped what waits for its time stamp."""
        sent = telling.deliver(self._app, now)
        stamping.stamp(self._app)
        witnessing.show(self._app)
        return sent

    def reload(self) -> None:
        """Read the configuration and the mappings again; where either is wrong the old ones stay."""
        app = self._app
        config = load(app.path, app.environ)
        mapping = load_mapping(*config.mappings.directories)
        with app.store.transaction("take the configuration"):  # between two batches of the sequencer, never within one
            app.renew(config, mapping)
        force.keep(app.store, mapping, app.rules, app.clock())
        custody.keep_configuration(app)


def run(app: Parts, host: str | None, port: int | None) -> None:
    """Serve until told to stop."""
    settings = app.config.serve
    serve(Service(
        duties=AppDuties(app), clock=app.clock, host=host or settings.host,
        port=settings.port if port is None else port, grace_seconds=settings.grace.total_seconds(),
    ))
