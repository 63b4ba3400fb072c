"""Every attack in `tests/vectors/attacks/` is refused, in the step that is there for it; without one, everything holds."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.verify.world import World

ATTACKS = sorted(file.parent.name for file in (Path(__file__).parents[1] / "vectors" / "attacks").glob("*/attack.py"))


@pytest.mark.parametrize("name", ATTACKS)
def test_the_attack_is_refused(world: World, name: str) -> None:
    module = importlib.import_module(f"tests.vectors.attacks.{name}.attack")
    module.attack(world)
    report = world.verify(module.SUBJECT)
    refused = [step.name for step in report.steps if step.state == "refused"]
    assert not report.holds
    assert module.STEP in refused, f"refused were {refused}"
    assert any(getattr(module, "SAYS", "") in said for said in report.named(module.STEP).findings)
    if module.STEP in {"envelope", "envelopes"}:
        object_ = "object" if module.STEP == "envelope" else "objects"
        assert "cannot be judged without its envelope" in report.named(object_).findings[0]


@pytest.mark.parametrize("subject", ["store", "export", "0", "1", "5"])
def test_what_nobody_attacked_holds(world: World, subject: str) -> None:
    report = world.verify(subject)
    assert [step.findings for step in report.steps if step.findings] == []
    assert report.holds
    assert [step.number for step in report.steps] == list(range(1, len(report.steps) + 1))

