"""The audits of the configuration as instants in the organization's time zone, and its certificate."""

from __future__ import annotations

from datetime import datetime

from agent.calendar import end_of_day, midnight
from agent.config.model import AuditDates, Config
from agent.model import Audit, Certificate, Window
from agent.programme import Slot, cycle, default_period


def audits(config: Config) -> tuple[Audit, ...]:
    """Return the audits by their first day; a period that is not named follows from the audits before."""
    zone = config.timezone
    found: list[Audit] = []
    for dates in sorted(config.audits, key=lambda audit: (audit.starts, audit.title)):
        found.append(
            Audit(
                name=dates.title, kind=dates.kind, starts=midnight(dates.starts, zone),
                end=end_of_day(dates.last, zone), period=_period(config, dates, tuple(found)),
            )
        )
    return tuple(found)


def certificate(config: Config) -> Certificate | None:
    """Return the certificate, where the configuration names one."""
    said = config.certificate
    if said is None:
        return None
    kind = "recertification" if said.kind == "recertification" else "initial"
    return Certificate(kind=kind, decided=said.decided, expires=said.end)  # type: ignore[arg-type]  # one of the two words


def planned(config: Config, as_of: datetime) -> list[Audit | Slot]:
    """Return by date the audits that the certificate owes at an instant, and the dated ones beside them."""
    real, held = audits(config), certificate(config)
    slots = cycle(held, real, as_of, config.timezone) if held else ()
    owed = {slot.audit.name for slot in slots if slot.real}
    found: list[Audit | Slot] = [*slots, *(audit for audit in real if audit.name not in owed)]
    return sorted(found, key=lambda one: one.starts if isinstance(one, Audit) else one.audit.starts)


def _period(config: Config, dates: AuditDates, before: tuple[Audit, ...]) -> Window:
    zone = config.timezone
    if dates.period is not None:
        return Window(midnight(dates.period.start, zone), midnight(dates.period.end, zone))
    return default_period(dates.kind, midnight(dates.starts, zone), before, zone, certificate(config))
