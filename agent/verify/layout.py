"""Where each part of an audit package lies: one place for those who write it and those who judge it."""

from __future__ import annotations

README, PAGE, WORKBOOK, SUMS = "README.txt", "index.html", "controls.xlsx", "SHA256SUMS"
MANIFEST, STATUS, EVIDENCE, ACCESS = "package.json", "status.json", "evidence.ndjson", "access-log.ndjson"
CHECKPOINT, KEY, ROOTS, SCRIPT = "checkpoint", "public-key.pem", "tsa-certificates.pem", "verify.sh"
SAMPLES, REPEAT = "samples", "samples/repeat.py"
SHELL = "samples/repeat.sh"
VERSION = 1
"""Of the layout: a package of a later one is refused by name."""


def hexadecimal(artifact: str) -> str:
    """Return an artifact's id without its prefix."""
    return artifact.removeprefix("sha256:")


def records_file(kind: str, digest: str) -> str:
    """Return where the records of an object lie; equal objects of a kind lie there once."""
    return f"records/{kind}/{digest}.ndjson"


def table_file(kind: str, digest: str) -> str:
    """Return where the same records lie as a table."""
    return f"records/{kind}/{digest}.csv"


def envelope_file(artifact: str) -> str:
    """Return where the signed envelope of an artifact lies."""
    return f"envelopes/{hexadecimal(artifact)}.json"


def entry_file(leaf: int) -> str:
    """Return where an entry of the log lies."""
    return f"log/{leaf:012}.json"


def bundle_file(number: int) -> str:
    """Return where 256 entries of the log lie, or the last of them, each after its length (C2SP entry bundle)."""
    return f"entries/{number:09}"


def proof_file(leaf: int) -> str:
    """Return where the proof lies that the log has an entry."""
    return f"log/{leaf:012}.tlog-proof"


def stamp_files(size: int) -> tuple[str, str, str]:
    """Return where a stamped checkpoint, its token and its consistency with the package's checkpoint lie."""
    return tuple(f"timestamps/{size:012}/{name}" for name in ("checkpoint", "token.tsr", "consistency.txt"))  # type: ignore[return-value] # three


def link_file(size: int) -> str:
    """Return where the proof lies that links a checkpoint that an auditor kept."""
    return f"links/{size:012}.txt"


def step_file(step: str, name: str, leaf: int) -> str:
    """Return where the document of a step of sampling lies."""
    return f"{SAMPLES}/{name}/{step if step != 'result' else f'result-{leaf:012}'}.json"


def population_file(name: str) -> str:
    """Return where the records of a population lie, canonical JSON, one a line."""
    return f"{SAMPLES}/{name}/records.ndjson"


def access_file(document: str) -> str:
    """Return where a batch of accesses lies, which an entry of the log names by its digest."""
    return f"access/{document}.json"


def draws_file(name: str) -> str:
    """Return where every draw on the population of a sample is listed."""
    return f"{SAMPLES}/{name}/draws.json"


def items_file(name: str) -> str:
    """Return where the items of a sample lie as a table to be filled in."""
    return f"{SAMPLES}/{name}/items.csv"
