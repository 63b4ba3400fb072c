"""The audits of the programme as people and machines read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from agent.cli import words
from agent.cli.screen import Column, Screen
from agent.evidence.report import audit_json
from agent.model import Audit
from agent.programme import Slot, SlotState


def as_json(one: Audit | Slot) -> dict[str, Any]:
    """Return an audit, or one that the certificate owes, as the machine interface writes it."""
    if isinstance(one, Audit):
        return {**(audit_json(one) or {}), "real": True, "by": None, "state": None, "late": False}
    found = {**(audit_json(one.audit) or {}), "kind": one.kind}
    return {**found, "real": one.real, "by": one.by, "state": one.state, "late": one.late}


def audits(screen: Screen, listed: Sequence[Audit | Slot], zone: tzinfo) -> None:
    """Print the audits by their first day."""
    if not listed:
        screen.line("No audit is known: add `audits:` or `certificate:` to the configuration.")
        return
    screen.table(
        [Column("Audit", kept=True), Column("Starts"), Column("Ends"), Column("Period", flexible=True),
         Column("State", flexible=True)],
        (_row(one, zone) for one in listed),
    )
    if any(isinstance(one, Slot) and one.state is SlotState.OVERDUE for one in listed):
        screen.line("An audit that was held counts once `audits:` of the configuration has it with its days.")


def _row(one: Audit | Slot, zone: tzinfo) -> tuple[str, ...]:
    audit = one if isinstance(one, Audit) else one.audit
    span = f"{words.day(audit.period.start, zone)} to {words.day(audit.period.end, zone)}"
    return (audit.name, words.day(audit.starts, zone), words.last_day(audit.end, zone), span, _state(one))


def _state(one: Audit | Slot) -> str:
    if isinstance(one, Audit):
        return "dated"
    assumed = "" if one.real else ", assumed date"
    late = ", too late" if one.late else ""
    return f"{one.state}{assumed}, owed by {one.by}{late}"
