"""A case is a folder: `case.yaml`, what the provider answers page by page, and `expect.ndjson`, the rows.

The rows are worked out by hand from the answers; a column left out is null.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from agent.model import Window

ROOT = Path(__file__).parents[1] / "collectors"
OTHERS = "ANNEXA_COLLECTOR_CASES"
"""The variable that names further folders of cases: those of a package that brings collectors of its own."""
MAIN = "main"
STARTED = datetime(2026, 6, 1, tzinfo=UTC)
KEYS = {"about", "region", "started", "window", "account", "organization", "settings", "answers", "outcome", "lacking",
        "skips", "notes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One story: answers by `service.operation`, and what must come out."""

    collector: str
    name: str
    about: str = ""
    region: str = "eu-west-1"
    account: str = "123456789012"
    organization: bool = False
    started: datetime = STARTED
    window: Window | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    """What the scope says beside where it is."""
    answers: dict[str, list[Any]] = field(default_factory=dict)
    expect: list[dict[str, Any]] = field(default_factory=list)
    outcome: str = "succeeded"
    lacking: list[str] | None = None
    skips: int | None = None
    notes: list[str] | None = None
    """Sentences that the provenance must hold, each whole."""

    @property
    def id(self) -> str:
        """Return `collector/case`."""
        return f"{self.collector}/{self.name}"

    def with_answers(self, answers: dict[str, list[Any]]) -> Case:
        """Return the same story with other answers."""
        return replace(self, answers=answers)


class _Loader(yaml.SafeLoader):
    """YAML with `!bytes`, a text that travels as bytes, and `!gzip`, one that travels compressed."""


def _bytes(loader: yaml.SafeLoader, node: yaml.Node) -> bytes:
    assert isinstance(node, yaml.ScalarNode)
    return str(loader.construct_scalar(node)).encode()


def _gzip(loader: yaml.SafeLoader, node: yaml.Node) -> bytes:
    return gzip.compress(_bytes(loader, node), mtime=0)


_Loader.add_constructor("!bytes", _bytes)
_Loader.add_constructor("!gzip", _gzip)


@functools.cache
def cases_of(collector: str) -> dict[str, Case]:
    """Return the cases of a collector by name."""
    roots = (ROOT, *(Path(one) for one in os.environ.get(OTHERS, "").split(os.pathsep) if one))
    found = (path.parent for root in roots for path in sorted((root / collector).glob("*/case.yaml")))
    return {folder.name: load(folder) for folder in found}


def load(folder: Path) -> Case:
    """Return one case; a wrong key or a missing file is an error."""
    said = yaml.load((folder / "case.yaml").read_text(), _Loader)
    wrong = set(said) - KEYS
    assert not wrong, f"{folder}/case.yaml has unknown keys {sorted(wrong)}"
    window = said.pop("window", None)
    lines = (folder / "expect.ndjson").read_text().splitlines()
    rest: dict[str, Any] = {key: str(one) if key in ("account", "region") else one for key, one in said.items()}
    answers = {name: given if isinstance(given, list) else [given] for name, given in rest.pop("answers").items()}
    return Case(
        collector=folder.parent.name,
        name=folder.name,
        window=Window(window["from"], window["to"]) if window else None,
        expect=[json.loads(line) for line in lines if line.strip()],
        answers=answers,
        **rest,
    )
