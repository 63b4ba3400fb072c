"""A witness of the log, as the configuration names it."""

from __future__ import annotations

from dataclasses import dataclass

from agent.config.kinds import text, url
from agent.config.shape import key


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessAt:
    """A witness that cosigns the log (C2SP tlog-witness)."""

    url: str = key(url("https", "http"), "Its submission prefix; `/add-checkpoint` is added.")
    key: str = key(
        text("a verifier key such as witness.example/w1+8c4e6a1f+BA…", r"[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}",
             "Its operator publishes it"),
        "Its verifier key (Ed25519 cosignatures).",
    )
