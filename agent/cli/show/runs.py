"""What `annexa collect` brought, by scope: what succeeded, what is lacking and why, what failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Screen, plain
from agent.model import Lacking, Outcome
from agent.run import Result

REASONS = {
    "denied": "permission is lacking", "unavailable": "not offered or not switched on here",
    "throttled": "the provider throttled it", "failed": "the call failed", "unread": "begun and not finished",
    "unrecorded": "read and not kept", "receipt": "another count differs", "expired": "the source no longer keeps it",
    "interrupted": "the run was interrupted",
}
_MOST = 8


def runs(screen: Screen, results: Sequence[Result]) -> None:
    """Print the runs by scope."""
    if not results:
        screen.line("Nothing was due.")
        return
    scopes: dict[str, list[Result]] = {}
    for one in results:
        scopes.setdefault(one.task.scope, []).append(one)
    for scope, ended in sorted(scopes.items()):
        _scope(screen, scope, ended)


def _scope(screen: Screen, scope: str, ended: Sequence[Result]) -> None:
    by: dict[Outcome, list[Result]] = {outcome: [] for outcome in Outcome}
    for one in ended:
        by[one.outcome].append(one)
    records = sum(one.records for one in ended)
    parts = [words.marked(f"{len(found):,} {outcome}", words.level(outcome), screen.signs)
             for outcome, found in by.items() if found]
    screen.line(Text(plain(scope), style="bold"), "  ", Text("   ").join(parts), f"   {words.count(records, 'record')}")
    for (what, why, permission), hit in _lacking(by[Outcome.PARTIAL]).items():
        remedy = f"; allow {permission}" if permission else ""
        said = f"{what}: {why}{remedy}" if what else why
        _problem(screen, words.marked("partial", words.WARN, screen.signs), said, hit)
    for error, hit in _failed(by[Outcome.FAILED]).items():
        _problem(screen, words.marked("failed", words.BAD, screen.signs), error, hit)


def _problem(screen: Screen, label: Text, said: str, hit: Sequence[Result]) -> None:
    screen.hanging(Text("  ") + label, said, by=12)
    screen.hanging("", f"in {_named(hit)}", by=12)


def _named(hit: Sequence[Result]) -> str:
    """Return the collectors with their regions, the first few by name."""
    by: dict[str, list[str]] = {}
    for one in hit:
        by.setdefault(one.task.collector, []).append(one.task.region)
    named = [f"{collector}{f' ({_regions(regions)})' if any(regions) else ''}" for collector, regions in by.items()]
    more = len(named) - _MOST
    return ", ".join(named[:_MOST]) + (f" and {words.count(more, 'more collector')}" if more > 0 else "")


def _regions(regions: Sequence[str]) -> str:
    unique = sorted(set(regions))
    return ", ".join(unique) if len(unique) <= _MOST else f"{len(unique)} regions"


def _lacking(partial: Iterable[Result]) -> dict[tuple[str, str, str], list[Result]]:
    found: dict[tuple[str, str, str], list[Result]] = {}
    for one in partial:
        for lack in one.lacking or (Lacking("", "unread", one.error or "the run says no more"),):
            said = REASONS.get(lack.reason, lack.reason)
            why = f"{said} ({lack.detail})" if lack.detail else said
            found.setdefault((lack.what, why, lack.permission), []).append(one)
    return found


def _failed(failed: Iterable[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for one in failed:
        lack = one.lacking[0] if one.lacking else None
        said = one.error or (f"{lack.what}: {REASONS.get(lack.reason, lack.reason)}" if lack else "no reason is known")
        named = lack is not None and lack.permission and lack.permission not in said
        permission = f"; allow {lack.permission}" if lack is not None and named else ""
        found.setdefault(said + permission, []).append(one)
    return found
