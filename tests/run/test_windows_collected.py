"""An event source over several collections: the real agent, the real store, the double of AWS."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from itertools import pairwise

from agent.assembly import collecting
from agent.model import Outcome, Window
from agent.run import Engine, Result
from agent.run.execute import execute
from agent.store import ArtifactRow
from tests.assembly.company import ACCOUNT, NOW, Company
from tests.lab.aws import faults
from tests.run.history import COLLECTOR, REACH, REGION, History

KEY = (COLLECTOR, ACCOUNT, REGION)
SETTLE, DAY = timedelta(minutes=30), timedelta(days=1)
WHOLE = REACH // DAY
"""Windows from as far back as the source keeps events to now."""
LOOKUP = "cloudtrail.lookup_events"


def kept(firm: Company, outcome: Outcome | None = Outcome.SUCCEEDED) -> list[ArtifactRow]:
    """Return the runs in the store by window, read by a second agent that only reads."""
    with firm.app(writer=False) as app:
        rows = app.store.artifacts(collector=COLLECTOR, outcome=outcome)
    return sorted(rows, key=lambda row: (row.window_start, row.leaf))


def watermark(firm: Company) -> datetime | None:
    with firm.app(writer=False) as app:
        return app.store.watermark(*KEY)


def asked(firm: Company) -> list[tuple[str, datetime]]:
    """Return what `annexa query` answers over the events."""
    sql = "SELECT id, occurred_at FROM log_event ORDER BY id, occurred_at"
    with firm.app(writer=False) as app, app.lake.query(sql) as result:
        return [(str(row[0]), row[1]) for batch in result.batches for row in batch]


def tiled(rows: list[ArtifactRow], start: datetime, end: datetime) -> None:
    assert rows[0].window_start == start
    assert rows[-1].window_end == end
    for one, following in pairwise(rows):
        assert one.window_end == following.window_start
    assert all(timedelta() < row.window_end - row.window_start <= DAY for row in rows)  # type: ignore[operator]  # an event run has a window


def test_windows_tile_over_several_collections_and_every_event_is_kept_once(history: History) -> None:
    firm = history.firm
    instants = [NOW, NOW + timedelta(hours=7, minutes=13, microseconds=250_001), NOW + timedelta(days=3, seconds=1)]
    edges = [NOW - REACH, NOW - REACH + DAY, *(one - SETTLE for one in instants)]
    wanted = {}
    for edge in edges:
        for offset in (-1, 0, 1):
            at = edge.replace(microsecond=0) + timedelta(seconds=offset)
            if NOW - REACH <= at < instants[-1] - SETTLE:
                wanted[f"event {at.isoformat()}"] = at
    for name, at in wanted.items():
        history.happened(name, at)
    for firm.now in instants:
        assert {one.outcome for one in firm.collect()} == {Outcome.SUCCEEDED}
    rows = kept(firm)
    assert [sum(row.collected_at == one for row in rows) for one in instants] == [WHOLE, 1, 3]
    tiled(rows, NOW - REACH, instants[-1] - SETTLE)
    assert watermark(firm) == instants[-1] - SETTLE
    assert dict(asked(firm)) == wanted
    assert sum(row.records for row in rows) == len(wanted), "no event is in two windows"


def test_the_watermark_moves_when_the_run_is_recorded_and_not_before(history: History) -> None:
    firm = history.firm
    with firm.app() as app:
        connected = collecting.connected_scopes(app)
        boundaries = collecting.expand(app, connected.values())
        task = next(iter(collecting.planned(app, connected).tasks(boundaries, firm.now, collecting.facts(app))))
        engine: Engine = collecting.engine_for(app, connected, threading.Event())
        assert execute(task, engine.context, engine.stop).outcome is Outcome.SUCCEEDED
        assert (app.store.pending(), app.store.watermark(*KEY)) == (1, None)
    with firm.app() as app:
        assert app.store.watermark(*KEY) is None, "a restart alone records nothing"
        app.store.sequence(None)
        assert task.window is not None
        assert app.store.watermark(*KEY) == task.window.end == NOW - REACH + DAY


def failing_window(history: History, fault: faults.Fault, request: int) -> list[Result]:
    """Collect while a request of `LookupEvents` fails; each window asks two questions."""
    history.firm.double.fault(LOOKUP, fault, request=request)
    results: list[Result] = history.firm.collect()
    return results


def test_a_failed_window_ends_its_chain_and_is_read_again(history: History) -> None:
    firm = history.firm
    results = failing_window(history, faults.denied(), request=7)
    assert [one.outcome for one in results] == ["succeeded"] * 3 + ["failed"]
    assert watermark(firm) == NOW - REACH + 3 * DAY
    firm.double.reset()
    firm.now = NOW + timedelta(hours=1)
    assert {one.outcome for one in firm.collect()} == {"succeeded"}
    (failed,) = kept(firm, Outcome.FAILED)
    rows = kept(firm)
    assert (rows[3].window_start, rows[3].window_end) == (failed.window_start, failed.window_end)
    tiled(rows, NOW - REACH, firm.now - SETTLE)


def test_half_a_window_ends_its_chain_too_and_its_events_count_once(history: History) -> None:
    firm, first = history.firm, NOW - REACH
    history.page = 2
    for number in range(6):
        history.happened(f"event {number}", first + timedelta(hours=number))
    firm.double.fault(LOOKUP, faults.expired_page_token(), page=3)
    results = firm.collect()
    assert [(one.outcome, one.records) for one in results] == [("partial", 4)]
    assert watermark(firm) is None
    assert asked(firm) == [], "half a window is no evidence"
    firm.double.reset()
    firm.collect()
    assert [name for name, _ in asked(firm)] == [f"event {number}" for number in range(6)]
    tiled(kept(firm), first, NOW - SETTLE)


def test_what_the_source_no_longer_keeps_is_named_and_passed(history: History) -> None:
    firm = history.firm
    firm.collect()
    firm.now = NOW + timedelta(days=100)
    firm.collect()
    rows = kept(firm)
    lost = Window(NOW - SETTLE, firm.now - REACH)
    with firm.app(writer=False) as app:
        said = [app.store.open_artifact(row.id).provenance.lost for row in rows]
    assert said == [*[None] * WHOLE, lost, *[None] * (WHOLE - 1)]
    tiled(rows[:WHOLE], NOW - REACH, lost.start)
    tiled(rows[WHOLE:], lost.end, firm.now - SETTLE)
    assert watermark(firm) == firm.now - SETTLE


def test_a_lost_span_is_named_again_until_a_run_behind_it_succeeds(history: History) -> None:
    firm = history.firm
    firm.collect()
    firm.now = NOW + timedelta(days=100)
    assert [one.outcome for one in failing_window(history, faults.denied(), request=2 * WHOLE + 1)] == ["failed"]
    assert watermark(firm) == NOW - SETTLE, "nothing was passed yet"
    firm.double.reset()
    firm.now += timedelta(hours=1)
    firm.collect()
    row = next(row for row in kept(firm) if row.collected_at == firm.now)
    with firm.app(writer=False) as app:
        assert app.store.open_artifact(row.id).provenance.lost == Window(NOW - SETTLE, firm.now - REACH)
    assert watermark(firm) == firm.now - SETTLE


def test_events_that_arrive_within_the_settle_delay_are_not_lost(history: History) -> None:
    firm = history.firm
    late = NOW - timedelta(minutes=20)
    history.happened("late", late, arrives=NOW + timedelta(minutes=9))
    history.happened("last moment", NOW - SETTLE, arrives=NOW + timedelta(seconds=1))
    history.happened("in time", NOW - SETTLE - timedelta(seconds=1))
    firm.collect()
    assert [name for name, _ in asked(firm)] == ["in time"]
    firm.now = NOW + timedelta(hours=2)
    firm.collect()
    assert dict(asked(firm)) == {
        "in time": NOW - SETTLE - timedelta(seconds=1), "last moment": NOW - SETTLE, "late": late,
    }


def test_an_event_that_is_told_twice_counts_once(history: History) -> None:
    firm = history.firm
    history.happened("twice", NOW - timedelta(hours=2))
    firm.collect()
    firm.now = NOW + DAY
    moved = NOW + timedelta(hours=3)
    history.happened("twice", moved)
    firm.collect()
    assert sum(row.records for row in kept(firm)) == 2
    assert asked(firm) == [("twice", moved)], "the later collected one holds"


def test_a_clock_that_was_set_back_reads_nothing_twice(history: History) -> None:
    firm = history.firm
    firm.collect()
    firm.now = NOW - timedelta(days=2)
    assert firm.collect() == []
    firm.now = NOW + timedelta(hours=1)
    firm.collect()
    tiled(kept(firm), NOW - REACH, firm.now - SETTLE)


