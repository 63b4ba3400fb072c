"""What an entry of the access log names: batches of accesses by their digest, deletions by their path."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from agent.export.access import Acts
from agent.seal import ArtifactEntry, Statement
from agent.store.local import LocalObjects
from agent.verify.acts import Acts as Judged
from agent.verify.report import Step
from agent.verify.unpacked import Folder
from tests.fixtures.store import START, provenance

BATCH = json.dumps({"accesses": [{"who": "ada", "action": "view"}]}).encode()
DIGEST = hashlib.sha256(BATCH).hexdigest()
ENTRIES = [json.dumps(one).encode() for one in (
    {"type": "custody", "index": 3, "document": DIGEST, "count": 1},
    {"type": "deletion", "index": 5, "path": "objects/a/b", "retention": "P3Y", "by": "ada"},
    {"type": "hold", "index": 6, "name": "H1"},
    {"type": "erasure", "index": 7, "scope": "staff", "key": "", "artifacts": 1, "reason": "asked for", "by": "ada"},
)]


def packed(tmp_path: Path) -> tuple[Folder, Acts]:
    objects = LocalObjects(tmp_path / "store", writer=True)
    objects.put(f"custody/{DIGEST[:2]}/{DIGEST}.json", BATCH)
    acts, root = Acts(), tmp_path / "package"
    (root / "access").mkdir(parents=True)
    for name, data in acts.take(enumerate(ENTRIES), objects):
        (root / name).write_bytes(data)
    (root / "access-log.ndjson").write_bytes(b"".join(one + b"\n" for one in ENTRIES))
    return Folder(root), acts


def judged(files: Folder, *gone: str, scope: str = "prod", leaf: int = 2) -> tuple[Step, Step]:
    acts, access, records = Judged(), Step(1, "access log", ""), Step(2, "records", "")
    for one in ENTRIES:
        acts.take(one)
    entry = ArtifactEntry(index=leaf, recorded_at=START, artifact="sha256:1", envelope="", object="")
    acts.gone += [(entry, "records/x", Statement("", 0, path, provenance(scope=scope))) for path in gone]
    acts.end(access, records, files)
    return access, records


def test_the_document_of_a_batch_goes_with_it(tmp_path: Path) -> None:
    files, acts = packed(tmp_path)
    assert acts.deleted == {"objects/a/b"}
    assert (tmp_path / "package" / "access" / f"{DIGEST}.json").read_bytes() == BATCH
    access, records = judged(files, "objects/a/b")
    assert (access.state, records.state) == ("holds", "holds")
    assert "1 run(s) were deleted under retention" in access.says


def test_records_of_a_scope_are_gone_up_to_its_erasure(tmp_path: Path) -> None:
    files, _acts = packed(tmp_path)
    access, records = judged(files, "objects/a/b", "objects/another", scope="staff")
    assert (access.state, records.state) == ("holds", "holds")
    assert access.says.endswith("the records of 2 run(s) were erased")
    for scope, leaf in (("staff", 8), ("prod", 2)):
        access, records = judged(files, "objects/another", scope=scope, leaf=leaf)
        assert records.findings == ["sha256:1: records/x is not here"]


def test_what_is_not_as_the_log_has_it(tmp_path: Path) -> None:
    files, _acts = packed(tmp_path)
    assert judged(files, "objects/another")[1].findings == ["sha256:1: records/x is not here"]
    (tmp_path / "package" / "access" / f"{DIGEST}.json").write_bytes(BATCH.replace(b"ada", b"bob"))
    assert "is not the document" in judged(files)[0].findings[0]
    (tmp_path / "package" / "access-log.ndjson").write_bytes(ENTRIES[0] + b"\n")
    assert "is not what the log has" in judged(files)[0].findings[0]
