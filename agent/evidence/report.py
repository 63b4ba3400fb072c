"""The answers that pages, alerts and the command line show; they hold states, never compute them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from agent.calendar import local_date
from agent.model import (
    Audit,
    Conclusion,
    Coverage,
    CoverageAnswer,
    ForecastAnswer,
    Freshness,
    FreshnessAnswer,
    Period,
    Requirement,
    Window,
)
from agent.model.conclusions import CheckResult, ConclusionAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One requirement owed by one boundary, with its three axes and, where an audit lies ahead, its forecast."""

    requirement: Requirement
    scope: str
    boundary: str
    boundary_name: str = ""
    owner: str = ""
    freshness: FreshnessAnswer
    coverage: CoverageAnswer
    conclusion: ConclusionAnswer
    forecast: ForecastAnswer | None = None
    excepted: bool = False
    locked: str = ""
    """Why records cannot be opened that an answer would rest on, '' where none are lacking."""

    def as_json(self, role: str) -> dict[str, Any]:
        """Return the requirement as `annexa status --json` prints it below a control (design section 9)."""
        return {
            "id": self.requirement.id,
            "title": self.requirement.title,
            "scope": self.scope,
            "boundary": self.boundary,
            "role": role,
            "owner": self.owner or None,
            "freshness": self.freshness.state,
            "coverage": self.coverage.state,
            "owed": self.coverage.owed,
            "conclusion": self.conclusion.state,
            "evidence_time": self.freshness.evidence_time,
            "stale_at": self.freshness.stale_at,
            "artifact": self.freshness.artifact or None,
            "collector": self.freshness.collector or None,
            "reason": self.freshness.reason or None,
            "locked": self.locked or None,
            "periods": [period_json(one) for one in self.coverage.periods],
            "gaps": [{"from": hole.start, "to": hole.end} for hole in self.coverage.gaps],
            "exceptions": sum(check.count for check in self.conclusion.checks),
            "checks": [_check_json(check) for check in self.conclusion.checks],
        }


def _check_json(check: CheckResult) -> dict[str, Any]:
    return {
        "id": check.check,
        "title": check.title,
        "conclusion": check.state,
        "exceptions": check.count,
        "records": check.records,
        "reason": check.reason or None,
        "collectors": [
            {
                "collector": one.collector, "conclusion": one.state, "exceptions": one.count, "records": one.records,
                "reason": one.reason or None,
            }
            for one in check.alternatives
        ],
    }


def period_json(period: Period) -> dict[str, Any]:
    """Return a period as the machine interface writes it."""
    return {"from": period.start, "to": period.end, "state": period.state}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlStatus:
    """One control: the worst of its primary requirements, with what stands below it.

    `freshness` is None where no primary requirement is owed; then it is `unassigned` or
    `not_applicable`. `primary` and `supporting` hold the owed requirements.
    """

    id: str
    title: str
    theme: str
    freshness: Freshness | None
    coverage: Coverage | None
    conclusion: Conclusion | None
    unassigned: bool = False
    not_applicable: bool = False
    excepted: bool = False
    held: Freshness | None = None
    planned: Freshness | None = None
    primary: tuple[Holding, ...] = ()
    supporting: tuple[Holding, ...] = ()

    @property
    def owed(self) -> int:
        """Return how many periods its primary requirements have owed so far; 0: its coverage says nothing."""
        return sum(one.coverage.owed for one in self.primary)

    @property
    def automated(self) -> bool:
        """Return whether a collector, not only a document, stands behind it; documents never count."""
        return any(not one.requirement.document for one in self.primary)

    def as_json(self) -> dict[str, Any]:
        """Return the control as `annexa status --json` prints it."""
        return {
            "id": self.id,
            "title": self.title,
            "theme": self.theme,
            "freshness": self.freshness,
            "coverage": self.coverage,
            "owed": self.owed,
            "conclusion": self.conclusion,
            "unassigned": self.unassigned,
            "not_applicable": self.not_applicable,
            "excepted": self.excepted,
            "automated": self.automated,
            "requirements": [one.as_json("primary") for one in self.primary]
            + [one.as_json("supporting") for one in self.supporting],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The answer to `annexa status`: every control of one framework at one instant."""

    as_of: datetime
    framework: str
    audit: Audit | None
    summary: Mapping[str, Any]
    controls: tuple[ControlStatus, ...]
    warnings: tuple[str, ...] = ()
    """What lowers the whole: scopes that could not be expanded, runs that are partial, records not to be opened."""

    def as_json(self) -> dict[str, Any]:
        """Return the answer in the shape of design section 9."""
        return {
            "as_of": self.as_of,
            "framework": self.framework,
            "audit": audit_json(self.audit),
            "summary": dict(self.summary),
            "warnings": list(self.warnings),
            "controls": [control.as_json() for control in self.controls],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a person has to do, by when, and not before when (done earlier it would be stale again)."""

    by: datetime | None
    not_before: datetime | None
    owner: str
    requirement: str
    title: str
    scope: str
    boundary: str
    why: str
    guidance: str = ""
    controls: tuple[str, ...] = ()
    kind: str = "do"
    """`do`, `repair` (a collector) or `explain` (a gap that cannot be repaired)."""
    period: Window | None = None
    """The period that it is about, None where it is about the day of the audit."""
    periods: int = 1
    """How many periods in a row `period` holds."""

    def as_json(self, zone: tzinfo) -> dict[str, Any]:
        """Return the action in the shape of design section 9: its days are local ones of the zone."""
        return {
            "by": _day(self.by, zone),
            "not_before": _day(self.not_before, zone),
            "owner": self.owner or None,
            "requirement": self.requirement,
            "title": self.title,
            "scope": self.scope,
            "boundary": self.boundary,
            "kind": self.kind,
            "period": {"from": self.period.start, "to": self.period.end} if self.period else None,
            "periods": self.periods if self.period else None,
            "why": self.why,
            "guidance": self.guidance or None,
            "controls": list(self.controls),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The answer to `annexa forecast`: each control at the end of the audit's last day, and who must act by when."""

    as_of: datetime
    framework: str
    audit: Audit
    summary: Mapping[str, Any] = field(default_factory=dict)
    controls: tuple[ControlStatus, ...] = ()
    actions: tuple[Action, ...] = ()
    warnings: tuple[str, ...] = ()
    """What lowers the whole: records that cannot be opened."""

    def as_json(self, zone: tzinfo) -> dict[str, Any]:
        """Return the answer in the shape of design section 9, days as local ones of the zone."""
        return {
            "as_of": self.as_of,
            "framework": self.framework,
            "audit": audit_json(self.audit),
            "summary": dict(self.summary),
            "warnings": list(self.warnings),
            "controls": [
                {"id": one.id, "title": one.title, "held": one.held, "planned": one.planned, "coverage": one.coverage,
                 "owed": one.owed}
                for one in self.controls
            ],
            "actions": [action.as_json(zone) for action in self.actions],
        }


def _day(instant: datetime | None, zone: tzinfo) -> str | None:
    return None if instant is None else local_date(instant, zone).isoformat()


def audit_json(audit: Audit | None) -> dict[str, Any] | None:
    """Return an audit as the machine interface writes it."""
    if audit is None:
        return None
    return {
        "name": audit.name,
        "kind": audit.kind,
        "starts": audit.starts,
        "ends": audit.end,
        "period": {"from": audit.period.start, "to": audit.period.end},
    }
