"""`redact:` rules: values of chosen columns are dropped, masked or hashed before sealing, in the whole line.

Masking finds secrets wherever they stand; redaction takes what somebody named: personal data in a
column. The values of the column go from the other columns and from `raw` too. Where `raw` may hold
a value in a shape that is not found as text, the whole of it is dropped for that record.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from agent import canonical
from agent.collector import Record
from agent.masking.sought import DROP, HASH, MASK, Sought

ACTIONS = (DROP, MASK, HASH)
ELSEWHERE = "elsewhere"
"""The rule under which a column is counted that held a value of a redacted one."""
WORDS = frozenset({
    "type", "principal_type", "provider", "region", "effect", "decision", "outcome", "severity", "state", "source",
    "setting", "environment", "classification",
})
"""Columns of fixed words: they name nobody, and a person called Root must not change what checks compare."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """The rules: collector (id or pattern) -> column -> action; the id wins, then the longest pattern."""

    by: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))

    def patterns(self, collector: str) -> dict[str, str]:
        """Return for each column that is redacted the pattern whose rule holds for the collector."""
        fitting = [pattern for pattern in self.by if fnmatchcase(collector, pattern)]
        found: dict[str, str] = {}
        for pattern in sorted(fitting, key=lambda one: (one == collector, len(one), one)):
            found |= dict.fromkeys(self.by[pattern], pattern)
        return found

    def of(self, collector: str) -> dict[str, str]:
        """Return the action for each column of the collector that is redacted."""
        return {column: self.by[pattern][column] for column, pattern in self.patterns(collector).items()}


def key_id(key: bytes) -> str:
    """Return eight hexadecimal digits that tell one key from another and nothing of either."""
    return hmac.digest(key, b"annexa redaction key", "sha256").hex()[:8]


class Redactor:
    """Redacts the records of one artifact; `counts` is how often each rule did, as `redact:COLUMN:ACTION`.

    `whole` names a key of `raw` that is the evidence itself, such as an uploaded file: it stays as
    it is, and `raw` with it.
    """

    def __init__(self, actions: Mapping[str, str], key: bytes, *, whole: str = "") -> None:
        self._actions = actions
        self._key = key
        self._whole = whole
        self.counts: Counter[str] = Counter()

    def record(self, record: Record) -> dict[str, Any]:
        """Return `{"record": …, "raw": …}` as JSON values, without what the rules take away."""
        line: dict[str, Any] = canonical.loads(canonical.line({"record": record.row, "raw": record.raw}))
        row = line["record"]
        taken = {name: row[name] for name in self._actions if row.get(name) not in (None, "", [], {})}
        if not taken:
            return line
        sought = Sought(self._key)
        for name, value in taken.items():
            self.counts[f"redact:{name}:{self._actions[name]}"] += 1
            row[name] = sought.take(value, self._actions[name])
        self._others(row, sought)
        self._raw(line, sought)
        return line

    def notes(self) -> tuple[str, ...]:
        """Return what the provenance says of the redaction beside the counts."""
        said = []
        if any(rule.endswith(f":{HASH}") for rule in self.counts):
            said.append(f"Redacted values are hashed with the key {key_id(self._key)}.")
        if dropped := self.counts["redact:raw:drop"]:
            said.append(f"The raw item of {dropped} records was dropped, because it may hold a redacted value.")
        return tuple(said)

    def _others(self, row: dict[str, Any], sought: Sought) -> None:
        """Redact the values where other columns hold them; in an id they are hashed, so that it stays unique."""
        for name in row.keys() - self._actions.keys() - WORDS:
            clean = sought.text(row[name], unique=True) if name == "id" else sought.walk(row[name], 0)
            if clean != row[name]:
                row[name] = clean
                self.counts[f"redact:{name}:{ELSEWHERE}"] += 1

    def _raw(self, line: dict[str, Any], sought: Sought) -> None:
        """Redact the values in `raw`; drop it where one was not found there, so that no other shape of it stays."""
        raw, kept = line["raw"], {}
        if self._whole and isinstance(raw, dict) and self._whole in raw:
            kept[self._whole] = raw.pop(self._whole)
        sought.found.clear()
        clean = sought.walk(raw, 0)
        if kept:
            line["raw"] = clean | kept
        elif raw is not None and not (self._whole or sought.complete()):
            line["raw"] = None
            self.counts["redact:raw:drop"] += 1
        else:
            line["raw"] = clean
