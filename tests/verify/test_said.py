"""Why something is refused, where two checks would refuse it and the first says it best."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.errors import VerificationError
from agent.seal.tiles import bundle
from agent.store.logfiles import read_checkpoint, read_entries
from agent.verify.source import head_root, log_size
from tests.verify.world import World


@pytest.mark.parametrize("read", [log_size, head_root])
@pytest.mark.parametrize("note", [b"nothing", b"log\nmany\n!\n"])
def test_what_is_no_checkpoint_says_neither_size_nor_root(read: Callable[[bytes], object], note: bytes) -> None:
    with pytest.raises(VerificationError, match="is no signed note of a log"):
        read(note)


def test_a_bundle_that_was_cut_is_named(world: World) -> None:
    world.write(f"log/tile/entries/000.p/{world.size}", bundle([one.write() for one in world.entries()][:-1]))
    with world.place.open(writer=False) as store:
        checkpoint = read_checkpoint(store.objects, store.keys.ring)
        assert checkpoint is not None
        with pytest.raises(VerificationError, match="The bundle 0 of the log holds 6 entries of 7"):
            list(read_entries(store.objects, checkpoint))


def test_a_damaged_object_is_called_so_where_it_is_read(world: World) -> None:
    file = world.object_of(2)
    data = file.read_bytes()
    world.write(file, data[:20] + bytes([data[20] ^ 4]) + data[21:])
    with world.place.open(writer=False) as store, pytest.raises(VerificationError, match="is damaged"):
        for _record in store.open_artifact(world.artifacts[2]).records():
            pass
