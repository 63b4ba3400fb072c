"""A verification as people read it: each step with what it proves, then since when what is anchored."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Screen, plain
from agent.verify import Report, groups

_LEVELS = {"holds": words.GOOD, "refused": words.BAD, "not asked": words.NONE}
FEW = 5
"""Artifacts that a group names; the rest it counts."""
MANY = 20
"""Lines of what was done that are printed, the newest."""


def shown(screen: Screen, report: Report, *, everything: bool = False) -> None:
    """Print the steps, the anchors and the verdict."""
    for step in report.steps:
        screen.line(words.marked(f"{step.number}. {step.name}: {step.state}", _LEVELS[step.state], screen.signs))
        screen.hanging("", f"proves that {step.proves}" if step.state == "holds" and step.number > 1 else step.proves,
                       by=5)
        if step.says:
            screen.hanging("", step.says, by=5)
        for finding in step.findings:
            screen.hanging("", Text(finding, style="red"), by=5)
        if step.refused > len(step.findings):
            screen.hanging("", f"and {words.count(step.refused - len(step.findings), 'more finding')}", by=5)
    screen.blank()
    if report.told:
        screen.line(f"What the log says was done with evidence ({len(report.told):,}):")
        for line in report.told if everything else report.told[-MANY:]:
            screen.hanging("", plain(line), by=2)
        if not everything and len(report.told) > MANY:
            screen.line(f"  and {len(report.told) - MANY:,} before; --all lists each")
        screen.blank()
    _anchors(screen, report, everything=everything)
    verdict = "everything holds" if report.holds else "REFUSED: do not rely on it"
    level = words.GOOD if report.holds else words.BAD
    screen.line(words.marked(f"{report.subject}: {verdict}", level, screen.signs))


def _anchors(screen: Screen, report: Report, *, everything: bool) -> None:
    for said, some in groups(report.anchors):
        screen.line(f"{words.count(len(some), 'artifact')} {said}, leaves {some[0].leaf} to {some[-1].leaf}:")
        for one in some if everything else some[:FEW]:
            screen.line(f"  {one.artifact}")
        if not everything and len(some) > FEW:
            screen.line(f"  and {len(some) - FEW:,} more; --all lists each")


def as_json(report: Report) -> dict[str, Any]:
    """Return a verification as JSON has it."""
    return {
        "subject": report.subject, "trust": report.trust, "holds": report.holds,
        "steps": [
            {"number": one.number, "name": one.name, "proves": one.proves, "state": one.state, "says": one.says,
             "findings": one.findings, "refused": one.refused}
            for one in report.steps
        ],
        "done": report.told,
        "anchors": [
            {"artifact": one.artifact, "leaf": one.leaf, "recorded_at": one.recorded_at, "anchored": one.line(),
             "since": one.since, "stamped_checkpoint": one.stamped, "cosigned_checkpoint": one.cosigned,
             "seen": one.seen, "witness": one.witness or None, "kept": one.kept}
            for one in report.anchors
        ],
    }
