"""Whom to tell: messages follow from stored flips and dated occasions, and leave through an outbox."""

from agent.alerts.deliver import Channel, deliver
from agent.alerts.never import never, told_from
from agent.alerts.occasions import Occasion, from_flip, from_runs, occasions, owners
from agent.alerts.outbox import enqueue

__all__ = ["Channel", "Occasion", "deliver", "enqueue", "from_flip", "from_runs", "never", "occasions", "owners",
           "told_from"]
