"""What never had evidence: told once, in few messages, after the time that a new installation is given.

Every requirement begins as missing. To tell each at once would be a storm on the first day; to tell
none would leave what nobody ever brings unsaid until the audit draws near.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from agent.alerts.occasions import Occasion, owners
from agent.evidence.report import Holding
from agent.model import Freshness

GRACE = timedelta(days=7)
"""How long a requirement may have no evidence, from the end of the day (UTC) on which it was first asked for."""
Key = tuple[str, str, str]
"""Requirement, scope, boundary."""


def told_from(asked: datetime) -> datetime:
    """Return the instant from which what was first asked for then is told; the same for all of one day."""
    day = asked.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1) + GRACE


def never(holdings: Iterable[Holding], asked: Mapping[Key, datetime], now: datetime) -> Iterator[Occasion]:
    """Yield one occasion for each scope, owner and day on which what is still missing was first asked for.

    `asked` says since when a requirement in a boundary is missing without ever having been anything else.
    """
    groups: dict[tuple[str, str, datetime], list[Holding]] = {}
    for one in holdings:
        since = asked.get((one.requirement.id, one.scope, one.boundary))
        if since is None or one.freshness.state is not Freshness.MISSING or now < told_from(since):
            continue
        groups.setdefault((one.scope, one.requirement.owner, told_from(since)), []).append(one)
    for (scope, owner, at), found in groups.items():
        day = (at - GRACE - timedelta(days=1)).date().isoformat()
        yield Occasion(
            key=f"never/{scope}/{owner}/{day}", condition="missing", at=at, scope=scope, owners=owners(found[0]),
            title=_title(found, owner, day), lines=tuple(_line(one) for one in found),
        )


def _title(found: list[Holding], owner: str, day: str) -> str:
    about = found[0].requirement.title if len(found) == 1 else f"{len(found)} requirements of {owner or 'nobody'}"
    return f"{about}: missing, no evidence since asked for on {day} · {found[0].scope}"


def _line(one: Holding) -> str:
    where = "" if one.boundary in ("", one.scope) else f" in {one.boundary}"
    return f"{one.requirement.title} ({one.requirement.id}){where}: {one.freshness.reason}"
