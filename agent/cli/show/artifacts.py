"""Artifacts and their provenance as people and machines read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from rich.text import Text

from agent.cli import words
from agent.cli.screen import Column, Screen, plain
from agent.cli.show.runs import REASONS
from agent.model import Call, Outcome, Provenance

if TYPE_CHECKING:
    from agent.store import ActRow, ArtifactRow, VerifiedArtifact

_LABEL = 13
_CALLS = 40
ROOMY = 100


def row_json(row: ArtifactRow, as_of: datetime) -> dict[str, Any]:
    """Return an artifact of the catalog as the machine interface writes it, voided where it was so by an instant."""
    voided = _voided(row, as_of)
    window = {"from": row.window_start, "to": row.window_end} if row.window_start else None
    return {
        "artifact": row.id, "collector": row.collector, "kind": row.kind, "scope": row.scope,
        "boundary": row.boundary, "region": row.region, "outcome": row.outcome, "source": row.source,
        "records": row.records, "size": row.size, "window": window, "collected_at": row.collected_at,
        "recorded_at": row.recorded_at, "lacking": row.lacking, "masked": row.masked, "error": row.error or None,
        "voided_at": row.voided_at if voided else None, "void_reason": (voided and row.void_reason) or None,
        "deleted_at": row.deleted_at if _gone(row, as_of) else None,
        "leaf": row.leaf,
    }


def _voided(row: ArtifactRow, as_of: datetime) -> bool:
    return row.voided_at is not None and row.voided_at <= as_of


def _gone(row: ArtifactRow, as_of: datetime) -> bool:
    return row.deleted_at is not None and row.deleted_at <= as_of


def whole_json(
    row: ArtifactRow, opened: VerifiedArtifact, first: Sequence[Mapping[str, Any]], as_of: datetime,
    erasure: ActRow | None = None,
) -> dict[str, Any]:
    """Return an artifact with its provenance and first records as the machine interface writes it."""
    erased = {name: getattr(erasure, name) for name in ("recorded_at", "by", "reason", "leaf")} if erasure else None
    return {"as_of": as_of, **row_json(row, as_of), "object": f"sha256:{opened.statement.digest}",
            "provenance": asdict(opened.provenance), "first_records": first, "erased": erased}


def listed(
    screen: Screen, rows: Sequence[ArtifactRow], as_of: datetime, zone: tzinfo, *, more: bool, past: bool = False
) -> None:
    """Print one line for each artifact; `past` where somebody asked for the instant."""
    if not rows:
        then = f"No artifact that was recorded by {words.moment(as_of, zone)} is like that." if past else ""
        screen.line(then or "No artifact is like that. annexa collect brings some.")
        return
    columns = [Column("Artifact"), Column("Collected"), Column("Collector and place", flexible=True), Column("Outcome"),
               Column("Records", right=True)]
    collected = words.moment if screen.width >= ROOMY else words.day
    screen.table(columns, (
        [one.id[7:19], collected(one.collected_at, zone), Text(f"{plain(one.collector)}\n{plain(_where(one))}"),
         words.state(Outcome(one.outcome), screen.signs) + ("\nvoided" if _voided(one, as_of) else "")
         + ("\nrecords gone" if _gone(one, as_of) else ""), one.records]
        for one in rows
    ))
    if more:
        screen.line(f"These are the {len(rows):,} newest; -n shows more.")


def _where(row: ArtifactRow) -> str:
    parts = [row.scope, row.boundary if row.boundary != row.scope else "", row.region]
    return "/".join(part for part in parts if part)


def shown(
    screen: Screen, row: ArtifactRow, opened: VerifiedArtifact, first: Sequence[Mapping[str, Any]], as_of: datetime,
    zone: tzinfo, erasure: ActRow | None = None,
) -> None:
    """Print what an artifact is, where it comes from, what it lacks, and its first records or how they were erased."""
    told = opened.provenance
    screen.line(Text(f"{plain(told.collector)} ", style="bold"), words.state(told.outcome, screen.signs))
    for label, said in _facts(row, opened, as_of, zone):
        if said:
            screen.hanging(f"  {label}", said, by=_LABEL + 2)
    verified = words.marked("signature, id, digest and size fit together", words.GOOD, screen.signs)
    if erasure is not None:
        verified = words.marked("signature and id fit together; the records are not there", words.WARN, screen.signs)
        said = f"{words.moment(erasure.recorded_at, zone)} by {erasure.by}: {erasure.reason}"
        screen.hanging("  Erased", plain(said), by=_LABEL + 2)
    screen.hanging("  Verified", verified, by=_LABEL + 2)
    _completeness(screen, told)
    _limits(screen, told)
    _calls(screen, told.calls)
    if first:
        screen.heading(f"First records, of {told.records:,}")
        for one in first:
            _record(screen, one["record"])


def _facts(row: ArtifactRow, opened: VerifiedArtifact, as_of: datetime, zone: tzinfo) -> list[tuple[str, str]]:
    told = opened.provenance
    window = told.window
    span = f"{words.moment(window.start, zone)} to {words.moment(window.end, zone)}" if window else ""
    voided = f"{words.moment(row.voided_at, zone)} by {row.voided_by}: {row.void_reason}" if row.voided_at else ""
    masked = ", ".join(f"{name} {times:,}" for name, times in told.masked.items())
    return [
        ("Artifact", row.id), ("Voided" if _voided(row, as_of) else "Voided later", voided),
        ("Population", told.population), ("Kind", told.kind),
        ("Where", _where(row)), ("Window", span),
        ("Read as", told.identity), ("Source", "" if told.source == "provider" else f"{told.source} by a person"),
        ("Read", f"{words.moment(told.started_at, zone)} to {words.moment(told.finished_at, zone)}"),
        ("Recorded", f"{words.moment(row.recorded_at, zone)}, leaf {row.leaf:,} of the log"),
        ("By", f"collector version {told.collector_version}, annexa {told.agent_version} on {told.host}"),
        ("Object", f"sha256:{opened.statement.digest}, {words.count(opened.statement.size, 'byte')}"),
        ("Records", f"{told.records:,}"), ("Masked", masked), ("Notes", " ".join(told.notes)),
    ]


def _completeness(screen: Screen, told: Provenance) -> None:
    screen.heading("Completeness")
    if told.error:
        screen.line(words.marked(plain(told.error), words.BAD, screen.signs))
    for one in told.lacking:
        detail = f" ({one.detail})" if one.detail else ""
        remedy = f"; allow {one.permission}" if one.permission else ""
        screen.line(words.marked(plain(f"{one.what}: {REASONS.get(one.reason, one.reason)}{detail}{remedy}"), words.BAD,
                                 screen.signs))
    for receipt in told.receipts:
        said = f"{receipt.source} says {receipt.expected:,}, read were {receipt.counted:,}"
        level = words.GOOD if receipt.agrees else words.BAD if receipt.exact else words.WARN
        screen.line(words.marked(plain(said), level, screen.signs))
    for skip in told.skips:
        screen.line(words.marked(plain(f"left out {skip.count:,}: {skip.reason}"), words.NONE, screen.signs))
    if told.lost:
        screen.line(words.marked(f"lost before it: {told.lost.start:%Y-%m-%d %H:%M} to {told.lost.end:%Y-%m-%d %H:%M} "
                                 "UTC, which the source no longer keeps", words.BAD, screen.signs))
    if not (told.error or told.lacking):
        screen.line(words.marked("everything that was asked for was read to its end", words.GOOD, screen.signs))


def _limits(screen: Screen, told: Provenance) -> None:
    """Print what the source could not see however whole the run is."""
    if told.limits:
        screen.heading("What the source cannot see")
    for one in told.limits:
        screen.hanging("  -", plain(one), by=3)


def _calls(screen: Screen, calls: Sequence[Call]) -> None:
    if not calls:
        return
    screen.heading("Calls")
    screen.table(
        [Column("Operation", kept=True), Column("Parameters", flexible=True), Column("Calls", right=True),
         Column("Pages", right=True), Column("Items", right=True), Column("Answer", flexible=True)],
        ([f"{one.service}.{one.operation}", _parameters(one), one.count, one.pages, one.items,
          one.answer or ("" if one.complete else "not finished")] for one in calls[:_CALLS]),
    )
    if len(calls) > _CALLS:
        screen.line(f"and {words.count(len(calls) - _CALLS, 'more operation')}; --json has all, with request ids.")


def _parameters(call: Call) -> str:
    said = ", ".join(f"{name}={value}" for name, value in call.parameters.items())
    return f"{call.region}: {said}" if call.region and said else call.region or said


def _record(screen: Screen, record: Mapping[str, Any]) -> None:
    screen.line(Text(plain(record.get("id", "")), style="bold"))
    for name, value in record.items():
        if name != "id" and value is not None:
            screen.hanging(f"  {name}", str(value), by=18)
