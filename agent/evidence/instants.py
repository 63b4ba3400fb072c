"""Which requirements need the instants of an artifact, and which of them they need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from agent.lake.summary import Instants
from agent.model import Requirement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GRAIN = timedelta(hours=1)
"""Within a grain only the first and the last instant are kept, where nothing but silence is measured."""


def wanted(requirement: Requirement) -> bool:
    """Return whether freshness or coverage of the requirement looks at instants at all."""
    return requirement.basis == "occurred" or requirement.max_silence is not None or requirement.subjects is not None


def thinned(requirement: Requirement) -> bool:
    """Return whether only silences longer than two grains matter to a requirement.

    A silence longer than a grain lies between the last instant of one grain and the first of
    another, so that thinning leaves it exactly as it was.
    """
    silence = requirement.max_silence
    alone = requirement.basis == "collected" and requirement.subjects is None
    return alone and silence is not None and silence >= 2 * GRAIN


def thin(found: Instants) -> Instants:
    """Return the instants with only the first and the last of each grain."""
    grains = [(instant - _EPOCH) // GRAIN for instant in found.instants]
    keep = {0, len(grains) - 1} if grains else set()
    for index, (grain, following) in enumerate(pairwise(grains)):
        if grain != following:
            keep |= {index, index + 1}
    return replace(found, instants=tuple(found.instants[index] for index in sorted(keep)))
