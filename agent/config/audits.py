"""The audits of the configuration as instants in the organization's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from agent.config.model import AuditDates, Config
from agent.model import Audit, Window


def audits(config: Config) -> tuple[Audit, ...]:
    """Return the audits by their first day; a period that is not named follows from the audit before.

    It runs from the end of the previous audit (for a recertification, of the one that the cycle
    began with) to the first day; without a previous one from the certification decision, else a year back.
    """
    found: list[Audit] = []
    for dates in sorted(config.audits, key=lambda audit: (audit.starts, audit.title)):
        found.append(
            Audit(
                name=dates.title,
                kind=dates.kind,
                starts=_midnight(dates.starts, config.timezone),
                end=_midnight(dates.last + timedelta(days=1), config.timezone),
                period=_period(config, dates, tuple(found)),
            )
        )
    return tuple(found)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _period(config: Config, dates: AuditDates, before: tuple[Audit, ...]) -> Window:
    if dates.period is not None:
        return Window(_midnight(dates.period.start, config.timezone), _midnight(dates.period.end, config.timezone))
    end = _midnight(dates.starts, config.timezone)
    internal = dates.kind == "internal"
    previous = [audit for audit in before if audit.end < end and (audit.kind == "internal") == internal]
    if dates.kind == "recertification":
        opened = [audit for audit in previous if audit.kind in ("stage2", "recertification")]
        return Window(opened[-1].end if opened else _opening(config, dates.starts, years=3), end)
    return Window(previous[-1].end if previous else _opening(config, dates.starts, years=1), end)


def _opening(config: Config, starts: date, years: int) -> datetime:
    """Return the decision date where it lies within the years before the audit, else those years back."""
    earliest = starts - relativedelta(years=years)
    decided = config.certificate.decided if config.certificate else earliest
    return _midnight(decided if earliest < decided < starts else earliest, config.timezone)
