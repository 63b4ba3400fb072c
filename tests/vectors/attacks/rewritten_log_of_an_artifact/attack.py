"""The same, where one artifact alone is verified against a kept checkpoint."""

from __future__ import annotations

from tests.vectors.attacks.rewritten_log.attack import attack as rewrite
from tests.verify.world import World

SUBJECT, STEP = "3", "kept checkpoint"


def attack(world: World) -> None:
    rewrite(world)
