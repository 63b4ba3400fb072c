"""Which requirements need the instants of an artifact, and which of them they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from agent.lake.instants import GRAIN, qualifies_hash, thin
from agent.model import Requirement, Subjects


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


def key(requirement: Requirement) -> str:
    """Return under which name the instants of an artifact are kept for a requirement."""
    return qualifies_hash(requirement) + ("/thin" if thinned(requirement) else "")


def source(requirement: Requirement) -> Requirement:
    """Return the requirement that shows a log source, asking of each collection whether any source qualified."""
    return replace(requirement, subjects=Subjects(kind=requirement.kind, where="", column="id"))


def needed(requirements: Iterable[Requirement], collector: str) -> dict[str, Requirement]:
    """Return what the requirements ask of each artifact of a collector, by the name under which it is kept."""
    every = {one.id: one for one in requirements}
    asked = [one for one in every.values() if wanted(one)]
    asked += [source(every[one.log_source]) for one in every.values() if one.log_source in every]
    return {key(one): one for one in asked if collector in one.collectors}


__all__ = ["GRAIN", "key", "needed", "source", "thin", "thinned", "wanted"]
