"""The certification cycle (design section 7): which audits are owed by when, and whether the certificate holds.

From the decision: a first surveillance within 12 months of an initial one, then at least one in every calendar
year but the year of the recertification, which comes before the expiry. Real audits override.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from agent.calendar import end_of_day, local_date, midnight
from agent.model import Audit, Certificate, Window

ALERT_DAYS = (90, 60, 30, 14, 7)
"""How many days before an audit its alerts come, unless configured otherwise."""
RESTORABLE = relativedelta(months=6)
"""How long after its expiry a certificate can be restored."""
FIRST = relativedelta(months=12)
"""How long after an initial decision the first surveillance may come."""
_CYCLE_KINDS = {"surveillance", "recertification"}


class CertificateState(StrEnum):
    """Whether a certificate holds at an instant."""

    VALID = "valid"
    RESTORABLE = "expired-restorable"
    LAPSED = "lapsed"


class Dated(NamedTuple):
    """A real audit as a person plans it: local dates, the last included; no period: the default one."""

    kind: str
    starts: date
    ends: date
    period: tuple[date, date] | None = None
    name: str = ""


class SlotState(StrEnum):
    """What has become of an audit that the cycle owes."""

    HELD = "held"
    DATED = "dated"
    OPEN = "open"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """An audit that the cycle owes: its last day `by`, and the audit, real or assumed on its anniversary."""

    kind: str
    by: date
    audit: Audit
    real: bool
    state: SlotState
    late: bool
    """It was held, is dated, or can only be held after its last day."""


def state(certificate: Certificate, as_of: datetime, tz: tzinfo) -> CertificateState:
    """Return whether the certificate holds; it does to the end of the day on which it expires."""
    if as_of < end_of_day(certificate.expires, tz):
        return CertificateState.VALID
    if as_of < end_of_day(certificate.expires + RESTORABLE, tz):
        return CertificateState.RESTORABLE
    return CertificateState.LAPSED


def alerts(audit: Audit, tz: tzinfo, days: Iterable[int] = ALERT_DAYS) -> tuple[datetime, ...]:
    """Return the local midnights at which alerts come ahead of the audit, the earliest first."""
    first = local_date(audit.starts, tz)
    return tuple(midnight(first - timedelta(days=ahead), tz) for ahead in sorted(set(days), reverse=True))


def not_looked_at(owed: Iterable[str], looked_at: Iterable[Collection[str]]) -> tuple[str, ...]:
    """Return the controls and clauses that no audit of the cycle has looked at, in the order given."""
    seen = {one for audit in looked_at for one in audit}
    return tuple(one for one in owed if one not in seen)


def audits(real: Sequence[Dated], tz: tzinfo, certificate: Certificate | None = None) -> tuple[Audit, ...]:
    """Return real audits in order, each with its own audit period or the default one.

    By default it runs from the end of the previous audit, for a recertification from the decision;
    with neither, over the 365 days before the audit.
    """
    found: list[Audit] = []
    for one in sorted(real, key=lambda one: (one.starts, one.ends)):
        starts = midnight(one.starts, tz)
        previous = max((a.end for a in found if a.end <= starts and _succeeds(one.kind, a.kind)), default=None)
        found.append(
            Audit(
                name=one.name or f"{one.kind} {one.starts}",
                kind=one.kind,
                starts=starts,
                end=end_of_day(one.ends, tz),
                period=_period(one, previous, tz, certificate),
            )
        )
    return tuple(found)


def _period(one: Dated, previous: datetime | None, tz: tzinfo, certificate: Certificate | None) -> Window:
    starts = midnight(one.starts, tz)
    if one.period is not None:
        return Window(midnight(one.period[0], tz), midnight(one.period[1], tz))
    decided = midnight(certificate.decided, tz) if certificate and certificate.decided < one.starts else None
    if decided is not None and (previous is None or one.kind == "recertification"):
        return Window(decided, starts)
    return Window(midnight(one.starts - timedelta(days=365), tz) if previous is None else previous, starts)


def _succeeds(kind: str, earlier: str) -> bool:
    """Return whether the audit takes up where the earlier one ended: internal ones among themselves."""
    return earlier != "stage 1" and (kind == "internal") == (earlier == "internal")


def cycle(certificate: Certificate, real: Sequence[Dated], as_of: datetime, tz: tzinfo) -> tuple[Slot, ...]:
    """Return the audits that the certificate owes, in order, each matched with a real one where there is one."""
    ours = [one for one in real if one.kind in _CYCLE_KINDS and one.starts > certificate.decided]
    owed = _owed(certificate, ours)
    ones = [one.match or Dated(one.kind, one.assumed, one.assumed) for one in owed]
    dated = audits([*(one for one in real if one not in ones), *ones], tz, certificate)
    return tuple(_slot(what, _find(dated, one, tz), as_of, tz) for what, one in zip(owed, ones, strict=True))


def _find(dated: Sequence[Audit], one: Dated, tz: tzinfo) -> Audit:
    sought = (one.kind, midnight(one.starts, tz), end_of_day(one.ends, tz))
    return next(audit for audit in dated if (audit.kind, audit.starts, audit.end) == sought)


def _slot(owed: _Owed, audit: Audit, as_of: datetime, tz: tzinfo) -> Slot:
    over = end_of_day(owed.by, tz)
    if owed.match is not None:
        became, late = SlotState.HELD if audit.end <= as_of else SlotState.DATED, audit.end > over
    else:
        late = over <= as_of
        became = SlotState.OVERDUE if late else SlotState.OPEN
    return Slot(kind=owed.kind, by=owed.by, audit=audit, real=owed.match is not None, state=became, late=late)


class _Owed(NamedTuple):
    kind: str
    by: date
    assumed: date
    match: Dated | None


def _owed(certificate: Certificate, real: Sequence[Dated]) -> list[_Owed]:
    """Return what the cycle owes: (kind, last day, anniversary, the real audit that fulfils it)."""
    again = min((one for one in real if one.kind == "recertification"), key=lambda one: one.starts, default=None)
    last_year = (again.starts if again else certificate.expires).year
    watched = sorted((one for one in real if one.kind == "surveillance"), key=lambda one: one.starts)
    limit = certificate.decided + FIRST if certificate.kind == "initial" else None
    owed = []
    if limit is not None and watched and watched[0].starts.year == certificate.decided.year:
        owed.append(_Owed("surveillance", limit, limit, watched[0]))
        limit = None
    for year in range(certificate.decided.year + 1, last_year):
        anniversary = certificate.decided + relativedelta(years=year - certificate.decided.year)
        match = next((one for one in watched if one.starts.year == year), None)
        by = date(year, 12, 31) if limit is None else min(limit, date(year, 12, 31))
        owed.append(_Owed("surveillance", by, min(anniversary, by), match))
        limit = None
    return [*owed, _Owed("recertification", certificate.expires, certificate.expires, again)]
