"""Bounds hold at every moment, every chain is handed out once, and waiting stays cheap."""

import random
from collections import Counter

import pytest

from agent.model import Task
from agent.run.lanes import Bounds, Lanes, chains


def tasks(scopes: int, regions: int, collectors: int) -> list[Task]:
    return [
        Task(f"aws.c{c}", f"s{s}", f"b{s}", f"r{r}")
        for s in range(scopes) for r in range(regions) for c in range(collectors)
    ]


def test_bounds_hold_and_everything_runs_once() -> None:
    bounds = Bounds(total=10, scope=6, region=2, collector=3)
    waiting = tasks(3, 4, 5)
    lanes = Lanes(chains(waiting), bounds)
    chance = random.Random(7)
    running: list[Task] = []
    seen: list[Task] = []
    while len(seen) < len(waiting):
        while (chain := lanes.take()) is not None:
            running.append(chain[0])
            seen.append(chain[0])
        assert running, "nothing runs and nothing may start: the lanes are stuck"
        assert len(running) <= 10
        assert max(Counter(t.scope for t in running).values()) <= 6
        assert max(Counter((t.boundary, t.region) for t in running).values()) <= 2
        assert max(Counter(t.collector for t in running).values()) <= 3
        lanes.free(running.pop(chance.randrange(len(running))))
    assert sorted(t.key for t in seen) == sorted(t.key for t in waiting)
    assert lanes.waiting == 0


def test_windows_of_one_key_make_one_chain_in_order() -> None:
    first, other = Task("aws.a", "s", "b", "r"), Task("aws.b", "s", "b", "r")
    grouped = chains([first, other, first])
    assert [list(chain) for chain in grouped] == [[first, first], [other]]


def test_the_longest_chain_begins_first_and_others_keep_their_order() -> None:
    short = [Task(f"aws.{name}", "s", "b", "r") for name in "ab"]
    windows = Task("aws.z", "s", "b", "r")
    assert [chain[0].collector for chain in chains([*short, windows, windows, windows])] == ["aws.z", "aws.a", "aws.b"]


def test_scopes_take_turns() -> None:
    lanes = Lanes(chains(tasks(2, 1, 10)), Bounds(total=4, scope=4, region=4, collector=4))
    started = [lanes.take() for _ in range(4)]
    assert Counter(chain[0].scope for chain in started if chain) == {"s0": 2, "s1": 2}


def test_many_accounts_wait_cheaply(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    class Counted(Counter[tuple[str, ...]]):
        def __getitem__(self, key: tuple[str, ...]) -> int:
            nonlocal looks
            looks += 1
            return super().__getitem__(key)

    monkeypatch.setattr("agent.run.lanes.Counter", Counted)
    waiting = tasks(1, 4000, 10)
    lanes = Lanes(chains(waiting), Bounds())
    running: list[Task] = []
    for _ in waiting:
        while (chain := lanes.take()) is not None:
            running.append(chain[0])
        lanes.free(running.pop(0))
    assert looks / len(waiting) < 100, "choosing a task must not look at all that wait"
