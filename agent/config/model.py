"""The configuration as values. Paths are absolute or relative to the file's folder; instants are UTC."""

# ruff: noqa: RUF009 - key() makes the field of a dataclass, as field() does

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from agent.config.keeping import RETENTION, SIGNING, WRAPPING, Masking, Retention
from agent.config.kinds import (
    ADDRESS,
    BOOLEAN,
    DAY,
    NAME,
    PATH,
    SECRET,
    SPAN,
    TIMEZONE,
    choice,
    integer,
    many,
    part,
    table,
    text,
    url,
)
from agent.config.redact import REDACT
from agent.config.scopes import SCOPE, Scope
from agent.config.secret import Secret
from agent.config.shape import Kind, Look, key
from agent.config.witness import WitnessAt
from agent.errors import ConfigurationError, Place
from agent.masking import Redaction
from agent.yamlfile import Node

CONDITIONS = (
    "expiring",
    "stale",
    "missing",
    "gap",
    "last_chance",
    "deficient",
    "before_audit",
    "collector_failing",
)
"""What an alert can be about."""

AUDIT_KINDS = ("stage1", "stage2", "surveillance", "recertification", "internal")
FRAMEWORK = text("the id of a framework such as iso27001-2022", r"[a-z0-9][a-z0-9.-]{0,62}")
ID = text("an id of lower-case letters, digits and '-'", r"[a-z0-9][a-z0-9._-]{0,99}")
HOST = text("an address to listen on such as 127.0.0.1", r"[A-Za-z0-9.:_-]{1,253}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The certificate; the programme of audits follows from its dates."""

    kind: str = key(choice(("initial", "recertification")), "What the decision was about.", default="initial")
    decided: date = key(DAY, "The date of the certification decision.")
    expires: date | None = key(DAY, "The last day. Default: three years after the decision.", default=None)

    @property
    def end(self) -> date:
        """Return the expiry date, three years after the decision where none is named."""
        return self.expires or self.decided + relativedelta(years=3)

    def problems(self, node: Node) -> Iterator[ConfigurationError]:
        """Yield an expiry that is not after the decision."""
        if self.expires is not None and self.expires <= self.decided:
            yield ConfigurationError("the certificate expires before it was decided", place=node.where("expires"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySpan:
    """The days of an audit period: from the first day until the beginning of the last one named."""

    start: date = key(DAY, "The first day of the period.", name="from")
    end: date = key(DAY, "The day at whose beginning the period is over.", name="to")

    def problems(self, node: Node) -> Iterator[ConfigurationError]:
        """Yield a period that ends before it begins."""
        if self.end <= self.start:
            advice = "'from' must be before 'to'"
            yield ConfigurationError("the period ends before it begins", place=node.where("to"), advice=advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDates:
    """An audit by its real dates; they win over those that follow from the certificate."""

    kind: str = key(choice(AUDIT_KINDS), "What kind of audit.")
    starts: date = key(DAY, "The first day.")
    ends: date | None = key(DAY, "The last day. Default: the first.", default=None)
    period: DaySpan | None = key(
        part(DaySpan), "The audit period. Default: from the end of the previous audit.", default=None
    )
    name: str = key(NAME, "How it is called. Default: its kind and first day.", default="")

    @property
    def title(self) -> str:
        """Return the name, or `surveillance-2026-12-07` where none is given."""
        return self.name or f"{self.kind}-{self.starts.isoformat()}"

    @property
    def last(self) -> date:
        """Return the last day of the audit."""
        return self.ends or self.starts

    def problems(self, node: Node) -> Iterator[ConfigurationError]:
        """Yield dates that contradict each other."""
        if self.last < self.starts:
            yield ConfigurationError("the audit ends before it starts", place=node.where("ends"))
        if self.period is not None and self.period.start > self.last:
            yield ConfigurationError("the period begins after the audit", place=node.where("period"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """How often collectors run: the exact id, else the longest pattern, else the default, else their own cadence."""

    default: timedelta | None = None
    by: Mapping[str, timedelta] = field(default_factory=lambda: MappingProxyType({}))

    def every(self, collector: str) -> timedelta | None:
        """Return the interval of a collector, None where its own cadence holds."""
        if collector in self.by:
            return self.by[collector]
        fitting = [pattern for pattern in self.by if fnmatchcase(collector, pattern)]
        return self.by[max(fitting, key=lambda p: (len(p), p))] if fitting else self.default


def _schedules(node: Node, what: str, look: Look) -> Schedules:
    intervals = dict(_INTERVALS.read(node, what, look))
    return Schedules(default=intervals.pop("default", None), by=MappingProxyType(intervals))


_INTERVALS = table("`default` or collectors (ids, patterns)", SPAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where alerts go, which ones, and how often."""

    to: Secret = key(SECRET, "An Apprise URL: `mailto://…`, `slack://…`, `json://…`; its secrets from outside.")
    on: tuple[str, ...] = key(
        many(choice(CONDITIONS), "a list of conditions"), "What it is told.", default=CONDITIONS, shown="all of them"
    )
    owners: tuple[str, ...] = key(
        many(ID, "a list of owners"), "Only what these roles (of `owners`) have to do.", default=()
    )
    scopes: tuple[str, ...] = key(many(NAME, "a list of scopes"), "Only what concerns these scopes.", default=())
    digest: timedelta | None = key(SPAN, "Gather messages for so long and send them as one.", default=None)
    name: str = key(NAME, "How logs and `annexa alerts` call it. Default: `route-1`, `route-2` and so on.", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Who is told, and how long before an audit."""

    routes: tuple[Route, ...] = key(many(part(Route), "a list of routes"), "Where alerts go.", default=())
    before_audit: tuple[int, ...] = key(
        many(integer(1, 730), "a list of days"), "Days ahead of each audit to warn.", default=(90, 60, 30, 14, 7)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mappings:
    """Evidence requirements beside those that come with annexa."""

    directories: tuple[Path, ...] = key(many(PATH, "a list of folders"), "Folders with your own.", default=())
    exclude: tuple[str, ...] = key(many(ID, "a list of ids"), "Requirements that are not owed.", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Serve:
    """What `annexa serve` listens on, and how it stops."""

    host: str = key(HOST, "The address for `/healthz` and `/metrics`.", default="127.0.0.1")
    port: int = key(integer(1, 65535), "The port.", default=8080)
    grace: timedelta = key(SPAN, "How long runs may finish at a stop.", default=timedelta(seconds=30), shown="PT30S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much runs at once."""

    concurrency: int = key(integer(1, 256), "Runs at once, over everything.", default=16)
    per_scope: int = key(integer(1, 256), "Runs at once in one scope.", default=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole configuration of one organization."""

    organization: str = key(text(), "The organization's name, as it stands on reports.")
    timezone: ZoneInfo = key(TIMEZONE, "The time zone in which days, months and quarters are cut.")
    data: Path = key(PATH, "Where the database, the artifacts and the key are kept.", default=Path("annexa-data"))
    database: Secret | None = key(
        SECRET, "Such as `postgresql+psycopg://…` or `sqlite:///…`.", default=None, shown="SQLite below data"
    )
    artifacts: str | None = key(
        url("s3", "gs", "az", "abfs", "file"), "Such as `s3://bucket/prefix`.", default=None, shown="below data"
    )
    write_once: bool = key(
        BOOLEAN, "The bucket of `artifacts` has S3 Object Lock: each object is locked for its retention.", default=False
    )
    signing: str = key(
        SIGNING, "The key that signs; a file is made at the first start.", default="", shown="a file below data"
    )
    encryption: str = key(
        WRAPPING, "Encrypts objects from then on: what wraps the data key of each scope.", default="",
        shown="not encrypted",
    )
    tsa: tuple[str, ...] = key(
        many(url("https", "http"), "a list of URLs"), "RFC 3161 time stamp authorities, tried in turn.", default=()
    )
    tsa_roots: Path | None = key(
        PATH, "PEM certificates of their roots: with them each time stamp is verified as it comes.", default=None
    )
    witnesses: tuple[WitnessAt, ...] = key(
        many(part(WitnessAt), "a list of witnesses"), "Who cosigns each checkpoint.", default=()
    )
    frameworks: tuple[str, ...] = key(
        many(FRAMEWORK, "a list of frameworks"), "The frameworks to answer to.", default=("iso27001-2022",)
    )
    certificate: Certificate | None = key(part(Certificate), "The certificate.", default=None)
    audits: tuple[AuditDates, ...] = key(many(part(AuditDates), "a list of audits"), "Audits by date.", default=())
    scopes: tuple[Scope, ...] = key(many(SCOPE, "a list of scopes"), "What is connected.", default=())
    schedules: Schedules = key(Kind(_INTERVALS.words, _schedules), "How often collectors run.", default=Schedules())
    owners: Mapping[str, str] = key(
        table("roles and ids of requirements", ADDRESS),
        "Who acts: by the role that requirements name, or for one requirement.", default=MappingProxyType({}),
    )
    alerts: Alerts = key(part(Alerts), "Who is told.", default=Alerts())
    mappings: Mappings = key(part(Mappings), "Your own evidence requirements.", default=Mappings())
    soa: Path | None = key(PATH, "The statement of applicability.", default=None)
    retention: Retention = key(
        RETENTION, "How long objects are kept, at least.", default=Retention(), shown="for ever"
    )
    serve: Serve = key(part(Serve), "`annexa serve`.", default=Serve())
    limits: Limits = key(part(Limits), "How much runs at once.", default=Limits())
    masking: Masking = key(part(Masking), "What is masked beside what annexa knows.", default=Masking())
    redact: Redaction = key(REDACT, "Personal data that is taken out before sealing.", default=Redaction())

    folder: Path = field(default=Path(), compare=False)
    """The folder of the file."""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    """Where in the file each key stands: `scopes[0].regions[1]`."""
    warnings: tuple[str, ...] = field(default=(), compare=False)
    """One line for each thing that works and should be different."""
