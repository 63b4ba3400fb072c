"""The page docs/cli.md, made of the help of every command; `docs/generate.py` writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

from agent.cli.application import NAME, build

WIDTH = 80
_HEAD = """\
# The command line

Generated from the help of each command by `python docs/generate.py`; a test checks that it is current.

Answers go to stdout, everything else to stderr: progress, notes, and one line for each error with what to do next.
Every listing takes `--json`: UTF-8, instants in RFC 3339 and UTC. Where stdout is no terminal nothing is coloured, and
`NO_COLOR` or `--no-color` turns colours off everywhere; every state has a word and a sign beside its colour.

| exit status | means |
| --- | --- |
| 0 | done |
| 1 | something is as `--fail-on` says; a timeline of `mapping test` differs |
| 2 | a wrong argument, configuration or mapping |
| 3 | a run failed or was partial, a check of `doctor` or `store check` failed, or the store cannot be used |
| 130 | interrupted; what had ended is kept |
| 141 | whoever read the output went away |

Completion of commands, options, controls, collectors and scopes: `annexa --install-completion`.
"""


def page() -> str:
    """Return the whole page."""
    command = typer.main.get_command(build())
    return "\n".join([_HEAD, *_sections(command, NAME, None)])


def _sections(command: Any, name: str, parent: Any) -> Iterator[str]:
    context = command.make_context(name, [], parent=parent, resilient_parsing=True, terminal_width=WIDTH,
                                   max_content_width=WIDTH)
    path = context.command_path
    yield f"{'##' if path.count(' ') < 2 else '###'} {path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    for below, one in getattr(command, "commands", {}).items():
        yield from _sections(one, below, context)


if __name__ == "__main__":
    sys.stdout.write(page())
