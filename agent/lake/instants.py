"""The instants of one artifact for one `qualifies`: as values, as bytes to keep, and thinned."""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import accumulate, chain, pairwise

import zstandard

from agent.canonical import document, loads
from agent.model import KINDS, Requirement, Times
from agent.model.times import microseconds

_FORMAT = 2
_SMALL = 512
"""Bytes up to which compressing costs more than it saves."""
_LINE = 4096
"""Bytes within which the line of counts nearly always ends."""
GRAIN = timedelta(hours=1)
"""Within a grain only the first and the last instant are kept, where nothing but silence is measured."""


@dataclass(frozen=True, slots=True)
class Instants:
    """The instants of one artifact for one `qualifies`, as `agent.model.Summary` has them."""

    instants: Sequence[datetime] = ()
    by_subject: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    valid_until: tuple[tuple[datetime, datetime], ...] = ()


def encode(found: Instants) -> bytes:
    """Return the instants as bytes to keep: a line of JSON with their counts, then each one's distance to the last."""
    times = [Times.of(found.instants), *map(Times.of, found.by_subject.values()),
             *map(Times.of, zip(*found.valid_until, strict=True))]
    head = document({
        "instants": len(found.instants), "ends": len(found.valid_until),
        "subjects": [[who, len(ats)] for who, ats in found.by_subject.items()],
    })
    body = head + b"\n" + _differences(chain.from_iterable(one.microseconds for one in times))
    return b"z" + zstandard.compress(body) if len(body) > _SMALL else b"p" + body


def _differences(numbers: Iterable[int]) -> bytes:
    return _little(array("q", (later - one for one, later in pairwise(chain((0,), numbers))))).tobytes()


def _little(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def decode(body: bytes) -> Instants:
    """Return what `encode` kept."""
    data = memoryview(zstandard.decompress(body[1:]) if body[:1] == b"z" else body[1:])
    end = bytes(data[:_LINE]).find(b"\n")
    end = end if end >= 0 else bytes(data).index(b"\n")
    head, numbers = loads(bytes(data[:end])), _sums(data[end + 1 :])
    del data
    at = head["instants"]
    instants = Times(numbers if at == len(numbers) else numbers[:at])
    by_subject = {}
    for who, count in head["subjects"]:
        by_subject[who] = Times(numbers[at : at + count])
        at += count
    middle = at + head["ends"]
    return Instants(instants, by_subject, tuple(zip(Times(numbers[at:middle]), Times(numbers[middle:]), strict=True)))


def nameless(body: bytes) -> bytes:
    """Return kept instants without the names of their subjects: a number is in the place of each."""
    found = decode(body)
    if not found.by_subject:
        return body
    return encode(replace(found, by_subject={
        f"(erased {number})": ats for number, ats in enumerate(found.by_subject.values(), 1)
    }))


def _sums(distances: memoryview) -> array[int]:
    found = array("q")
    found.frombytes(distances)
    return array("q", accumulate(_little(found)))


def qualifies_hash(requirement: Requirement) -> str:
    """Return the SHA-256 in hex of all that decides a summary: kind, `qualifies` and the column of the subjects."""
    subjects = requirement.subjects
    return hashlib.sha256(document({
        "format": _FORMAT, "kind": requirement.kind, "qualifies": requirement.qualifies.strip(),
        "column": subjects.column if subjects else "",
    })).hexdigest()


def needs_scan(requirement: Requirement) -> bool:
    """Return whether records must be read at all: a state without subjects is told by its artifact alone."""
    return KINDS[requirement.kind].event or requirement.subjects is not None


def thin(found: Instants) -> Instants:
    """Return the instants with only the first and the last of each grain."""
    grain = GRAIN // timedelta(microseconds=1)
    keep: array[int] = array("q")
    times = Times.of(found.instants).microseconds
    for index, at in enumerate(times):
        first = not index or times[index - 1] // grain != at // grain
        last = index + 1 == len(times) or times[index + 1] // grain != at // grain
        if first or last:
            keep.append(at)
    return replace(found, instants=Times(keep))


__all__ = ["GRAIN", "Instants", "decode", "encode", "microseconds", "nameless", "needs_scan", "qualifies_hash", "thin"]
