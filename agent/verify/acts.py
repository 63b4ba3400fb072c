"""What people did, in a package: the access log against the entries of the log, and objects that were deleted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from agent import canonical
from agent.errors import VerificationError
from agent.seal import ArtifactEntry, Statement
from agent.verify import layout
from agent.verify.report import Step
from agent.verify.unpacked import Files, read


@dataclass(slots=True)
class Acts:
    """Takes each entry that is neither of a run nor of a sample, in the order of the log; `end` judges."""

    gone: list[tuple[ArtifactEntry, str, Statement]] = field(default_factory=list)
    """Runs whose records are not here: entry, the name in the package, what was signed."""
    _entries: list[bytes] = field(default_factory=list)

    def take(self, data: bytes) -> None:
        """Take the data of a leaf that the log has."""
        self._entries.append(data)

    def end(self, step: Step, records: Step, files: Files) -> None:
        """Compare the access log, look into the documents that it names, and judge the records that are gone."""
        deleted: set[str] = set()
        erased: dict[str, int] = {}
        with step.trying():
            if read(files, layout.ACCESS) != b"".join(data + b"\n" for data in self._entries):
                raise VerificationError(f"{layout.ACCESS} is not what the log has")
        for said in map(canonical.loads, self._entries):
            if said["type"] == "deletion":
                deleted.add(said["path"])
            if said["type"] == "erasure":
                erased[said["scope"]] = said["index"]
            if said["type"] == "custody":
                with step.trying(f"leaf {said['index']}"):
                    _document(files, said["document"])
        step.says = f"{len(self._entries):,} entries{self._judged(records, deleted, erased)}"

    def _judged(self, records: Step, deleted: set[str], erased: dict[str, int]) -> str:
        """Refuse records that are gone by no act, and return what is said of the rest; `erased` has leaves by scope."""
        by_erasure = 0
        for entry, name, statement in self.gone:
            if erased.get(statement.provenance.scope, -1) > entry.index:
                by_erasure += 1
            elif statement.path not in deleted:
                records.refuse(f"{entry.artifact}: {name} is not here")
        by_deletion = len(self.gone) - by_erasure
        said = f"; the records of {by_deletion:,} run(s) were deleted under retention" if by_deletion else ""
        return f"{said}; the records of {by_erasure:,} run(s) were erased" if by_erasure else said


def _document(files: Files, digest: str) -> None:
    if hashlib.sha256(read(files, layout.access_file(digest))).hexdigest() != digest:
        raise VerificationError(f"{layout.access_file(digest)} is not the document whose digest is in the log")
