"""Conclusions that are kept: what the checks found, by what they looked at, signed.

What checks find follows from their SQL, the artifacts and, for events, the period, and from nothing else. So the
question is worked out once, when an artifact comes, and asked again only where one of these is another one. The rows
of the exceptions are not kept: they may be about persons, and are read from the artifacts where somebody wants them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from agent import canonical
from agent.lake.compact import Vouch
from agent.model import KINDS, Conclusion, Requirement, Window
from agent.model.conclusions import Alternative, CheckResult

VERSION = 1
"""Raised when checks come to find something else in the same records."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """What was kept of a unit: `mark` names what the conclusion rests on, `looked` what its checks looked at."""

    mark: str
    looked: str
    checks: tuple[CheckResult, ...]


def looked_at(requirement: Requirement, artifacts: Collection[str], period: Window | None) -> str:
    """Return a digest of all that decides what the checks of a requirement find, in hex."""
    checks = [[one.id, one.title, one.exceptions, list(one.needs), one.empty_passes] for one in requirement.checks]
    subject = requirement.subjects.column if requirement.subjects else ""
    event = period is not None and KINDS[requirement.kind].event
    return hashlib.sha256(canonical.document([
        VERSION, requirement.kind, checks, requirement.qualifies, subject, sorted(artifacts),
        [period.start, period.end] if period and event else None,
    ])).hexdigest()


def write(concluded: Concluded, vouch: Vouch) -> bytes:
    """Return a conclusion as it is kept, without the rows of its exceptions."""
    checks = [asdict(replace(one, exceptions=())) for one in concluded.checks]
    data = canonical.document({"checks": checks, "looked": concluded.looked, "mark": concluded.mark})
    return canonical.document({"concluded": data.decode(), "signature": vouch.sign(data).decode()})


def mark_of(body: bytes) -> str:
    """Return the mark that a kept conclusion names, '' where it names none; nobody looks who signed it."""
    try:
        return str(canonical.loads(canonical.loads(body)["concluded"])["mark"])
    except (ValueError, KeyError, TypeError):
        return ""


def read(body: bytes, vouch: Vouch) -> Concluded | None:
    """Return what was kept; None where nothing was, or no key of the store signed it."""
    try:
        held = canonical.loads(body)
        data = str(held["concluded"]).encode()
        if not vouch.holds(data, str(held["signature"]).encode()):
            return None
        said = canonical.loads(data)
        return Concluded(said["mark"], said["looked"], tuple(_check(one) for one in said["checks"]))
    except (ValueError, KeyError, TypeError):
        return None


def _check(said: Mapping[str, Any]) -> CheckResult:
    alternatives: Sequence[Mapping[str, Any]] = said["alternatives"]
    return CheckResult(**{
        **said, "state": Conclusion(said["state"]), "exceptions": (),
        "alternatives": tuple(Alternative(**{**one, "state": Conclusion(one["state"])}) for one in alternatives),
    })
