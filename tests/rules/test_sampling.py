"""Sizes, limits and selections against published and independent values."""

from __future__ import annotations

import csv
import itertools
import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from agent.sampling import (
    acceptable,
    accepts,
    allocate,
    population_root,
    positions,
    record_digest,
    sample_size,
    select,
    upper_limit,
)

VECTORS = Path(__file__).parents[1] / "vectors"
KNOWN: dict[str, Any] = json.loads((VECTORS / "sampling.json").read_text("utf-8"))
with (VECTORS / "sampling_sizes.csv").open(encoding="utf-8", newline="") as table:
    ROWS = list(csv.DictReader(table))


@pytest.mark.parametrize("vector", KNOWN["sizes"], ids=str)
def test_sizes_of_the_vectors(vector: dict[str, Any]) -> None:
    asked = dict(vector)
    assert asked.pop("size") == sample_size(**asked)


def test_population_and_selections_of_the_vectors() -> None:
    ids = {record_digest(record): record["id"] for record in KNOWN["records"]}
    assert record_digest(KNOWN["records"][0]).hex() == KNOWN["first_record_digest"]
    assert len(ids) == KNOWN["population_size"]
    assert population_root(sorted(ids)).hex() == KNOWN["population_root"]
    for one in KNOWN["selections"]:
        assert [ids[digest] for digest in select(ids, one["seed"], one["n"])] == one["ids"]


def computed(row: dict[str, str]) -> float:
    """Return what we say for a row of the table, an upper limit in percent rounded up to a tenth as printed."""
    confidence = 1 - Fraction(row["risk"])
    if row["kind"] == "upper_limit_binomial":
        found = upper_limit(size=int(row["n"]), deviations=int(row["k"]), confidence=confidence)
        return math.ceil(found * 1000 - 1e-9) / 10
    tolerable = float(row["tolerable_rate"])
    if row["kind"] == "accept_number_binomial":
        found_ = acceptable(size=int(row["n"]), confidence=confidence, tolerable=tolerable)
        assert found_ is not None
        return found_
    population = int(row["population_N_and_K"].split("/")[0]) if row["population_N_and_K"] else None
    return sample_size(confidence=confidence, tolerable=tolerable, expected=float(row["expected_rate"] or 0),
                       population=population)


def expected(row: dict[str, str]) -> float:
    kind = row["kind"]
    return float(row["upper_limit_pct" if kind == "upper_limit_binomial" else
                     "k" if kind == "accept_number_binomial" else "n"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(str(one) for one in list(row.values())[:7] if one))
def test_the_table_of_sizes(row: dict[str, str]) -> None:
    assert computed(row) == expected(row)
    if row["published_value"]:
        # A difference from print must be named in the table, and only there.
        assert (float(row["published_value"]) == expected(row)) is (row["matches_published"] == "yes")


def test_the_table_is_whole() -> None:
    kinds = [row["kind"] for row in ROWS]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "plan_binomial": 66, "upper_limit_binomial": 77, "plan_hypergeometric": 8, "accept_number_binomial": 2}


@pytest.mark.parametrize("hoped", [Fraction("0.0325"), Fraction("0.035")])
def test_the_slip_in_the_printed_table(hoped: Fraction) -> None:
    printed = 112
    exact = sample_size(confidence=Fraction("0.9"), tolerable=Fraction("0.07"), expected=hoped)
    assert exact == printed + 1

    def chance(size: int, most: int) -> Fraction:
        rate = Fraction("0.07")
        return sum((math.comb(size, i) * rate**i * (1 - rate) ** (size - i) for i in range(most + 1)), Fraction())

    assert chance(112, math.ceil(112 * hoped)) > Fraction("0.1") >= chance(113, math.ceil(113 * hoped))


@pytest.mark.parametrize(("tolerable", "expected_", "size"), [(0.03, 0.015, 392), (0.02, 0.01, 590), (0.1, 0.06, 361)])
def test_floats_are_the_decimals_that_were_written(tolerable: float, expected_: float, size: int) -> None:
    as_written = sample_size(confidence=Fraction("0.95"), tolerable=Fraction(str(tolerable)),
                             expected=Fraction(str(expected_)))
    assert sample_size(confidence=0.95, tolerable=tolerable, expected=expected_) == as_written
    if tolerable == 0.03:
        assert as_written == size


@pytest.mark.parametrize("asked", [
    {"confidence": 0, "tolerable": 0.05}, {"confidence": 1, "tolerable": 0.05}, {"confidence": 0.95, "tolerable": 0},
    {"confidence": 0.95, "tolerable": 1.5}, {"confidence": 0.95, "tolerable": 0.05, "expected": 0.05},
    {"confidence": 0.95, "tolerable": 0.05, "expected": -0.01}, {"confidence": 0.95, "tolerable": 0.05, "allowed": -1},
    {"confidence": 0.95, "tolerable": 0.05, "allowed": 1, "expected": 0.01},
    {"confidence": 0.95, "tolerable": 0.05, "population": -1},
    {"confidence": 0.95, "tolerable": 0.0000001, "population": None},
])
def test_what_makes_no_sense_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"rate|allowed|population|sample"):
        sample_size(**asked)


@pytest.mark.parametrize("population", [0, 1, 2, 10, 19])
def test_a_population_too_small_is_tested_whole(population: int) -> None:
    assert sample_size(confidence=0.95, tolerable=0.01, population=population) == population


def test_limits_of_a_finite_population() -> None:
    # 45 of 100 without a deviation: 5 bad ones would be missed at most one time in twenty, 4 more often.
    assert upper_limit(size=45, deviations=0, confidence=0.95, population=100) == 0.04
    assert accepts(size=45, deviations=0, confidence=0.95, tolerable=0.05, population=100)
    assert not accepts(size=44, deviations=0, confidence=0.95, tolerable=0.05, population=100)
    assert upper_limit(size=100, deviations=3, confidence=0.95, population=100) == 0.03
    assert accepts(size=100, deviations=4, confidence=0.95, tolerable=0.05, population=100)
    assert not accepts(size=100, deviations=5, confidence=0.95, tolerable=0.05, population=100)
    assert upper_limit(size=5, deviations=5, confidence=0.95) == 1
    with pytest.raises(ValueError, match="cannot be"):
        upper_limit(size=5, deviations=6, confidence=0.95)


def test_systematic_places() -> None:
    root = bytes.fromhex(KNOWN["population_root"])
    found = positions("s", root, 60, 7)
    assert len(set(found)) == 7
    assert all(8 <= b - a <= 9 for a, b in itertools.pairwise(found))
    assert positions("s", root, 5, 5) == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="cannot be selected"):
        positions("s", root, 5, 6)


def test_shares_of_strata() -> None:
    assert allocate({"a": 70, "b": 20, "c": 10}, 10) == {"a": 7, "b": 2, "c": 1}
    assert allocate({"a": 98, "b": 1, "c": 1}, 10) == {"a": 8, "b": 1, "c": 1}
    assert allocate({"a": 1, "b": 1, "c": 1}, 2) == {"a": 1, "b": 1, "c": 1}
    assert allocate({"a": 3, "b": 0}, 9) == {"a": 3}
