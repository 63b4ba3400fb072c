"""The two answers of design section 9, from holdings: controls with their requirements, and who must act by when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import inf

from agent import assess
from agent.evidence.report import Action, ControlStatus, Forecast, Holding, Status
from agent.mapping import Mapping as Mappings
from agent.model import Audit


def controls(
    mapping: Mappings,
    framework: str,
    holdings: Iterable[Holding],
    applicable: Callable[[str], bool] = lambda _control: True,
) -> tuple[ControlStatus, ...]:
    """Return every control of the framework with its holdings, in the framework's order."""
    by_requirement: dict[str, list[Holding]] = {}
    for holding in holdings:
        by_requirement.setdefault(holding.requirement.id, []).append(holding)
    found = []
    for control in mapping.controls(framework):
        roles: dict[str, list[Holding]] = {"primary": [], "supporting": []}
        for assigned in mapping.requirements_for(control.id, framework):
            roles[assigned.role].extend(by_requirement.get(assigned.requirement.id, ()))
        standing = assess.control(
            [_standing(one) for one in roles["primary"]], applicable=applicable(control.id)
        )
        found.append(ControlStatus(
            id=control.id, title=control.title, theme=control.group,
            freshness=standing.freshness, coverage=standing.coverage, conclusion=standing.conclusion,
            unassigned=standing.unassigned, not_applicable=standing.not_applicable, excepted=standing.excepted,
            held=standing.held, planned=standing.planned,
            primary=tuple(roles["primary"]), supporting=tuple(roles["supporting"]),
        ))
    return tuple(found)


def _standing(one: Holding) -> assess.Standing:
    return assess.Standing(
        freshness=one.freshness.state, coverage=one.coverage.state, conclusion=one.conclusion.state,
        owed=one.coverage.owed, held=one.forecast.held if one.forecast else None,
        planned=one.forecast.planned if one.forecast else None,
        excepted=one.excepted,
    )


def unknown(holdings: Iterable[Holding]) -> list[str]:
    """Return a line for each reason why records cannot be opened, with how many answers would rest on them."""
    counts = Counter(one.locked for one in holdings if one.locked)
    return [f"{count:,} {'answer is' if count == 1 else 'answers are'} not known whole: {why}"
            for why, count in sorted(counts.items())]


def status(
    mapping: Mappings,
    framework: str,
    holdings: Sequence[Holding],
    as_of: datetime,
    audit: Audit | None,
    warnings: Sequence[str] = (),
) -> Status:
    """Return the answer to `annexa status`."""
    found = controls(mapping, framework, holdings)
    return Status(
        as_of=as_of, framework=framework, audit=audit, summary=assess.summary(found),
        controls=found, warnings=(*unknown(holdings), *warnings),
    )


def forecast(
    mapping: Mappings, framework: str, holdings: Sequence[Holding], as_of: datetime, audit: Audit
) -> Forecast:
    """Return the answer to `annexa forecast`: controls at the end of the audit, and the actions by their last day."""
    found = controls(mapping, framework, holdings)
    return Forecast(
        as_of=as_of, framework=framework, audit=audit, summary=_summary(found),
        controls=found, actions=tuple(_in_order(actions(mapping, framework, holdings))),
        warnings=tuple(unknown(holdings)),
    )


def _summary(found: Iterable[ControlStatus]) -> Mapping[str, Mapping[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for axis in ("held", "planned"):
        states = assess.summary([])["freshness"]
        for control in found:
            state = getattr(control, axis)
            if state is not None:
                states[str(state)] += 1
        counts[axis] = states
    return counts


def actions(mapping: Mappings, framework: str, holdings: Iterable[Holding]) -> Iterable[Action]:
    """Yield what people have to do for each holding, with the controls of the framework that wait for it."""
    waiting: dict[str, list[str]] = {}
    for control in mapping.controls(framework):
        for assigned in mapping.requirements_for(control.id, framework):
            if assigned.role == "primary":
                waiting.setdefault(assigned.requirement.id, []).append(control.id)
    for holding in holdings:
        for action in holding.forecast.actions if holding.forecast else ():
            yield Action(
                by=action.by, not_before=action.not_before, owner=holding.owner, kind=action.kind, why=action.why,
                period=action.period, periods=action.periods,
                requirement=holding.requirement.id, title=holding.requirement.title,
                scope=holding.scope, boundary=holding.boundary, guidance=holding.requirement.guidance,
                controls=tuple(waiting.get(holding.requirement.id, ())),
            )


def _in_order(found: Iterable[Action]) -> list[Action]:
    return sorted(
        found,
        key=lambda one: (one.by.timestamp() if one.by else inf, one.requirement, one.scope, one.boundary),
    )
