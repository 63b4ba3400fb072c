"""Topics of SNS, and whether anybody there listens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Run

LISTENING = Api(
    "sns.list_subscriptions_by_topic",
    ("sns:ListSubscriptionsByTopic",),
    answers={"NotFound": "the topic does not exist: nobody listens"},
)


@dataclass(slots=True)
class Listeners:
    """How many confirmed subscriptions the topics of this run's account and region have, each asked once."""

    run: Run[Aws]
    _known: dict[str, int | None] = field(default_factory=dict)

    def of(self, targets: Iterable[str]) -> int | None:
        """Return how many listen to those of the targets that are topics here; None without any, or unread."""
        ours = ["sns", self.run.region, self.run.boundary.id]
        topics = [one for one in targets if one.split(":")[2:5] == ours]
        new = [one for one in topics if one not in self._known]
        self._known.update(self.run.client.each(new, self._confirmed, unread=None))
        counts = [self._known[one] for one in topics]
        return sum(one or 0 for one in counts) if counts and None not in counts else None

    def _confirmed(self, topic: str) -> int:
        found = self.run.client.read(LISTENING.call, key="Subscriptions", TopicArn=topic)
        return sum(_is_confirmed(one) for one in found)


def _is_confirmed(subscription: dict[str, Any]) -> bool:
    return bool(subscription["SubscriptionArn"].startswith("arn:"))
