"""Since when each artifact is anchored: by the earliest stamp over it, by the kept checkpoint, or not at all."""

from __future__ import annotations

import shutil
from datetime import datetime

import pytest

from agent.cli import taking
from agent.timestamps import read_stamp
from agent.verify import groups
from agent.verify.stamps import sizes
from tests.fixtures.store import keep, record
from tests.lab.witness import Witness
from tests.verify.world import World


def stamped_at(world: World, size: int) -> datetime:
    return read_stamp((world.stamps(size) / "token.tsr").read_bytes()).at


def test_each_artifact_is_anchored_by_the_first_stamp_over_it(world: World) -> None:
    first, last = stamped_at(world, 3), stamped_at(world, 7)
    report = world.verify()
    assert [one.artifact for one in report.anchors] == world.artifacts
    assert [one.leaf for one in report.anchors] == [0, 1, 2, 3, 4, 6]
    assert [one.since for one in report.anchors] == [first] * 3 + [last] * 3
    assert [one.stamped for one in report.anchors] == [3, 3, 3, 7, 7, 7]
    assert [one.kept for one in report.anchors] == [True] * 4 + [False] * 2
    assert len(groups(report.anchors)) == 3


def test_what_came_after_the_last_stamp_is_not_anchored(world: World) -> None:
    place = world.place
    place.now = place.now.replace(hour=18)
    with place.open() as store:
        world.artifacts.append(keep(store, ["g"]))
        record(store)
    report = world.verify()
    assert report.holds
    assert report.anchors[-1].line() == "not anchored"
    assert world.verify("6").anchors[0].line() == "not anchored"


def test_a_checkpoint_that_was_kept_anchors_alone(world: World) -> None:
    shutil.rmtree(world.file("log/timestamps"))
    said = [one.line() for one in world.verify().anchors]
    assert said == ["anchored by the checkpoint that you kept"] * 4 + ["not anchored"] * 2
    world.kept = False
    report = world.verify()
    assert report.holds
    assert {one.line() for one in report.anchors} == {"not anchored"}
    assert report.named("kept checkpoint").state == report.named("time stamps").state == "not asked"


def test_what_is_refused_anchors_nothing(world: World) -> None:
    token = world.stamps(3) / "token.tsr"
    world.write(token, token.read_bytes()[:-1] + b"!")
    report = world.verify()
    assert not report.holds
    assert {one.stamped for one in report.anchors} == {7}


def test_without_a_certificate_of_the_authority_a_stamp_anchors_nothing(world: World) -> None:
    (world.root / "trust.pem").write_bytes((world.data / "keys" / "signing-key.pub").read_bytes())
    report = world.verify()
    assert report.holds
    assert "no certificate of their authority is trusted" in report.named("time stamps").says
    assert {one.since for one in report.anchors} == {None}


def test_an_artifact_and_its_export_say_the_same(world: World) -> None:
    whole = world.verify().anchors[0]
    assert world.verify("0").anchors == [whole]
    assert world.verify("export").anchors == [whole]


def test_a_store_without_its_catalog_is_verified_by_its_files(world: World) -> None:
    (world.data / "annexa.db").unlink()
    for beside in world.data.glob("annexa.db-*"):
        beside.unlink()
    report = world.verify()
    assert report.holds
    assert report.named("catalog").state == "not asked"
    assert len(report.anchors) == 6


def test_a_run_that_waits_for_the_log_is_told_and_not_counted(world: World) -> None:
    with world.place.open() as store:
        keep(store, ["g"])
    report = world.verify()
    assert report.holds
    assert report.named("nothing beside").says == "1 sealed run(s) wait for the log and are not verified"
    assert len(report.anchors) == 6


def test_the_sizes_that_were_stamped(world: World) -> None:
    with world.place.open(writer=False) as store:
        assert sizes(store.objects) == [3, 7]


def test_a_cosignature_anchors_what_its_witness_has_seen(world: World) -> None:
    world.nothing_outside()
    world.cosign(note=(world.root / "kept").read_bytes())
    report = world.verify()
    assert report.holds
    assert report.named("cosignatures").says == "1 cosignature(s) believed, of witness.example/w1"
    line = "anchored since 2026-03-01T13:00:00Z by the cosignature of witness.example/w1 on the checkpoint of 4"
    assert [one.line() for one in report.anchors] == [line] * 4 + ["not anchored"] * 2
    assert [one.cosigned for one in report.anchors] == [4] * 4 + [None] * 2
    assert world.verify("3").anchors == [report.anchors[3]]
    assert world.verify("4").anchors[0].line() == "not anchored"


def test_the_earliest_of_several_witnesses_counts(world: World) -> None:
    world.nothing_outside()
    world.cosign(Witness("late.example"), hours=3)
    world.cosign(Witness("early.example"), hours=2)
    assert {one.witness for one in world.verify().anchors} == {"early.example"}
    assert world.verify("0").anchors[0].witness == "early.example"


def test_a_witness_whom_nobody_trusts_anchors_nothing(world: World) -> None:
    world.nothing_outside()
    before = (world.root / "trust.pem").read_bytes()
    world.cosign()
    (world.root / "trust.pem").write_bytes(before)
    report = world.verify()
    assert report.holds
    assert "the trust root knows none of their witnesses" in report.named("cosignatures").says
    assert {one.line() for one in report.anchors} == {"not anchored"}


@pytest.mark.parametrize("stamped", [True, False])
def test_an_export_carries_the_cosignatures(world: World, stamped: bool) -> None:
    one, two = Witness("one.example"), Witness("two.example")
    for witness in (one, two):
        world.cosign(witness)
    if not stamped:
        world.nothing_outside()
    folder = world.export.parent / "second"
    with world.place.open(writer=False) as store:
        taking.take(store, world.artifacts[0], folder)
    shutil.rmtree(world.export)
    folder.rename(world.export)
    world.kept = False
    report = world.verify("export")
    assert report.holds, [step.findings for step in report.steps]
    assert report.named("cosignatures").says == "2 cosignature(s) believed, of one.example, two.example"
    assert report.anchors[0].cosigned == 7
    assert (report.anchors[0].stamped == 7) is stamped
    assert (world.export / "checkpoint").read_bytes() == world.file("log/checkpoint").read_bytes()
