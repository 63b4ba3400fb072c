"""The agent, put together: everything that a command can ask of one configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlmodel import Session

from agent import programme
from agent.assembly import force, naming, stamping, witnessing
from agent.assembly.places import open_store
from agent.collector import Header
from agent.config import Config, find, load, planned
from agent.errors import ConfigurationError
from agent.evidence import answer
from agent.evidence.ahead import Ahead
from agent.evidence.held import StoreHeld
from agent.evidence.owed import Units
from agent.evidence.report import Forecast, Holding, Status
from agent.evidence.weigh import Weigher
from agent.lake.beside import BesideDesk
from agent.lake.compact import Compacted
from agent.lake.desk import Desk, OwnDesk
from agent.lake.shelf import Shelf, Signed, sweep
from agent.mapping import ISO_2022, load_mapping
from agent.mapping import Mapping as Mappings
from agent.model import Audit
from agent.registry import Registry
from agent.store import Store

if TYPE_CHECKING:
    from agent.lake.query import Lake


def now() -> datetime:
    """Return this instant in UTC: the one clock of the agent, handed down as an argument from here."""
    return datetime.now(UTC)


@dataclass
class Parts:
    """One configuration with its store, collectors and mapping, opened; use it as a context manager."""

    config: Config
    store: Store
    registry: Registry
    mapping: Mappings
    clock: Callable[[], datetime]
    writer: bool
    environ: Mapping[str, str]
    path: Path
    _stack: ExitStack = field(default_factory=ExitStack)
    ahead: Ahead = field(default_factory=Ahead)
    locked: set[str] = field(default_factory=set)
    """Why records cannot be opened that answers of this process would rest on."""

    @classmethod
    def open(
        cls,
        config_path: str | None,
        environ: Mapping[str, str],
        *,
        writer: bool = False,
        clock: Callable[[], datetime] = now,
    ) -> Self:
        """Open the configuration that is named or found; raises `ConfigurationError` or `StoreError`."""
        path = find(Path(config_path) if config_path else None, environ, Path.cwd())
        config = load(path, environ)
        registry = Registry.load()
        mapping = load_mapping(*config.mappings.directories)
        naming.refuse(config, registry, mapping)
        with ExitStack() as stack:
            store = stack.enter_context(open_store(config, clock, writer=writer))
            app = cls(config, store, registry, mapping, clock, writer, environ, path, stack.pop_all())
        if writer:
            sweep(app.room)
            force.keep(store, mapping, app.rules, clock())
            from agent.assembly import custody

            custody.keep_configuration(app)
        return app

    @cached_property
    def headers(self) -> Mapping[str, Header]:
        """Return the header of every collector by its id."""
        return {header.id: header for header in self.registry.headers()}

    @cached_property
    def rules(self) -> force.Rules:
        """Return what the configuration decides of answers, today."""
        return force.rules_of(self.config, self.headers.values())

    @property
    def room(self) -> Path:
        """Return the directory for the lake's scratch files, made where it is missing."""
        base = self.config.data if self.writer else Path(self.environ.get("TMPDIR") or "/tmp")  # noqa: S108 a reader may not write beside the data
        room = base / "lake" if self.writer else base
        room.mkdir(parents=True, exist_ok=True)
        return room

    @cached_property
    def shelf(self) -> Shelf:
        """Return the objects as the lake reads them."""
        return Shelf(self.store, self.room)

    @cached_property
    def lake(self) -> Lake:
        """Return the lake for questions in SQL."""
        from agent.lake.query import Lake  # DuckDB, which the service itself does without

        return Lake(self.shelf, self.room, compacted=self.compacted)

    @property
    def compacted(self) -> Compacted:
        """Return the Parquet of the months, as far as this agent signed it."""
        return Compacted(self.config.data / "lake", Signed(self.store))

    @cached_property
    def desk(self) -> Desk:
        """Return where records are read: beside the agent that collects, else within."""
        if not self.writer:
            own = OwnDesk(self.room)
            self._stack.callback(own.close)
            return own
        beside = BesideDesk(self.room)
        self._stack.callback(beside.close)
        return beside

    def audits(self, as_of: datetime) -> list[Audit | programme.Slot]:
        """Return the audits by date: those that the certificate owes at an instant, and the real ones beside them."""
        return planned(self.config, as_of)

    def dated(self, as_of: datetime) -> list[Audit]:
        """Return every audit as one, real or assumed, by date."""
        return [one if isinstance(one, Audit) else one.audit for one in self.audits(as_of)]

    def audit(self, as_of: datetime, name: str | None = None) -> Audit | None:
        """Return the audit of that name, or the next one that is not internal and not over."""
        if name is not None:
            found = next((one for one in self.dated(as_of) if one.name == name), None)
            if found is None:
                names = ", ".join(one.name for one in self.dated(as_of)) or "none"
                raise ConfigurationError(f"no audit is called {name!r}", advice=f"There are: {names}")
            return found
        ahead = [one for one in self.dated(as_of) if one.end >= as_of and one.kind != "internal"]
        return min(ahead, key=lambda one: one.end, default=None)

    def holdings(
        self,
        as_of: datetime,
        audit: Audit | None,
        *,
        scope: str | None = None,
        conclusions: bool = True,
        requirements: Sequence[str] | None = None,
        by_row: bool = False,
    ) -> list[Holding]:
        """Return every unit owed at an instant with its answers, by the rules in force then.

        `by_row`: with the rows of the exceptions, for which the artifacts are read.
        """
        mapping = force.mapping_at(self.store, self.mapping, as_of)
        rules = force.rules_at(self.store, self.rules, as_of)
        units = [
            unit for unit in force.units_at(self.store, mapping, rules, self.headers, as_of)
            if scope in {None, unit.scope} and (requirements is None or unit.requirement.id in requirements)
        ]
        held = self.held(as_of, mapping, whole=requirements is None, by_row=by_row)
        found = self.weigher(held, rules, mapping, conclusions=conclusions).weigh(units, as_of, audit)
        self.locked.update(one.locked for one in found if one.locked)
        return found

    def held(
        self, as_of: datetime, mapping: Mappings, session: Session | None = None, *, whole: bool = False,
        by_row: bool = False,
    ) -> StoreHeld:
        """Return what is held at an instant, asked within a transaction where one is given; `whole`: of every unit."""
        return StoreHeld(
            store=self.store, shelf=self.shelf, as_of=as_of, tz=self.config.timezone, desk=self.desk, ahead=self.ahead,
            requirements=mapping.requirements, keep=self.writer, session=session, whole=whole,
            by_row=by_row,
        )

    def renew(self, config: Config, mapping: Mappings) -> None:
        """Take another configuration and mapping, else raise `ConfigurationError` and keep the old ones."""
        naming.refuse(config, self.registry, mapping)
        self.config, self.mapping = config, mapping
        self.store.mask_keys, self.store.redaction = config.masking.keys, config.redact
        self.__dict__.pop("rules", None)
        self.owes_anew()

    def owes_anew(self) -> None:
        """Forget who owes what: the mapping, the rules or the boundaries in force are other ones now."""
        self.__dict__.pop("units", None)

    @cached_property
    def units(self) -> Units:
        """Return who owes what now; `owes_anew` forgets it."""
        return Units(force.units_at(self.store, self.mapping, self.rules, self.headers, self.clock()))

    def weigher(self, held: StoreHeld, rules: force.Rules, mapping: Mappings, *, conclusions: bool) -> Weigher:
        """Return a weigher over what is held."""
        return Weigher(
            held=held, headers=self.headers, intervals=rules.intervals, requirements=mapping.requirements,
            tz=self.config.timezone, owner=rules.owner, conclusions=conclusions,
        )

    def status(
        self, as_of: datetime | None = None, framework: str | None = None, scope: str | None = None, *,
        of: Sequence[str] | None = None,
    ) -> Status:
        """Return the status of every control at an instant; raises `ConfigurationError` for a strange scope.

        `of`: of these requirements alone, with the rows of the exceptions.
        """
        instant = as_of or self.clock()
        self._known(scope)
        audit = self.audit(instant)
        found = self.holdings(instant, audit, scope=scope, requirements=of, by_row=of is not None)
        mapping = force.mapping_at(self.store, self.mapping, instant)
        return answer.status(mapping, self.framework(framework), found, instant, audit, self._warnings(instant))

    def forecast(
        self, as_of: datetime | None = None, framework: str | None = None, audit: str | None = None
    ) -> Forecast:
        """Return the forecast for an audit; raises `ConfigurationError` where none lies ahead."""
        instant = as_of or self.clock()
        ahead = self.audit(instant, audit)
        if ahead is None:
            raise ConfigurationError(
                "no audit lies ahead", advice="Name the certificate, or dates under audits:, in the configuration"
            )
        if instant > ahead.end:
            raise ConfigurationError(
                f"the audit {ahead.name!r} is over", advice=f"Ask for status --as-of {ahead.end.date()}"
            )
        found = self.holdings(instant, ahead, conclusions=False)
        mapping = force.mapping_at(self.store, self.mapping, instant)
        return answer.forecast(mapping, self.framework(framework), found, instant, ahead)

    def framework(self, framework: str | None) -> str:
        """Return the framework that is meant, the configuration's first by default; raises `ConfigurationError`."""
        chosen = framework or (self.config.frameworks[0] if self.config.frameworks else ISO_2022)
        if chosen not in self.mapping.frameworks:
            known = ", ".join(self.mapping.frameworks)
            raise ConfigurationError(f"no framework {chosen!r}", advice=f"There are: {known}")
        return chosen

    def _known(self, scope: str | None) -> None:
        names = [one.name for one in self.config.scopes]
        if scope is not None and scope not in [*names, "organization"]:
            raise ConfigurationError(f"no scope {scope!r}", advice=f"There are: {', '.join(names) or 'none'}")

    def known_scopes(self, scopes: Sequence[str] | None) -> list[str]:
        """Return the scopes by name, each once; raises `ConfigurationError` for a strange one."""
        for one in scopes or ():
            self._known(one)
        return sorted(set(scopes or ()))

    def _warnings(self, as_of: datetime) -> list[str]:
        """Return what lowers the whole answer: scopes never expanded, runs that wait for the sequencer."""
        known = {row.scope for row in self.store.expected(as_of=as_of)}
        warnings = [
            f"scope {scope.name} was never reached: annexa collect, or annexa doctor to see why"
            for scope in self.config.scopes
            if scope.in_isms and scope.provider != "organization" and scope.name not in known
        ]
        waiting = self.store.pending()
        if waiting:
            warnings.append(f"{waiting} runs wait to be recorded: annexa collect finishes them")
        from agent.assembly import keeping

        audit = self.audit(as_of)  # what was erased before its period was not collected in it
        gone = [f"{line}; freshness and coverage rest on their seals alone"
                for line in keeping.erased(self, since=audit.period.start if audit else None)]
        return [*warnings, *gone, *stamping.warnings(self), *witnessing.warnings(self)]

    def close(self) -> None:
        """Let go of the store."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
