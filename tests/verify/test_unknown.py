"""A log that a later version has written to: verified, told, and not understood in full."""

from __future__ import annotations

import pytest

from agent.errors import VerificationError
from agent.seal import UnknownEntry, read_entry
from agent.store import Store
from tests.verify.world import World


def test_an_entry_of_an_unknown_type_is_told_and_refuses_nothing(world: World) -> None:
    world.nothing_outside()
    world.relog([*world.entries(), world.later("attestation", of="a board")])
    report = world.verify()
    assert report.holds, [step.findings for step in report.steps]
    step = report.named("entry types")
    assert step.state == "not asked"
    assert step.says.startswith("a later version wrote 1 of the type 'attestation', the first is leaf 7: ")
    assert world.verify("0").holds


def test_a_log_of_known_types_is_understood(world: World) -> None:
    assert world.verify().named("entry types").state == "holds"


def test_a_catalog_is_made_again_around_it(world: World) -> None:
    world.relog([*world.entries(), world.later("attestation")])
    for file in world.data.glob("annexa.db*"):
        file.unlink()
    place = world.place
    made = Store.rebuild(place.database, str(place.data / "artifacts"), data=place.data, clock=lambda: place.now)
    assert made.artifacts == 6
    assert made.problems[-1].startswith("leaf 7 is of the type 'attestation', which a later version wrote")
    with place.open(writer=False) as store:
        assert [one.line() for one in store.check(deep=True)] == []


def test_an_unknown_entry_is_written_as_it_was_read(world: World) -> None:
    data = world.later("attestation", of="a board")
    entry = read_entry(data)
    assert isinstance(entry, UnknownEntry)
    assert entry.write() == data


@pytest.mark.parametrize("critical", [True, 1, "false", None])
def test_what_may_be_critical_is_not_passed_over(world: World, critical: object) -> None:
    with pytest.raises(VerificationError, match="does not know and may not pass over"):
        read_entry(world.later("attestation", critical=critical))
    assert isinstance(read_entry(world.later("attestation", critical=False)), UnknownEntry)
