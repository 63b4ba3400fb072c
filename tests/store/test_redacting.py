"""The key of the hashes: one for all runs that begin at once, its owner's alone, and never where artifacts are."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agent.collector import Record
from agent.masking import Redaction
from agent.model import Account
from agent.store.redacting import redaction_key
from tests.fixtures.store import Place, provenance, record

RUNS = 8


def test_runs_that_begin_at_once_have_one_key(tmp_path: Path) -> None:
    for turn in range(20):
        together = threading.Barrier(RUNS)

        def ask(_: int, gate: threading.Barrier = together, folder: Path = tmp_path / str(turn)) -> bytes:
            gate.wait()
            return redaction_key(folder)

        with ThreadPoolExecutor(RUNS) as pool:
            keys = set(pool.map(ask, range(RUNS)))
        assert len(keys) == 1
        assert len(keys.pop()) == 32


def test_without_a_rule_for_the_collector_no_key_is_made(place: Place) -> None:
    place.options["redaction"] = Redaction({"aws.iam_*": {"principal": "hash"}})
    with place.open() as store:
        for collector, made in (("aws.ec2_instances", False), ("aws.iam_users", True)):
            writer = store.new_object("prod", collector)
            writer.write(Record(Account("1", principal="alice"), {"UserName": "alice", "Password": "hunter2-hunter2"}))
            staged = writer.close()
            assert (place.data / "keys" / "redaction-key").exists() == made
            assert staged.masked == {"password": 1} | ({"redact:principal:hash": 1} if made else {})
            name = store.submit(staged, provenance(
                collector=collector, kind="account", records=1, masked=staged.masked, notes=staged.notes))
            record(store)
            (line,) = store.open_artifact(name).records()
            assert (line["raw"]["UserName"] == "alice") != made
            assert line["raw"]["Password"] == "[masked:password]"
        assert store.artifact(name).masked == 2
        assert store.check(deep=True) == []
