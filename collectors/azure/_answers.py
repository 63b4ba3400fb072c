"""Errors that say that something is not there, in the words of headers."""

from __future__ import annotations

UNREGISTERED = dict.fromkeys(
    ("MissingSubscriptionRegistration", "SubscriptionNotRegistered", "Subscription Not Registered"),
    "the service is not switched on in the subscription: it has none",
)
"""A subscription in which nobody ever used the service; its providers say so in these words."""
GONE = {"ResourceNotFound": "it was deleted while it was read"}
"""What was listed a moment before is no longer there."""
