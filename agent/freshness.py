"""Freshness at an instant (design section 5): missing, stale, expiring or fresh, and until when.

The collectors of a requirement are alternatives: freshness is computed for each, the best is taken.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from math import ceil

from agent.calendar import NEVER, add
from agent.model import WORST, Expected, Freshness, FreshnessAnswer, Requirement, Summary
from agent.timeline import Point, Slot, accepted, by_collector, in_force, turns_of

NEVER_COLLECTED = "never collected"
NOTHING_QUALIFIES = "collected, but nothing qualifies"
_WARN = timedelta(days=14)


def assess(
    requirement: Requirement,
    summaries: Iterable[Summary],
    as_of: datetime,
    tz: tzinfo,
    expected: Iterable[Expected] = (),
    population: Collection[str] = (),
) -> FreshnessAnswer:
    """Return freshness at `as_of`, from the summaries of one requirement in one boundary.

    `expected` are the regions that should have been read (of a collector with none, the regions seen count);
    `population` are the subjects at `as_of`, where the requirement names subjects. `next_change` is the next
    instant at which this same call would answer otherwise, whatever it is that changes.
    """
    evidence = _Evidence(requirement, summaries, as_of, tuple(expected), frozenset(population))
    turns = sorted({turn for turn in evidence.turns() if turn > as_of})
    answer = evidence.answer(as_of, tz)
    limits = [limit for limit in (answer.warn_at, answer.stale_at) if limit is not None and limit > as_of]
    horizon = min(limits, default=None)
    for turn in turns:
        if horizon is not None and turn >= horizon:
            break
        if evidence.answer(turn, tz) != answer:
            return replace(answer, next_change=turn)
    return replace(answer, next_change=horizon)


def stale_at(requirement: Requirement, evidence_time: datetime, tz: tzinfo) -> datetime:
    """Return the instant at which evidence of that time is stale, a document's own end apart."""
    return add(evidence_time, requirement.max_age, tz)


def state_at(instant: datetime, warns: datetime, stales: datetime) -> Freshness:
    """Return the state of evidence at the instant, by its two limits."""
    if instant >= stales:
        return Freshness.STALE
    return Freshness.EXPIRING if instant >= warns else Freshness.FRESH


def judge(
    requirement: Requirement, evidence_time: datetime, instant: datetime, tz: tzinfo, valid_until: datetime = NEVER
) -> FreshnessAnswer:
    """Return freshness at the instant of evidence of that time; `valid_until` wins where it is earlier."""
    nominal = stale_at(requirement, evidence_time, tz)
    stales = min(nominal, valid_until)
    lead = min((nominal - evidence_time) / 4, _WARN)
    warns = stales - lead if requirement.warn is None else add(stales, requirement.warn, tz, -1)
    return FreshnessAnswer(
        state=state_at(instant, warns, stales), evidence_time=evidence_time, stale_at=stales, warn_at=warns
    )


def unread(answer: FreshnessAnswer, why: str) -> FreshnessAnswer:
    """Return freshness where records could not be read: what the others prove fresh stays, anything less says why."""
    proven = answer.state in {Freshness.FRESH, Freshness.EXPIRING}
    return answer if proven else replace(answer, reason=why)


class _Evidence:
    """The evidence of one requirement in one boundary, by collector and group.

    A group is a region (collected), a subject (where the requirement names them), or '' (occurred).
    """

    def __init__(
        self,
        requirement: Requirement,
        summaries: Iterable[Summary],
        now: datetime,
        expected: tuple[Expected, ...],
        population: frozenset[str],
    ) -> None:
        self.requirement = requirement
        self.population = population
        self.expected = by_collector(expected)
        self.seen: dict[str, Slot] = {}
        self.groups: dict[str, dict[str, Slot]] = {}
        for summary in accepted(requirement, summaries):
            self._put(summary, now)
        for slot in self._slots():
            slot.settle()

    def _slots(self) -> Iterator[Slot]:
        yield from self.seen.values()
        for groups in self.groups.values():
            yield from groups.values()

    def turns(self) -> Iterator[datetime]:
        """Yield every instant at which an answer may change by what the summaries and regions say."""
        for slot in self._slots():
            yield from slot.turns()
        for regions in self.expected.values():
            yield from turns_of(regions)

    def _put(self, summary: Summary, now: datetime) -> None:
        until = summary.voided_at or NEVER
        seen = self.seen.get(summary.collector)
        if seen is None:
            seen = self.seen[summary.collector] = Slot()
            self.groups[summary.collector] = {}
        if seen.base is None:
            seen.put(Point((), summary.recorded_at, until), now)
        groups = self.groups[summary.collector]
        for group, time, end in self._times(summary, now):
            slot = groups.get(group)
            if slot is None:
                slot = groups[group] = Slot()
            elif slot.base is not None and time < slot.base.rank[0]:
                continue
            rank = (time, end, -summary.recorded_at.timestamp(), summary.artifact)
            slot.put(Point(rank, max(summary.recorded_at, time), until, summary.artifact), now)

    def _times(self, summary: Summary, now: datetime) -> Iterator[tuple[str, datetime, datetime]]:
        """Yield (group, evidence time, its own end) of an artifact: the newest by `now`, and each later one."""
        collected = self.requirement.basis == "collected"
        ends = _ends(summary)
        if self.requirement.subjects is not None:
            for subject in self.population & summary.by_subject.keys():
                times = (summary.collected_at,) if collected else _newest(summary.by_subject[subject], now)
                yield from ((subject, time, ends.get(time, NEVER)) for time in times)
        elif collected:
            yield summary.region, summary.collected_at, max(ends.values(), default=NEVER)
        else:
            yield from (("", time, ends.get(time, NEVER)) for time in _newest(summary.instants, now))

    def answer(self, instant: datetime, tz: tzinfo) -> FreshnessAnswer:
        """Return the best answer over the collectors at the instant, without the next change."""
        best = FreshnessAnswer(state=Freshness.MISSING, reason=NEVER_COLLECTED)
        for collector in sorted({*self.seen, *self.expected}):
            found = self._found(collector, instant)
            if isinstance(found, str):
                answer = FreshnessAnswer(state=Freshness.MISSING, reason=found)
            else:
                time, end, *_ = found.rank
                answer = replace(judge(self.requirement, time, instant, tz, end), artifact=found.artifact)
            best = max(best, replace(answer, collector=collector), key=_merit)
        return best

    def _found(self, collector: str, instant: datetime) -> Point | str:
        """Return the point that binds the collector at the instant, or the reason why there is none."""
        seen = self.seen.get(collector)
        if seen is None or seen.at(instant) is None:
            return NEVER_COLLECTED
        points = {group: slot.at(instant) for group, slot in self.groups[collector].items()}
        if self.requirement.subjects is not None:
            return self._by_subject([point for point in points.values() if point is not None])
        if self.requirement.basis == "occurred":
            return points.get("") or NOTHING_QUALIFIES
        if collector in self.expected:
            points = {region: points.get(region) for region in in_force(self.expected[collector], instant)}
        return _oldest(points, declared=collector in self.expected)

    def _by_subject(self, points: list[Point]) -> Point | str:
        assert self.requirement.subjects is not None
        if not self.population:
            return "no subject is known"
        needed = max(1, ceil(self.requirement.subjects.share * len(self.population)))
        if len(points) < needed:
            if not points:
                return NOTHING_QUALIFIES
            return f"evidence for {len(points)} of {len(self.population)} subjects"
        return sorted(points, reverse=True)[needed - 1]


def _oldest(points: dict[str, Point | None], *, declared: bool) -> Point | str:
    """Return the oldest of the regions' newest; a declared region without any is missing."""
    unread = sorted(region for region, point in points.items() if point is None and declared)
    if unread:
        names = ", ".join(unread)
        return f"{'region' if len(unread) == 1 else 'regions'} {names} never read"
    found = [point for point in points.values() if point is not None]
    return min(found) if found else NEVER_COLLECTED


def _newest(times: Sequence[datetime], now: datetime) -> Sequence[datetime]:
    """Return the last of the sorted times that is not after `now`, and all that are."""
    return times[max(bisect_right(times, now) - 1, 0) :]


def _ends(summary: Summary) -> dict[datetime, datetime]:
    """Return the latest own end of the documents of each instant."""
    ends: dict[datetime, datetime] = {}
    for time, end in summary.valid_until:
        ends[time] = max(end, ends.get(time, end))
    return ends


def _merit(answer: FreshnessAnswer) -> tuple[object, ...]:
    """Return what makes an answer better: its state, then the later limit; of missing ones, the fuller reason."""
    told = answer.reason != NEVER_COLLECTED
    return WORST[answer.state], answer.stale_at or NEVER, answer.evidence_time or NEVER, told
