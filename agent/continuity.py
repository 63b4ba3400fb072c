"""Holes in what must be continuous, such as logs (design section 5, coverage `continuous`).

The windows of the accepted artifacts, joined, must cover the audit period so far, in every region.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

from agent.calendar import NEVER, add
from agent.intervals import common, holes, join
from agent.model import Coverage, CoverageAnswer, Expected, Requirement, Summary, Window
from agent.timeline import accepted, by_collector, turns_of


def continuous(
    requirement: Requirement,
    summaries: Iterable[Summary],
    as_of: datetime,
    tz: tzinfo,
    audit_period: Window,
    expected: tuple[Expected, ...],
    enabled: Sequence[Window] | None,
) -> CoverageAnswer:
    """Return the holes of the audit period at `as_of`, and the next instant at which there are others."""
    logs = _Logs(requirement, tz, audit_period, expected, enabled)
    logs.load(summaries, as_of)
    gaps = logs.gaps(as_of)
    owed = logs.begun(gaps, as_of)
    answer = CoverageAnswer(state=Coverage.GAP if gaps else Coverage.COMPLETE, owed=int(owed), gaps=tuple(gaps))
    shape, turn = logs.shape(gaps, as_of), as_of
    while (turn := min((later for later in logs.turns(turn) if later > turn), default=NEVER)) != NEVER:
        logs.advance(turn)
        gaps = logs.gaps(turn)
        if logs.shape(gaps, turn) != shape or logs.begun(gaps, turn) != owed:
            return replace(answer, next_change=turn)
    return answer


class _Owed(NamedTuple):
    """Joined windows, the span that they must cover, and whether it still grows."""

    windows: list[Window]
    span: Window
    grows: bool


class _Piece(NamedTuple):
    """A window and the records of one artifact, in force in [since, until)."""

    since: datetime
    until: datetime
    region: str
    window: Window
    instants: Sequence[datetime]


class _Logs:
    """What has been read, by region: `base` for good and joined, the rest by when it counts."""

    def __init__(
        self,
        requirement: Requirement,
        tz: tzinfo,
        period: Window,
        expected: tuple[Expected, ...],
        enabled: Sequence[Window] | None,
    ) -> None:
        self.requirement = requirement
        self.tz = tz
        self.period = period
        self.expected = by_collector(expected)
        self.enabled = enabled
        self.base: dict[str, list[Window]] = {}
        self.records: list[datetime] = []
        self.brief: list[_Piece] = []
        self.later: list[_Piece] = []

    def load(self, summaries: Iterable[Summary], now: datetime) -> None:
        """Take the windows in, those in force at `now` joined at once."""
        for summary in accepted(self.requirement, summaries):
            piece = _piece(summary)
            if piece is None or piece.until <= max(now, piece.since):
                continue
            if piece.until != NEVER:
                self.brief.append(piece)
            elif piece.since > now:
                self.later.append(piece)
            else:
                self.base.setdefault(piece.region, []).append(piece.window)
                self.records.extend(piece.instants)
        self.base = {region: join(windows) for region, windows in self.base.items()}
        self.records.sort()
        self.later.sort(reverse=True)

    def advance(self, instant: datetime) -> None:
        """Let everything count that was recorded up to the instant."""
        while self.later and self.later[-1].since <= instant:
            piece = self.later.pop()
            self.base[piece.region] = join([*self.base.get(piece.region, ()), piece.window])
            self.records = sorted([*self.records, *piece.instants])

    def _active(self, instant: datetime) -> list[_Piece]:
        return [piece for piece in self.brief if piece.since <= instant < piece.until]

    def _windows(self, instant: datetime) -> dict[str, list[Window]]:
        """Return the joined windows that count at the instant, by region; '' is the whole boundary."""
        found = {region: list(windows) for region, windows in self.base.items()}
        for piece in self._active(instant):
            found.setdefault(piece.region, []).append(piece.window)
        whole = found.setdefault("", [])
        joined = {region: join([*whole, *windows]) for region, windows in found.items()}
        if self.enabled is None:
            return joined
        return {region: common(windows, self.enabled) for region, windows in joined.items()}

    def _owed(self, instant: datetime, now: datetime) -> list[list[_Owed]]:
        """Return, for each alternative collector, the windows of its regions with the span that they must cover.

        The regions with which it began owe the whole period, later ones from when they came into force, each until
        it went; where no region is expected, those that were read owe it.
        """
        windows = self._windows(instant)
        whole = Window(self.period.start, min(now, self.period.end))
        grows = instant < self.period.end
        if not self.expected:
            return [[_Owed(windows[region], whole, grows) for region in windows.keys() - {""} or {""}]]
        first = min(one.since for regions in self.expected.values() for one in regions)
        found = []
        for regions in self.expected.values():
            begun = [(one, _span(one, whole, first)) for one in regions if one.since <= instant]
            found.append(
                [
                    _Owed(windows.get(one.region, windows[""]), span, grows and instant < (one.until or NEVER))
                    for one, span in begun
                ]
            )
        return [owed for owed in found if owed]

    def gaps(self, instant: datetime, now: datetime | None = None) -> list[Window]:
        """Return every hole and silence of any region, of each collector, in what counts at the instant.

        `now` is up to when to look, where that is not the instant itself.
        """
        now = now or instant
        found = [self._gaps(owed, instant, now) for owed in self._owed(instant, now)]
        return reduce(common, found) if found else []

    def shape(self, gaps: list[Window], instant: datetime) -> list[tuple[datetime, datetime | None]]:
        """Return the gaps without the end of one that is still growing: the next moment it would end later."""
        if not any(gap.end == instant for gap in gaps):
            return [(gap.start, gap.end) for gap in gaps]
        moment = instant + datetime.resolution
        growing = {gap.start for gap in self.gaps(instant, moment) if gap.end == moment}
        return [(gap.start, None if gap.start in growing else gap.end) for gap in gaps]

    def begun(self, gaps: list[Window], instant: datetime) -> bool:
        """Return whether anything of the audit period was read or is lacking: until then nothing can be complete."""
        return bool(gaps) or any(
            window.start < one.span.end and window.end > one.span.start
            for owed in self._owed(instant, instant)
            for one in owed
            for window in one.windows
        )

    def _gaps(self, owed: list[_Owed], instant: datetime, now: datetime) -> list[Window]:
        found = [
            hole
            for one in owed
            for hole in holes(one.windows, one.span)
            if self._counts(hole, is_open=one.grows and hole.end == now)
        ]
        return join([*found, *self._silences(instant, [one.windows for one in owed])])

    def _counts(self, hole: Window, *, is_open: bool) -> bool:
        if hole.end - hole.start <= self.requirement.tolerance:
            return False
        return not is_open or hole.end > add(hole.start, self.requirement.max_age, self.tz)

    def _silences(self, instant: datetime, owed: list[list[Window]]) -> list[Window]:
        """Return the spans without a record that are longer than `max_silence`, up to the last window's end."""
        longest = self.requirement.max_silence
        if longest is None:
            return []
        start = self.period.start
        last = min(max((windows[-1].end for windows in owed if windows), default=start), self.period.end)
        records = sorted([*self.records, *(at for piece in self._active(instant) for at in piece.instants)])
        marks = [start, *records[: bisect_right(records, last)], last]
        # what lies before the period comes out empty here, and `join` drops it
        return [Window(max(a, start), b) for a, b in pairwise(marks) if b - a > longest]

    def turns(self, instant: datetime) -> Iterator[datetime]:
        """Yield the later instants at which the holes may become others; of what was not yet recorded, the next."""
        yield self.period.end
        for regions in self.expected.values():
            yield from turns_of(regions)
        if self.later:
            yield self.later[-1].since
        for piece in self.brief:
            yield from (piece.since, piece.until)
        for windows, span, _ in (one for owed in self._owed(instant, instant) for one in owed):
            start = max(windows[-1].end if windows else span.start, span.start)
            aged = max(add(start, self.requirement.max_age, self.tz), start + self.requirement.tolerance)
            yield aged + datetime.resolution


def _span(one: Expected, whole: Window, first: datetime) -> Window:
    start = whole.start if one.since == first else max(one.since, whole.start)
    return Window(start, min(whole.end, one.until or whole.end))


def _piece(summary: Summary) -> _Piece | None:
    """Return the part of the window that lay in the past when it was recorded; None where it has no window."""
    if summary.window is None:
        return None
    window = Window(summary.window.start, min(summary.window.end, summary.recorded_at))
    until = summary.voided_at or NEVER
    return _Piece(summary.recorded_at, until, summary.region, window, summary.instants)
