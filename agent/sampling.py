"""Sampling (design section 8): sizes and limits in exact fractions, and selections that anybody can repeat."""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from agent.jcs import canonical

Rate = Fraction | float
HYPERGEOMETRIC = 100_000
"""The largest population that is counted without replacement; beyond it the binomial is the same."""
LARGEST = 1_000_000
"""The largest sample that is looked for."""
_CLOSE = 1e-6
"""Where the logarithm of a float and the goal differ by less, exact fractions decide."""


def record_digest(record: Mapping[str, object]) -> bytes:
    """Return the SHA-256 of the record's canonical JSON (RFC 8785)."""
    return hashlib.sha256(canonical(record)).digest()


def population_root(digests: Iterable[bytes]) -> bytes:
    """Return the RFC 6962 root over record digests in ascending order; each leaf's data is a digest's 32 bytes."""
    sha256 = hashlib.sha256
    stack: list[tuple[int, bytes]] = []
    for block in _blocks(digests, 1 << 12):
        level = [sha256(b"\x00" + one).digest() for one in block]
        if len(level) == 1 << 12:
            while len(level) > 1:
                level = [sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level), 2)]
            _push(stack, 12, level[0])
        else:
            for one in level:
                _push(stack, 0, one)
    if not stack:
        return sha256(b"").digest()
    node = stack.pop()[1]
    while stack:
        node = sha256(b"\x01" + stack.pop()[1] + node).digest()
    return node


def _blocks(digests: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    for one in digests:
        block.append(one)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block


def _push(stack: list[tuple[int, bytes]], height: int, node: bytes) -> None:
    while stack and stack[-1][0] == height:
        node = hashlib.sha256(b"\x01" + stack.pop()[1] + node).digest()
        height += 1
    stack.append((height, node))


def select(digests: Iterable[bytes], seed: str, size: int) -> list[bytes]:
    """Return the first `size` digests by SHA-256(seed || 0x0A || digest in hex), ties by digest."""
    begun = hashlib.sha256(seed.encode() + b"\n")

    def key(digest: bytes) -> tuple[bytes, bytes]:
        full = begun.copy()
        full.update(digest.hex().encode())
        return full.digest(), digest

    return [digest for _, digest in heapq.nsmallest(size, map(key, digests))]


def positions(seed: str, root: bytes, population: int, size: int) -> list[int]:
    """Return the places of a systematic selection in the order of record digests, counted from 0.

    With r = SHA-256(seed || 0x0A || root in hex) as an integer modulo N, item i is at floor((r + i N) / n).
    """
    if not 0 <= size <= population:
        raise ValueError(f"{size} of {population} cannot be selected")
    if not size:
        return []
    start = int.from_bytes(hashlib.sha256(seed.encode() + b"\n" + root.hex().encode()).digest()) % population
    return [(start + item * population) // size for item in range(size)]


def allocate(strata: Mapping[str, int], size: int) -> dict[str, int]:
    """Share a sample among strata by their sizes: at least one of each, the rest by largest remainder.

    Equal remainders go to the larger stratum, then to the first by name. Where there are more
    strata than items asked for, the sample grows to one of each.
    """
    held = {name: count for name, count in sorted(strata.items()) if count > 0}
    total = sum(held.values())
    size = min(max(size, len(held)), total)
    given = {name: max(1, count * size // total) for name, count in held.items()}
    while (left := size - sum(given.values())) != 0:
        step = 1 if left > 0 else -1
        open_ = [name for name in held if (given[name] < held[name] if left > 0 else given[name] > 1)]
        chosen = max(open_, key=lambda name: (step * (Fraction(held[name] * size, total) - given[name]), held[name]))
        given[chosen] += step
    return given


def sample_size(
    *, confidence: Rate, tolerable: Rate, expected: Rate = 0, allowed: int | None = None, population: int | None = None
) -> int:
    """Return the smallest n with P(at most c deviations in n) <= 1 - confidence at the tolerable rate.

    c is `allowed`, or else ceil(n x expected). Of a population too small for that: all of it.
    Raises `ValueError` where no sample of a million or less will do, or a number makes no sense.
    """
    risk, rate, hoped = 1 - _rate("confidence", confidence), _rate("tolerable", tolerable), exact(expected)
    if allowed is not None and (allowed < 0 or hoped):
        raise ValueError("the deviations allowed are 0 or more, and stand instead of an expected rate")
    if not 0 <= hoped < rate:
        raise ValueError("the expected rate is 0 or more and below the tolerable rate")
    if population is not None and population < 0:
        raise ValueError("a population has 0 records or more")
    most = LARGEST if population is None else min(population, LARGEST)
    enough = _test(risk, rate, population)
    for deviations, first, last in _spans(hoped, allowed, most):
        if enough(last, deviations):
            return _smallest(first, last, lambda size, c=deviations: enough(size, c))  # type: ignore[misc] # bound early
    if population is not None and population <= LARGEST:
        return population
    raise ValueError(f"no sample of {LARGEST:,} or fewer will do: the expected and the tolerable rate are too close")


def _spans(hoped: Fraction, allowed: int | None, most: int) -> Iterator[tuple[int, int, int]]:
    """Yield (deviations accepted, first size, last size) for the stretches of sizes that accept the same."""
    if allowed is not None or not hoped:
        fixed, last = allowed or 0, 1
        while last < most:
            yield fixed, 1, last
            last *= 2
        if most:
            yield fixed, 1, most
        return
    deviations, first = 1, 1
    while first <= most:
        last = min(math.floor(deviations / hoped), most)
        yield deviations, first, last
        deviations, first = deviations + 1, last + 1


def _smallest(first: int, last: int, holds: Callable[[int], bool]) -> int:
    """Return the smallest number of a span for which a thing holds that holds for its last and never ceases."""
    while first < last:
        middle = (first + last) // 2
        first, last = (first, middle) if holds(middle) else (middle + 1, last)
    return first


def _test(risk: Fraction, rate: Fraction, population: int | None) -> Callable[[int, int], bool]:
    """Return whether at most so many deviations in a sample of a size are as unlikely as the risk, or less."""
    if population is None or population > HYPERGEOMETRIC:
        return lambda size, deviations: binomial(size, deviations, rate, risk)
    bad = math.ceil(rate * population)
    return lambda size, deviations: hypergeometric(population, bad, size, deviations, risk)


def binomial(size: int, deviations: int, rate: Fraction, risk: Fraction) -> bool:
    """Return whether P(at most `deviations` in `size`) <= risk where each deviates at the rate; exact."""
    if deviations >= size:
        return False
    if rate == 1:
        return True
    hit, miss = math.log(rate), math.log1p(-float(rate))
    terms = [_comb(size, i) + i * hit + (size - i) * miss for i in range(deviations + 1)]
    sure = _clearly(terms, risk)
    if sure is not None:
        return sure
    p, q = rate.numerator, rate.denominator
    ways = sum(math.comb(size, i) * p**i * (q - p) ** (size - i) for i in range(deviations + 1))
    return bool(ways * risk.denominator <= risk.numerator * q**size)


def hypergeometric(population: int, bad: int, size: int, deviations: int, risk: Fraction) -> bool:
    """Return whether P(at most `deviations` in `size`) <= risk where `bad` of the population deviate; exact."""
    low, high = max(0, size - (population - bad)), min(deviations, bad, size)
    if low > high:
        return True
    if deviations >= min(bad, size):
        return False
    whole = _comb(population, size)
    terms = [_comb(bad, i) + _comb(population - bad, size - i) - whole for i in range(low, high + 1)]
    sure = _clearly(terms, risk)
    if sure is not None:
        return sure
    ways = sum(math.comb(bad, i) * math.comb(population - bad, size - i) for i in range(low, high + 1))
    return ways * risk.denominator <= risk.numerator * math.comb(population, size)


def _comb(of: int, some: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(some + 1) - math.lgamma(of - some + 1)


def _clearly(logs: Sequence[float], risk: Fraction) -> bool | None:
    """Return whether the sum of the exponentials is at most the risk, None where floats cannot tell."""
    top = max(logs)
    found = top + math.log(math.fsum(math.exp(one - top) for one in logs))
    away = found - math.log(risk)
    return None if abs(away) < _CLOSE else away < 0


def upper_limit(*, size: int, deviations: int, confidence: Rate, population: int | None = None) -> float:
    """Return the upper limit of the deviation rate: u with P(at most `deviations` in `size` at u) = 1 - confidence.

    With a population of 100,000 or less, the largest share of it that could deviate and still give
    no more than these with a probability above 1 - confidence.
    """
    risk = 1 - _rate("confidence", confidence)
    if not 0 <= deviations <= size or (population is not None and size > population):
        raise ValueError(f"{deviations} deviations in {size} items of {population or 'a population'} cannot be")
    if deviations == size and (population is None or size < population):
        return 1.0
    if population is None or population > HYPERGEOMETRIC:
        return _root(size, deviations, float(risk))
    least = _smallest(deviations, population + 1, lambda bad: (
        bad > population or hypergeometric(population, bad, size, deviations, risk)))
    return (least - 1) / population if least > deviations else deviations / population


def _root(size: int, deviations: int, risk: float) -> float:
    ways = [_comb(size, i) for i in range(deviations + 1)]
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        hit, miss = math.log(middle), math.log1p(-middle)
        chance = math.fsum(math.exp(way + i * hit + (size - i) * miss) for i, way in enumerate(ways))
        low, high = (middle, high) if chance > risk else (low, middle)
    return high


def accepts(
    *, size: int, deviations: int, confidence: Rate, tolerable: Rate, population: int | None = None
) -> bool:
    """Return whether so many deviations show that the rate is below the tolerable one, at this confidence; exact."""
    risk, rate = 1 - _rate("confidence", confidence), _rate("tolerable", tolerable)
    if population is not None and size >= population:
        return deviations < rate * population
    return _test(risk, rate, population)(size, deviations)


def acceptable(*, size: int, confidence: Rate, tolerable: Rate, population: int | None = None) -> int | None:
    """Return the most deviations that a sample of the size may show and be accepted, None where not even 0."""
    found = None
    for deviations in range(size + 1):
        if not accepts(size=size, deviations=deviations, confidence=confidence, tolerable=tolerable,
                       population=population):
            break
        found = deviations
    return found


def exact(rate: Rate) -> Fraction:
    """Return the rate as the fraction that was written: 0.05 is 1/20."""
    return rate if isinstance(rate, Fraction) else Fraction(str(rate))


def _rate(name: str, rate: Rate) -> Fraction:
    found = exact(rate)
    if not 0 < found < 1:
        raise ValueError(f"the {name} rate lies between 0 and 1, and {rate} does not")
    return found
