"""What people did, in a package: the access log against the entries of the log, and objects that were deleted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from agent import canonical
from agent.errors import VerificationError
from agent.verify import layout
from agent.verify.report import Step
from agent.verify.unpacked import Files, read


@dataclass(slots=True)
class Acts:
    """Takes each entry that is neither of a run nor of a sample, in the order of the log; `end` judges."""

    gone: list[tuple[str, str, str]] = field(default_factory=list)
    """Runs whose records are not here: artifact, the name in the package, the path in the store."""
    _entries: list[bytes] = field(default_factory=list)

    def take(self, data: bytes) -> None:
        """Take the data of a leaf that the log has."""
        self._entries.append(data)

    def end(self, step: Step, records: Step, files: Files) -> None:
        """Compare the access log, look into the documents that it names, and judge the records that are gone."""
        deleted: dict[str, dict[str, Any]] = {}
        with step.trying():
            if read(files, layout.ACCESS) != b"".join(data + b"\n" for data in self._entries):
                raise VerificationError(f"{layout.ACCESS} is not what the log has")
        for said in map(canonical.loads, self._entries):
            if said["type"] == "deletion":
                deleted[said["path"]] = said
            if said["type"] == "custody":
                with step.trying(f"leaf {said['index']}"):
                    _document(files, said["document"])
        for artifact, name, path in self.gone:
            if path not in deleted:
                records.refuse(f"{artifact}: {name} is not here")
        step.says = f"{len(self._entries):,} entries"
        if self.gone:
            step.says += f"; the records of {len(self.gone):,} run(s) were deleted under retention"


def _document(files: Files, digest: str) -> None:
    if hashlib.sha256(read(files, layout.access_file(digest))).hexdigest() != digest:
        raise VerificationError(f"{layout.access_file(digest)} is not the document whose digest is in the log")
