"""Laws of sampling: exactness, order, prefixes, and canonical JSON as another implementation has it."""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from agent.jcs import canonical
from agent.sampling import acceptable, accepts, allocate, population_root, positions, sample_size, select, upper_limit
from agent.seal import EMPTY, leaf_hash

RATES = st.integers(1, 60).map(lambda n: Fraction(n, 100))
SURE = st.sampled_from([Fraction(8, 10), Fraction(9, 10), Fraction(95, 100), Fraction(99, 100)])
DIGESTS = st.lists(st.binary(min_size=32, max_size=32), max_size=40)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12,
)


def miss(size: int, most: int, rate: Fraction, population: int | None) -> Fraction:
    """Return P(at most `most` deviations in `size`), term by term in fractions."""
    if population is None:
        return sum((math.comb(size, i) * rate**i * (1 - rate) ** (size - i) for i in range(min(most, size) + 1)),
                   Fraction())
    bad = math.ceil(rate * population)
    ways = sum(math.comb(bad, i) * math.comb(population - bad, size - i)
               for i in range(min(most, size) + 1) if size - i <= population - bad)
    return Fraction(ways, math.comb(population, size))


@given(SURE, RATES, st.integers(0, 3), st.none() | st.integers(1, 120))
def test_the_smallest_size_that_will_do(sure: Fraction, rate: Fraction, allowed: int, population: int | None) -> None:
    size = sample_size(confidence=sure, tolerable=rate, allowed=allowed, population=population)
    if population is None or miss(size, allowed, rate, population) <= 1 - sure:
        assert miss(size, allowed, rate, population) <= 1 - sure
        assert all(miss(less, allowed, rate, population) > 1 - sure for less in range(max(1, size - 40), size))
    else:
        assert size == population


@given(SURE, st.integers(5, 40), st.integers(1, 4))
def test_the_smallest_size_with_an_expected_rate(sure: Fraction, tolerable: int, part: int) -> None:
    rate, hoped = Fraction(tolerable, 100), Fraction(tolerable, 100 * (part + 1))
    size = sample_size(confidence=sure, tolerable=rate, expected=hoped)
    assert miss(size, math.ceil(size * hoped), rate, None) <= 1 - sure
    assert all(miss(less, math.ceil(less * hoped), rate, None) > 1 - sure for less in range(1, min(size, 80)))


@given(SURE, st.integers(1, 80), st.integers(0, 5))
def test_the_limit_solves_its_equation(sure: Fraction, size: int, deviations: int) -> None:
    deviations = min(deviations, size)
    limit = upper_limit(size=size, deviations=deviations, confidence=sure)
    if deviations == size:
        assert limit == 1
    else:
        assert math.isclose(float(miss(size, deviations, Fraction(limit), None)), float(1 - sure), rel_tol=1e-9)


@given(SURE, st.integers(1, 80), st.integers(0, 4), RATES, st.integers(1, 80))
def test_accepted_is_a_limit_below_the_tolerable(
    sure: Fraction, size: int, deviations: int, rate: Fraction, population: int
) -> None:
    size, deviations = min(size, population), min(deviations, size, population)
    limit = upper_limit(size=size, deviations=deviations, confidence=sure, population=population)
    said = accepts(size=size, deviations=deviations, confidence=sure, tolerable=rate, population=population)
    assert said is (round(limit * population) < rate * population)
    most = acceptable(size=size, confidence=sure, tolerable=rate, population=population)
    assert said is (most is not None and deviations <= most)


@given(DIGESTS)
def test_the_root_is_that_of_the_log(digests: list[bytes]) -> None:
    assert population_root(digests) == EMPTY.extend(map(leaf_hash, digests)).root()


def test_the_root_of_many_blocks() -> None:
    digests = [hashlib.sha256(b"%d" % n).digest() for n in range(3 * 4096 + 5)]
    assert population_root(digests) == EMPTY.extend(map(leaf_hash, digests)).root()


@given(DIGESTS, TEXT, st.integers(0, 50))
def test_a_selection_is_the_beginning_of_every_larger_one(digests: list[bytes], seed: str, size: int) -> None:
    ordered = sorted(digests, key=lambda one: (hashlib.sha256(f"{seed}\n{one.hex()}".encode()).digest(), one))
    assert select(digests, seed, size) == ordered[:size]
    assert select(reversed(digests), seed, size) == ordered[:size]


@given(TEXT, st.integers(1, 300), st.data())
def test_systematic_items_are_different_ones_of_the_population(seed: str, population: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(0, population))
    found = positions(seed, bytes(32), population, size)
    assert len(set(found)) == size
    assert all(0 <= place < population for place in found)


@given(st.dictionaries(TEXT, st.integers(0, 50), max_size=8), st.integers(0, 200))
def test_shares_are_whole_and_fair(strata: dict[str, int], size: int) -> None:
    shares = allocate(strata, size)
    held = {name: count for name, count in strata.items() if count}
    assert set(shares) == set(held)
    assert all(1 <= shares[name] <= held[name] for name in held)
    assert sum(shares.values()) == min(max(size, len(held)), sum(held.values()))


@given(JSON)
def test_canonical_json_is_that_of_another_implementation(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_as_ecmascript_does(number: float) -> None:
    assert canonical({"n": number}) == rfc8785.dumps({"n": number})
