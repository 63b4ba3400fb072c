"""Sends what waits in the outbox, one message a route, through Apprise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from agent.alerts.outbox import Waiting

log = structlog.get_logger("annexa.alerts")

RETRY_FIRST = timedelta(minutes=1)
RETRY_LAST = timedelta(hours=6)
LINES = 60
"""Lines of one message; what is more is counted."""


class Channel(Protocol):
    """A way out: returns whether the message was taken."""

    def __call__(self, address: str, title: str, body: str) -> bool:
        """Send one message."""


def apprise_channel(address: str, title: str, body: str) -> bool:
    """Send through Apprise; a failed delivery is False, never an exception."""
    import apprise  # noqa: PLC0415 half a second and many modules, needed only here

    sender = apprise.Apprise()
    if not sender.add(address):
        return False
    return bool(sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A route as the delivery needs it: its name, address, and how long it gathers before it sends."""

    name: str
    address: str
    digest: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of the waiting messages of one route."""

    ids: tuple[int, ...]
    delivered: bool
    next_attempt: datetime | None = None
    error: str = ""


def deliver(
    waiting: Sequence[Waiting],
    ways: Iterable[Way],
    organization: str,
    now: datetime,
    channel: Channel = apprise_channel,
) -> list[Sent]:
    """Send one message for each route that has something due; nothing is lost where a route does not answer."""
    sent = []
    for way in ways:
        mine = [one for one in waiting if one.route == way.name]
        due = [one for one in mine if one.next_attempt is None or one.next_attempt <= now]
        if not due or now < min(one.created_at for one in mine) + way.digest:
            continue
        title, body = message(mine, organization)
        taken = channel(way.address, title, body)
        ids = tuple(one.id for one in mine)
        if taken:
            sent.append(Sent(ids=ids, delivered=True))
        else:
            attempts = max(one.attempts for one in mine)
            again = now + min(RETRY_FIRST * 2 ** min(attempts, 20), RETRY_LAST)
            sent.append(Sent(ids=ids, delivered=False, next_attempt=again, error="the route did not take the message"))
            log.warning("alert not delivered", route=way.name, messages=len(ids), again=again.isoformat())
    return sent


def message(waiting: Sequence[Waiting], organization: str) -> tuple[str, str]:
    """Return the title and the text of a digest: the worst first, one line each, then what to do."""
    order: Callable[[Waiting], tuple[int, datetime]] = lambda one: (RANK.get(one.condition, 9), one.created_at)  # noqa: E731 a key, used once
    lines: list[str] = []
    for one in sorted(waiting, key=order):
        lines.append(f"[{one.condition.replace('_', ' ')}] {one.title}")
        lines.extend(f"    {line}" for line in one.lines)
    more = len(lines) - LINES
    if more > 0:
        lines = [*lines[:LINES], f"… and {more} more lines: annexa alerts"]
    count = len(waiting)
    title = waiting[0].title if count == 1 else f"{count} things to look at"
    return f"annexa · {organization}: {title}", "\n".join(lines)


RANK = {
    "last_chance": 0, "gap": 1, "missing": 2, "stale": 3, "deficient": 4, "before_audit": 5,
    "collector_failing": 6, "expiring": 7,
}
"""The order in a digest: what cannot be repaired later comes first."""
