"""The list of mutants fits the source: each takes away a check that is there, and names a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.verify.mutants import MUTANTS, ROOT, Mutant, firsts, survives
from tests.verify.refusals import FILES, refusals
from tests.verify.test_attacks import ATTACKS
from tests.verify.world import World


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.attack)
def test_a_mutant_fits_the_source(mutant: Mutant) -> None:
    assert (ROOT / "agent" / mutant.file).read_text("utf-8").count(mutant.old) == 1
    assert mutant.new != mutant.old
    tests = "".join(file.read_text("utf-8") for part in ("assembly", "export", "verify", "timestamps", "store")
                    for file in (ROOT / "tests" / part).glob("test_*.py"))
    assert mutant.attack in ATTACKS or f"def {mutant.attack}(" in tests


def test_every_attack_that_the_verifier_must_find_has_a_mutant() -> None:
    """No attack is refused by luck: for most of them the check that finds it is in the list."""
    assert len({one.attack for one in MUTANTS} & set(ATTACKS)) >= 50


def test_every_refusal_of_the_verifier_has_a_switch() -> None:
    """`make mutants` leaves out each of them; none is overlooked, and no two share a switch."""
    found = refusals()
    assert len({(one.file, one.line) for one in found}) == len(found)
    text = "".join(file.read_text("utf-8") for file in FILES)
    assert len(found) == len(re.findall(r"^ *raise VerificationError\(|^ *[^\n#]*\.refuse\(", text, re.MULTILINE))


@pytest.mark.slow
@pytest.mark.parametrize("mutant", firsts(), ids=lambda one: one.file)
def test_a_check_that_is_taken_away_is_missed(mutant: Mutant, built: World, tmp_path: Path) -> None:
    assert not survives(mutant, built, tmp_path)
