"""What `package.json` says of a package, against what was signed: its log, and the instant that all is told as of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agent import canonical
from agent.errors import VerificationError
from agent.seal import Checkpoint
from agent.verify import layout
from agent.verify.report import Step
from agent.verify.unpacked import Files, read

TELLS = "what annexa concluded is told as of the log's last entry, or of the end of the audit where that was before"


def opened(files: Files) -> Mapping[str, Any]:
    """Return what the manifest says; raises `VerificationError` where it is none, or of a layout of tomorrow."""
    said = canonical.loads(read(files, layout.MANIFEST))
    if not isinstance(said, dict) or said.get("layout") != layout.VERSION:
        raise VerificationError(f"{layout.MANIFEST} is of a layout that this version does not know")
    return said


def judge(step: Step, files: Files, said: Mapping[str, Any], head: Checkpoint, last: datetime | None) -> None:
    """Refuse another checkpoint or instant than the log's; `last` is when its last entry was recorded, if known.

    The end of the audit is the manifest's own word: the step says where the instant follows from it.
    """
    if last is None:
        step.open("the entries of the log are not here")
        return
    with step.trying():
        if said.get("checkpoint") != {"origin": head.origin, "size": head.size, "root": head.root.hex()}:
            step.refuse(f"{layout.MANIFEST} names another checkpoint than the one that lies here")
        as_of, end = _instant(said, "as_of"), _instant(said.get("audit"), "ends")
        if as_of != min(last, end):
            step.refuse(f"{layout.MANIFEST} tells as of {canonical.timestamp(as_of)}, which is neither the last entry "
                        f"of the log, {canonical.timestamp(last)}, nor the end of the audit before it")
        status = canonical.loads(read(files, layout.STATUS))
        if [status.get(one) for one in ("as_of", "audit")] != [said.get(one) for one in ("as_of", "audit")]:
            step.refuse(f"{layout.STATUS} is of another instant or audit than {layout.MANIFEST}")
        step.says = f"as of {canonical.timestamp(as_of)}"
        if as_of < last:
            step.says += (f", the end of the audit as {layout.MANIFEST} has it, which nobody signed; "
                          f"the log goes on to {canonical.timestamp(last)}")


def _instant(said: Any, name: str) -> datetime:
    try:
        return datetime.fromisoformat(said[name])
    except (TypeError, ValueError, KeyError) as error:
        raise VerificationError(f"{layout.MANIFEST} names no instant: {error}") from error


__all__ = ["TELLS", "judge", "opened"]
