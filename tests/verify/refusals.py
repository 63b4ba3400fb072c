"""Each refusal of the verifier left out, one at a time, under each test that reaches it, until one of them fails.

`python -m tests.verify.refusals` runs the tests with this module as a plugin. Every statement below
that refuses (`raise VerificationError`, `step.refuse`) gets a number and a switch when its module is
loaded. After a test has passed, it runs again for each refusal that it reached and that no test has
missed yet, with that one left out; the refusal is missed when the test fails now. A refusal that no
test reaches, or that every test does without, stays.
"""

from __future__ import annotations

import ast
import builtins
import importlib.machinery
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parents[2]
FILES = sorted([
    *(ROOT / "agent/verify").glob("*.py"), *(ROOT / "agent/seal").glob("*.py"), *(ROOT / "agent/timestamps").glob("*.py"),
    *(ROOT / "agent/store" / f"{name}.py" for name in ("custody", "logfiles", "sampled", "verified")),
])
TESTS = ("tests/seal", "tests/timestamps", "tests/verify", "tests/export", "tests/witnesses", "tests/store")
FOLDER = "ANNEXA_REFUSALS"
"""The variable with the folder into which each process of pytest writes what it found."""
SECONDS = 120
"""A test that runs longer without a refusal hangs for lack of it."""


class Refusal(NamedTuple):
    file: str
    line: int
    text: str


class Switches(ast.NodeTransformer):
    """Puts a switch before each refusal of a module; `found` are the refusals in their order."""

    def __init__(self, file: Path, source: bytes) -> None:
        self.found: list[Refusal] = []
        self._file = file.relative_to(ROOT).as_posix()
        self._lines = source.decode().splitlines()

    def visit_Raise(self, node: ast.Raise) -> ast.stmt:
        called = node.exc.func if isinstance(node.exc, ast.Call) else None
        return self._switch(node) if isinstance(called, ast.Name) and called.id == "VerificationError" else node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        called = node.value.func if isinstance(node.value, ast.Call) else None
        return self._switch(node) if isinstance(called, ast.Attribute) and called.attr == "refuse" else node

    def _switch(self, node: ast.stmt) -> ast.stmt:
        self.found.append(Refusal(self._file, node.lineno, self._lines[node.lineno - 1].strip()))
        asked = ast.parse(f"_refuses({self._file!r}, {node.lineno})", mode="eval").body
        return ast.fix_missing_locations(ast.copy_location(ast.If(asked, [node], []), node))


def refusals() -> list[Refusal]:
    """Return every refusal of the verifier."""
    return [one for file in FILES for one in _switched(file, file.read_bytes())[1]]


def _switched(file: Path, source: bytes) -> tuple[ast.Module, list[Refusal]]:
    switches = Switches(file, source)
    return switches.visit(ast.parse(source)), switches.found


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module with its switches; what is compiled already has none."""

    def get_code(self, fullname: str) -> CodeType:
        file = Path(self.path)
        return compile(_switched(file, file.read_bytes())[0], self.path, "exec", dont_inherit=True)


class Finder(MetaPathFinder):
    """Finds the modules that refuse."""

    def __init__(self) -> None:
        self._files = {str(file) for file in FILES}

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not name.startswith("agent."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin in self._files:
            spec.loader = Loader(name, str(spec.origin))
        return spec


class Plugin:
    """Runs each test again without what it reached."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reached: set[tuple[str, int]] = set()
        self._without: tuple[str, int] | None = None
        self._missed: dict[tuple[str, int], str] = {}
        self._ever: set[tuple[str, int]] = set()

    def refuses(self, file: str, line: int) -> bool:
        """Note that a refusal is reached, and return whether it is made."""
        self._reached.add((file, line))
        return self._without != (file, line)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
        self._reached = set()
        yield
        reached = self._reached
        self._ever |= reached
        for one in sorted(reached - self._missed.keys()):
            if self._fails(item, nextitem, one):
                self._missed[one] = item.nodeid

    def _fails(self, item: pytest.Item, nextitem: pytest.Item | None, one: tuple[str, int]) -> bool:
        self._without = one
        if hasattr(item, "_initrequest"):
            item._initrequest()
        before = signal.signal(signal.SIGALRM, _hangs)
        signal.alarm(SECONDS)
        try:
            return any(report.failed for report in runtestprotocol(item, log=False, nextitem=nextitem))
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
            self._without = None

    def pytest_sessionfinish(self) -> None:
        found = {"missed": [[*one, test] for one, test in self._missed.items()], "reached": sorted(self._ever)}
        (self._folder / f"{os.getpid()}.json").write_text(json.dumps(found))


def _hangs(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError("the test does not end without the refusal")


def _begin(folder: Path) -> Plugin:
    """Set the switches; a plugin named by `-p` is loaded before a `conftest.py` loads anything of the agent."""
    early = [name for name in sys.modules if name.startswith(("agent.verify", "agent.seal"))]
    assert not early, f"loaded before their switches: {early}"
    plugin = Plugin(folder)
    builtins._refuses = plugin.refuses  # type: ignore[attr-defined]  # what the switches call
    sys.meta_path.insert(0, Finder())
    return plugin


PLUGIN = _begin(Path(os.environ[FOLDER])) if FOLDER in os.environ else None


def pytest_configure(config: pytest.Config) -> None:
    """Take part in the run."""
    if PLUGIN is not None:
        config.pluginmanager.register(PLUGIN, "refusals")


def main(tests: list[str]) -> int:
    """Run the tests, tell which refusals nothing misses."""
    missed: dict[tuple[str, int], str] = {}
    reached: set[tuple[str, int]] = set()
    with tempfile.TemporaryDirectory(prefix="refusals-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", "-p", "tests.verify.refusals",
             "-p", "no:cacheprovider", "-m", "not slow", *(tests or TESTS)],
            cwd=ROOT, env={**os.environ, FOLDER: folder, "PYTHONPATH": str(ROOT)}, check=False)
        for file in Path(folder).glob("*.json"):
            found = json.loads(file.read_text("utf-8"))
            missed |= {(name, line): test for name, line, test in found["missed"]}
            reached |= {(name, line) for name, line in found["reached"]}
    every = refusals()
    for one in every:
        at = (one.file, one.line)
        said = f"missed by {missed[at]}" if at in missed else "STAYS" if at in reached else "NOT REACHED"
        print(f"{one.file}:{one.line}  {said}  {one.text}")
    print(f"{len(every)} refusals, {sum((one.file, one.line) in missed for one in every)} missed when left out")
    return done.returncode or int(len(missed) < len(every))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
