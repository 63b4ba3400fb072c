"""The collectors that the tests of mappings know, and the record-level cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.yamlfile import load

HERE = Path(__file__).parent
DEFAULT_AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def collectors() -> dict[str, str]:
    """Return the id and kind of every collector of the catalogue, from the list beside this file."""
    lines = (HERE / "collectors.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines if line and not line.startswith("#"))


def cases() -> Iterator[dict[str, Any]]:
    """Yield every case of `cases/*.yaml`, its file and number as `name`, its `as_of` as a time."""
    for path in sorted((HERE / "cases").glob("*.yaml")):
        for number, case in enumerate(load(path).value, start=1):
            as_of = case.get("as_of")
            moment = datetime.fromisoformat(as_of) if as_of else DEFAULT_AS_OF
            yield case | {"name": f"{path.stem}-{number}-{case['requirement']}", "as_of": moment}
