"""The transparency log as it grows: the cost of one more leaf, and of a proof, at so many leaves."""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.assembly.places import open_store
from agent.collector import Record
from agent.config import load
from agent.model import BackupTest
from agent.seal import ArtifactEntry, Entry, leaf_hash
from agent.seal.proofs import check_inclusion, prove_inclusion
from agent.store import Store
from agent.store.logfiles import CHECKPOINT
from agent.verify.source import log_entry, log_hashes, log_size
from tests.bench.bulk import grow
from tests.bench.floors import WHEN
from tests.bench.ours import _submit, configuration
from tests.bench.peak import peak_mb

TIMES = 201


def unsealed(leaves: int) -> Iterator[tuple[Entry, None]]:
    """Yield the entries of so many artifacts that are nowhere but in the log."""
    for index in range(leaves):
        yield ArtifactEntry(index=index, artifact=f"sha256:{index:064x}", envelope=f"{index:064x}",
                            object=f"{index:064x}", recorded_at=WHEN), None


def appended(store: Store) -> Iterator[float]:
    """Yield the seconds in which each of many small runs came into the log, from its pending row to the checkpoint."""
    for number in range(TIMES):
        writer = store.new_object("bench")
        writer.write(Record(BackupTest(f"{number}"), {}))
        began = time.perf_counter()
        _submit(store, writer)
        yield time.perf_counter() - began


def proven(store: Store, chance: random.Random) -> Iterator[float]:
    """Yield the seconds in which each of many leaves was proven; each proof is checked, which is not counted."""
    note = store.objects.get(CHECKPOINT)
    size = log_size(note)
    for _ in range(TIMES):
        leaf = chance.randrange(size)
        began = time.perf_counter()
        hashes = log_hashes(store.objects, size)
        proof = prove_inclusion(leaf, size, hashes)
        yield time.perf_counter() - began
        check_inclusion(leaf_hash(log_entry(store.objects, leaf, size)), leaf, size, proof, hashes(0, size))


def measure(leaves: int, folder: Path) -> dict[str, Any]:
    """Return medians in seconds at so many leaves."""
    config = load(configuration(folder, []), {})
    with open_store(config, lambda: datetime.now(UTC), writer=True) as store:
        grow(store, unsealed(leaves))
        found = {"append": statistics.median(appended(store)),
                 "proof": statistics.median(proven(store, random.Random(42)))}
    return {"records": leaves, **found, "peak_mb": peak_mb()}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), Path(sys.argv[2]))))
