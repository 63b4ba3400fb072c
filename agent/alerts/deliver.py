"""Sends what waits in the outbox, one message a route, through Apprise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from agent.alerts.outbox import Waiting

log = structlog.get_logger("annexa.alerts")

RETRY_FIRST = timedelta(minutes=1)
RETRY_LAST = timedelta(hours=6)
EACH = 15
"""Occasions of one condition, and lines of one occasion, that a message shows; what is more is counted."""
BRIEF = 10
"""A message of so many occasions still shows what to do about each."""


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
    """Return the title and the text of a digest: by condition, what cannot be repaired later first.

    A condition shows at most `EACH` of its occasions, the oldest first, and counts the rest; what to
    do stands below each one where the message is short enough to be read through.
    """
    by_condition: dict[str, list[Waiting]] = {}
    for one in sorted(waiting, key=lambda one: (RANK.get(one.condition, len(RANK)), one.created_at, one.id)):
        by_condition.setdefault(one.condition, []).append(one)
    lines: list[str] = []
    for condition, found in by_condition.items():
        lines += ["", f"{condition.replace('_', ' ').capitalize()} ({len(found)})"]
        for one in found[:EACH]:
            lines.append(f"- {one.title}")
            if len(waiting) <= BRIEF or one.condition == "before_audit":
                lines += [f"    {line}" for line in one.lines[:EACH]]
                lines += [f"    and {len(one.lines) - EACH} more: annexa forecast"] if len(one.lines) > EACH else []
        lines += [f"- and {len(found) - EACH} more: annexa alerts"] if len(found) > EACH else []
    count = len(waiting)
    title = waiting[0].title if count == 1 else f"{count} things to look at"
    return f"annexa · {organization}: {title}", "\n".join(lines[1:])


RANK = {
    "last_chance": 0, "gap": 1, "missing": 2, "stale": 3, "deficient": 4, "before_audit": 5,
    "collector_failing": 6, "expiring": 7,
}
"""The order in a digest: what cannot be repaired later comes first."""
