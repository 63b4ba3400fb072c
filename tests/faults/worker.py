"""What a killed process was doing: opens a store, keeps runs, records them, and says what it was promised."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.store import Access, Store
from tests.fixtures.store import START, Place, keep

PERSON = "grace.hopper@example.com"
DONE = ("void", "hold", "deleted", "rotated")


def work(data: str, rounds: int, die_at: int = 0) -> None:
    """Keep and record runs; with `die_at` the process kills itself before the nth change of a file."""
    if die_at:
        _count_down(die_at)
    place = Place(Path(data), f"sqlite:///{data}/annexa.db", now=datetime.now(UTC))
    promised = os.open(f"{data}/promised", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with place.open() as store:
        for number in range(rounds):
            _round(store, place, promised, number, every=bool(die_at))
    os.write(promised, b"done\n")


def _round(store: Store, place: Place, promised: int, number: int, *, every: bool) -> None:
    place.now += timedelta(seconds=1)
    names = [f"{os.getpid()}-{number}-{item}" for item in range(50)] if number % 3 else []
    artifact = keep(store, names, started_at=place.now)
    os.write(promised, f"kept {artifact}\n".encode())
    if number % 2:
        for row in store.sequence(None):
            os.write(promised, f"recorded {row.leaf} {row.id}\n".encode())
        for done in DONE if every else (DONE[number // 2 % len(DONE)],):
            _do(store, promised, artifact, done)


def _do(store: Store, promised: int, artifact: str, done: str) -> None:
    """Do with a recorded artifact what persons do, and say so once it was promised."""
    store.note(Access(at=START, action=f"view before {done}", artifact=artifact, who="ada", host="desk", client="annexa"))
    os.write(promised, f"noted {artifact}\n".encode())
    if done == "void":
        store.void(artifact, "a test", "Ada")
    elif done == "hold":
        store.hold(f"scope:{artifact}", "a case", "Ada")
    elif done == "deleted":
        store.delete([(store.artifact(artifact).path, "PT1S")], "cron")
    else:
        store.rotate("", "a test", "Ada")
    os.write(promised, f"{done} {artifact}\n".encode())


def erase(data: str, die_at: int = 0) -> None:
    """Keep encrypted runs that name a person, erase their scope and go on; with `die_at` as in `work`."""
    if die_at:
        _count_down(die_at)
    promised = os.open(f"{data}/promised", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with encrypted(Path(data)).open() as store:
        artifact = keep(store, [PERSON])
        store.drain()
        os.write(promised, f"kept {artifact}\n".encode())
        if store.artifact(artifact).deleted_at is None:
            store.erase("prod", "asked for", "Ada", START + timedelta(hours=1))
        os.write(promised, f"erased {artifact}\n".encode())
        later = keep(store, ["later"], started_at=START + timedelta(minutes=1))
        store.drain()
        os.write(promised, f"kept {later}\ndone\n".encode())


def encrypted(data: Path) -> Place:
    """Return the place of a store whose objects are encrypted by a key beside it."""
    key = f"file:{data.parent / f'{data.name}.kek'}"
    now = START + timedelta(hours=1)
    return Place(data, f"sqlite:///{data}/annexa.db", now=now, options={"encryption": key})


def _count_down(steps: int) -> None:
    """Let every way in which our code changes a file count, and the last one kill."""
    left = steps

    def counted(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def step(*given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)

        setattr(owner, name, step)

    for name in ("replace", "unlink", "write_bytes", "mkdir", "chmod"):
        counted(Path, name)
    for name in ("fsync", "write"):
        counted(os, name)
