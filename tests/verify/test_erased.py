"""What verification says of many erased artifacts, and of many whose key is not here."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from agent.seal import ArtifactEntry, ErasureEntry, Statement
from agent.store.artifact import object_path
from agent.store.local import LocalObjects
from agent.verify.done import Done
from agent.verify.report import Step
from tests.fixtures.store import START, provenance

DIGEST = "ab" * 32


def judged(folder: Path, gone: int, erasures: int) -> tuple[list[str], Step, Step]:
    retention, objects = Step(1, "retention", ""), Step(2, "objects", "")
    done = Done(LocalObjects(folder, writer=True), retention)
    at = 0
    for number in range(gone):
        entry = ArtifactEntry(index=at, recorded_at=START, artifact=f"sha256:{number}", envelope="", object=DIGEST)
        done.artifact(entry, Statement(DIGEST, 1, object_path("prod", DIGEST, "0" * 32), provenance()), "no key is here")
        at += 1
    for number in range(erasures):
        done.entry(ErasureEntry(index=at + number, recorded_at=START + timedelta(days=number), scope="prod", key="",
                                artifacts=gone, reason="asked for", by="Ada"), Step(3, "access log", ""))
    return done.end(objects), retention, objects


def test_the_first_hundred_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    told, retention, objects = judged(tmp_path, 250, 2)
    assert (retention.state, objects.state) == ("holds", "holds")
    assert retention.says == "no object was deleted, the records of 250 erased; 0 hold(s) in force"
    named = [one for one in told if one.startswith("sha256:")]
    assert len(named) == 100
    assert named[0] == "sha256:0: erased on 2026-03-01T12:00:00Z by Ada: asked for", "by the first of the two"
    assert "leaf 250: and 150 more artifacts" in told


def test_of_many_that_cannot_be_read_there_is_one_line(tmp_path: Path) -> None:
    _told, retention, objects = judged(tmp_path, 250, 0)
    assert objects.findings == ["sha256:0 and 249 more: no key is here"]
    assert retention.state == "holds"
