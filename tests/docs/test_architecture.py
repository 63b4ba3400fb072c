"""The floors as docs/architecture.md tells them are those of the code, and what decides never asks what time it is."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
PURE = ("rules", "contract", "words")
READERS = ("what people wrote",)
CLOCKS = {"now", "today", "utcnow", "monotonic", "time_ns"}


def floors() -> dict[str, set[str]]:
    """Return the modules of each row of the table."""
    rows = re.findall(r"^\| ([a-z ]+) \| (`.+?`) \|", PAGE, re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", modules)) for name, modules in rows}


def sources(begins: str) -> set[str]:
    (found,) = (one for one in LINTER if one["name"].startswith(begins))
    return {name.removeprefix("agent.") for name in found["source_modules"]}


def test_every_module_stands_on_one_floor() -> None:
    told = [module for modules in floors().values() for module in modules]
    there = {one.stem for one in (ROOT / "agent").iterdir() if one.suffix == ".py" or (one / "__init__.py").exists()}
    assert sorted(told) == sorted(there - {"__init__"})


def test_what_the_page_calls_pure_the_contracts_hold() -> None:
    table = floors()
    assert sources("What decides") == set().union(*(table[name] for name in PURE))
    assert sources("What reads") == set().union(*(table[name] for name in READERS))


def test_what_decides_and_what_reads_asks_no_clock() -> None:
    table = floors()
    modules = sorted(set().union(*(table[name] for name in (*PURE, *READERS))))
    files = [file for name in modules for file in (
        [ROOT / "agent" / f"{name}.py"] if (ROOT / "agent" / f"{name}.py").exists()
        else (ROOT / "agent" / name).rglob("*.py")
    )]
    assert len(files) > 60
    asked = [
        f"{file.relative_to(ROOT)}:{node.lineno}" for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]
    assert asked == []
