"""What `annexa collect` brought, by scope: what succeeded, what is lacking and why, what failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Screen, plain
from agent.model import Lacking, Outcome
from agent.run import Result

REASONS = {
    "denied": "permission is lacking", "unavailable": "not offered or not switched on here",
    "throttled": "the provider throttled it", "failed": "the call failed", "unread": "begun and not finished",
    "unrecorded": "read and not kept", "receipt": "another count differs",
    "expired": "credentials or page token expired", "interrupted": "the run was interrupted",
    "not_enabled": "the region is not enabled",
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
    """Return what went wrong with the runs that it went wrong with; what one place refuses stands together."""
    refused: dict[tuple[str, str], list[Result]] = {}
    found: dict[str, list[Result]] = {}
    for one in failed:
        lack = one.lacking[0] if one.lacking else None
        if lack is not None and lack.reason == "denied" and lack.permission:
            place = " ".join(part for part in (one.task.boundary, one.task.region) if part)
            refused.setdefault((place, _by(lack)), []).append(one)
            continue
        said = one.error or (f"{lack.what}: {REASONS.get(lack.reason, lack.reason)}" if lack else "no reason is known")
        found.setdefault(said, []).append(one)
    return {**_refusals(refused), **found}


def _by(lack: Lacking) -> str:
    return "service control policy" if "service control policy" in lack.detail else ""


def _refusals(refused: Mapping[tuple[str, str], Sequence[Result]]) -> dict[str, list[Result]]:
    """Return one sentence for all places that refuse the same, with what to do about it."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    hit: dict[tuple[str, tuple[str, ...]], list[Result]] = {}
    for (place, by), results in refused.items():
        key = (by, tuple(sorted({one.lacking[0].permission for one in results})))
        alike.setdefault(key, []).append(place)
        hit.setdefault(key, []).extend(results)
    return {_refusal(by, permissions, alike[by, permissions]): hit[by, permissions] for by, permissions in alike}


def _refusal(by: str, permissions: Sequence[str], places: Sequence[str]) -> str:
    where, named = _few(places, "place"), _few(permissions, "permission")
    if by:
        return f"{where}: a {by} denies {named}; only whoever manages the organization can lift it"
    return f"{where}: permission is lacking; allow {named}"


def _few(names: Sequence[str], what: str) -> str:
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {words.count(more, f'more {what}')}" if more > 0 else "")
