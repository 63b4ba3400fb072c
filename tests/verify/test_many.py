"""Anchors of many artifacts: found by bisection, the same as looking at each; little memory."""

from __future__ import annotations

import hashlib
import sys
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.seal import ArtifactEntry, Checkpoint
from agent.verify.anchors import Anchors, Earliest, Recorded
from agent.verify.report import groups
from agent.verify.stamps import Stamped
from tests.fixtures.store import START


def entry(at: int) -> ArtifactEntry:
    name = hashlib.sha256(str(at).encode()).hexdigest()
    return ArtifactEntry(index=at, artifact=f"sha256:{name}", envelope="", object="",
                         recorded_at=START + timedelta(microseconds=at))


def stamp(size: int, minute: int) -> Stamped:
    return Stamped(Checkpoint("log", size, b""), START + timedelta(minutes=minute))


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=8), st.integers(0, 13))
def test_the_earliest_over_a_leaf_is_that_of_looking_at_each(pairs: list[tuple[int, int]], leaf: int) -> None:
    held = [stamp(*pair) for pair in pairs]
    over = [one for one in held if leaf < one.checkpoint.size]
    assert Earliest(held).over(leaf) == min(over, key=lambda one: (one.at, one.checkpoint.size), default=None)


def test_what_is_recorded_is_known_and_nothing_else() -> None:
    recorded = Recorded()
    for at in range(2_000):
        recorded.add(entry(at))
    recorded.add(ArtifactEntry(index=2_000, artifact="no id", envelope="", object="", recorded_at=START))
    assert len(recorded) == 2_000
    assert all(recorded.has(entry(at).artifact) for at in range(2_000))
    assert not any(recorded.has(entry(at).artifact) for at in range(2_000, 2_100))
    assert not recorded.has("no id")
    assert not recorded.has(entry(3).artifact.upper())
    recorded.add(entry(2_001))
    assert recorded.has(entry(2_001).artifact)


def test_anchors_are_a_sequence_in_the_order_of_the_log() -> None:
    recorded = Recorded()
    for at in range(10):
        recorded.add(entry(at))
    anchors = Anchors(recorded, [stamp(4, 9), stamp(8, 3)], [], Checkpoint("log", 9, b""))
    assert [one.leaf for one in anchors] == list(range(10))
    assert [one.stamped for one in anchors] == [8] * 8 + [None] * 2
    assert (anchors[-1].artifact, anchors[-1].recorded_at) == (entry(9).artifact, entry(9).recorded_at)
    assert [one.kept for one in anchors[7:]] == [True, True, False]
    assert [(len(some), some[0].leaf, some[-1].leaf) for _said, some in groups(anchors)] == [(8, 0, 7), (1, 8, 8), (1, 9, 9)]


def test_many_artifacts_are_kept_beside_memory() -> None:
    recorded = Recorded()
    for at in range(20_000):
        recorded.add(entry(at))
    held = sum(sys.getsizeof(getattr(recorded, name)) for name in ("_firsts", "_tail"))
    assert held < 20_000 * 5
    anchors = Anchors(recorded, [], [], None)
    assert all(anchors[at].artifact == entry(at).artifact for at in (0, 1_023, 1_024, 19_999))
    assert all(recorded.has(entry(at).artifact) for at in (0, 1_023, 1_024, 19_999))
