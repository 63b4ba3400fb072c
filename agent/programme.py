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


class CertificateState(StrEnum):
    """Whether a certificate holds at an instant."""

    VALID = "valid"
    RESTORABLE = "expired-restorable"
    LAPSED = "lapsed"


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


def default_period(
    kind: str, starts: datetime, before: Sequence[Audit], tz: tzinfo, certificate: Certificate | None = None
) -> Window:
    """Return the audit period that nobody named: from the end of the previous audit to the first day.

    Internal audits follow internal ones, the others each other, a stage 1 apart. For a recertification it is the
    cycle from the decision; with neither audit nor decision before it, the 365 days before.
    """
    ends = [audit.end for audit in before if audit.end <= starts and _succeeds(kind, audit.kind)]
    decided = midnight(certificate.decided, tz) if certificate else starts
    if decided < starts and (not ends or kind == "recertification"):
        return Window(decided, starts)
    return Window(max(ends, default=midnight(local_date(starts, tz) - timedelta(days=365), tz)), starts)


def _succeeds(kind: str, earlier: str) -> bool:
    return earlier != "stage1" and (kind == "internal") == (earlier == "internal")


def cycle(certificate: Certificate, real: Sequence[Audit], as_of: datetime, tz: tzinfo) -> tuple[Slot, ...]:
    """Return the audits that the certificate owes, in order, each matched with a real one where there is one."""
    decided = midnight(certificate.decided, tz)
    before = sorted(real, key=lambda audit: audit.starts)
    slots: list[Slot] = []
    for owed in _owed(certificate, [audit for audit in before if audit.starts > decided], tz):
        audit = owed.match or _assumed(owed, [*before, *(slot.audit for slot in slots)], tz, certificate)
        slots.append(_slot(owed, audit, as_of, tz))
    return tuple(slots)


def _assumed(owed: _Owed, before: Sequence[Audit], tz: tzinfo, certificate: Certificate) -> Audit:
    """Return the audit of one day that is assumed where no real one has a date."""
    starts = midnight(owed.assumed, tz)
    period = default_period(owed.kind, starts, before, tz, certificate)
    name = f"{owed.kind}-{owed.assumed.isoformat()}"
    return Audit(name=name, kind=owed.kind, starts=starts, end=end_of_day(owed.assumed, tz), period=period)


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
    match: Audit | None


def _owed(certificate: Certificate, real: Sequence[Audit], tz: tzinfo) -> list[_Owed]:
    """Return what the cycle owes: kind, last day, anniversary, and the real audit that fulfils it."""
    decided = certificate.decided
    years = [(local_date(audit.starts, tz).year, audit) for audit in real]
    again = next(((year, audit) for year, audit in years if audit.kind == "recertification"), None)
    watched = [(year, audit) for year, audit in years if audit.kind == "surveillance"]
    limit = decided + FIRST if certificate.kind == "initial" else None
    owed = []
    if limit is not None and watched and watched[0][0] == decided.year:
        owed.append(_Owed("surveillance", limit, limit, watched[0][1]))
        limit = None
    for year in range(decided.year + 1, again[0] if again else certificate.expires.year):
        last = date(year, 12, 31)
        by = last if limit is None else min(limit, last)
        anniversary = decided + relativedelta(years=year - decided.year)
        match = next((audit for when, audit in watched if when == year), None)
        owed.append(_Owed("surveillance", by, min(anniversary, by), match))
        limit = None
    expires = certificate.expires
    return [*owed, _Owed("recertification", expires, expires, again[1] if again else None)]
