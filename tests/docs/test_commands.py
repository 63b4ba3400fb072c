"""Every `annexa …` in the README and the docs is one that the program takes, with names that exist.

In blocks a command is whole; in the middle of a sentence it may leave out what it needs.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main

from agent.cli.application import NAME, build
from agent.mapping import load_mapping
from agent.registry import Registry

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GENERATED = {"cli.md", "collectors.md", "controls.md", "coverage.md"}
"""Made from the program itself."""
OWN = {"write-a-collector.md": {"aws.sqs_queues"}}
"""What a page's reader makes."""
MAPPING = load_mapping()
NAMES = {
    "requirement": set(MAPPING.requirements),
    "collector": {header.id for header in Registry.load().headers()},
    "control": {control.id for control in MAPPING.controls("iso27001-2022")},
}
NAMES["patterns"] = NAMES["collector"]
PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9]*|.*…")
PROGRAM = typer.main.get_command(build())


class Told(NamedTuple):
    """A command as a page tells it, and whether it stands in a block of its own."""

    page: str
    line: int
    text: str
    whole: bool

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.text}"


def told(page: Path) -> Iterator[Told]:
    """Yield every command of a page."""
    lines = page.read_text("utf-8").splitlines()
    fenced, joined = "", ""
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            fenced = "" if fenced else line.strip().removeprefix("```") or "text"
            continue
        if joined or fenced in ("sh", "console") or (not fenced and line.startswith("    ")):
            joined += line.strip().removeprefix("$ ")
            if joined.endswith("\\"):
                joined = joined[:-1]
                continue
            if found := re.match(rf"(?:\.venv/bin/)?({NAME} .+)", joined):
                yield Told(page.name, number, found[1], whole=True)
            joined = ""
    text = "\n".join(lines)
    for found in re.finditer(rf"(?<!`)`({NAME}\s[^`]+)`(?!`)", text):
        yield Told(page.name, text.count("\n", 0, found.start()) + 1, " ".join(found[1].split()), whole=False)


def words(text: str) -> list[str]:
    """Return the words of one command, without comments, columns of prose and what the shell does with the output."""
    bare = re.split(r"\s{2,}(?=[a-z])|\s\[(?=-)", text)[0] if " #" not in text else text
    lexer = shlex.shlex(bare, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    found = list(lexer)
    end = next((at for at, word in enumerate(found) if set(word) <= set("|&;<>")), len(found))
    return found[1:end]


def parsed(command: Any, name: str, left: list[str], parent: Any = None) -> tuple[Any, dict[str, Any], list[str]]:
    """Return the command at the end of the words with its values and what it has no place for; raises for an option."""
    context = command.context_class(command, parent=parent, info_name=name)
    values, left, _order = command.make_parser(context).parse_args(list(left))
    below = getattr(command, "commands", None)
    if below is None or not left:
        return command, values, left
    assert left[0] in below, f"there is no command {left[0]!r} in {name!r}"
    return parsed(below[left[0]], left[0], left[1:], context)


def each(value: Any) -> list[str]:
    return [] if value is None or isinstance(value, bool) else [value] if isinstance(value, str) else list(value)


TOLD = [one for page in PAGES if page.name not in GENERATED for one in told(page)]


def test_the_pages_tell_commands() -> None:
    assert len(TOLD) > 100
    assert sum(one.whole for one in TOLD) > 50
    assert {"README.md", "query.md", "verify.md", "lab.md"} <= {one.page for one in TOLD}


@pytest.mark.parametrize("one", TOLD, ids=str)
def test_the_program_takes_it(one: Told) -> None:
    command, values, left = parsed(PROGRAM, NAME, words(one.text))
    assert not left, f"no place for {left}"
    for param in command.params:
        given = [value for value in each(values.get(param.name)) if not PLACEHOLDER.fullmatch(value)]
        for value in given if param.name in NAMES else ():
            known = NAMES[param.name] | OWN.get(one.page, set())
            assert any(fnmatch(name, value) for name in known), f"there is no {param.name} {value!r}"
        if one.whole and param.required and "help" not in values:
            assert values.get(param.name), f"{param.name} is lacking"
    if one.whole and hasattr(command, "commands") and command.no_args_is_help:
        assert values.get("help"), "a command below it is lacking"


@pytest.mark.parametrize(
    "text",
    [
        "annexa evidence add risk-assessment-results --file assessment.pdf", "annexa evidence add risk-assessment a.pdf",
        "annexa evidence pin 3f2a", "annexa status --control 8.99", "annexa evidence list --collector aws.backup_*_tests",
        "annexa diff backup-coverage --from 2026-07-01", "annexa verify a b c",
    ],
)
def test_what_it_does_not_take_is_noticed(text: str) -> None:
    with pytest.raises(Exception, match=r"(?i)no such option|there is no|lacking|no place"):
        test_the_program_takes_it(Told("README.md", 1, text, whole=True))
