"""The edge of the process: arguments in, an exit status out, and one line for whatever went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import typer
from typer.exceptions import TyperException

from agent.cli import trace
from agent.cli.application import GLOBAL_FLAGS, GLOBAL_VALUES, NAME, Hung, build
from agent.errors import AnnexaError

INTERRUPTED = 130
HUNG = 141
"""What a shell reports for a process that SIGPIPE ended."""
FAILED = 3


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Return the exit status of one command; whatever goes wrong is told on stderr."""
    _forgiving()
    try:
        return _run(argv)
    except (Hung, BrokenPipeError):
        return _hung()
    except AnnexaError as error:
        _tell(error.line())
        return error.exit_status
    except TyperException as error:
        _explain(error)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        _tell("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: a person gets a line, the trace goes to a file
        _tell(trace.keep(error))
        return FAILED


def _run(argv: Sequence[str]) -> int:
    answer = build()(args=list(hoisted(argv)), prog_name=NAME, standalone_mode=False)
    sys.stdout.flush()
    return answer if isinstance(answer, int) else 0


def hoisted(argv: Sequence[str]) -> Iterator[str]:
    """Yield the arguments with the global options first, wherever they were given before a `--`."""
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        name = word.partition("=")[0]
        if word == "--":
            rest += [word, *words]
        elif word in GLOBAL_FLAGS or (name in GLOBAL_VALUES and "=" in word):
            yield word
        elif word in GLOBAL_VALUES:
            yield word
            yield from _next(words)
        else:
            rest.append(word)
    yield from rest


def _next(words: Iterator[str]) -> Iterator[str]:
    with suppress(StopIteration):
        yield next(words)


def _explain(error: TyperException) -> None:
    """Print the help where a command is lacking, else the one line for a wrong argument."""
    context: Any = getattr(error, "ctx", None)
    said = error.format_message()
    if context is None or said != context.get_help():
        _tell(usage(error))
        return
    with suppress(BrokenPipeError):
        print(said, file=sys.stderr, flush=True)  # noqa: T201 - the edge speaks here


def usage(error: TyperException) -> str:
    """Return the one line for a wrong argument, with the command that explains it."""
    said = " ".join(error.format_message().split()).rstrip(".")
    context: Any = getattr(error, "ctx", None)
    path = context.command_path if context is not None else NAME
    stop = "" if said.endswith(("?", "!")) else "."
    return f"{said}{stop} See '{path} --help'"


def _tell(text: str) -> None:
    """Print each line on stderr with our name before it."""
    with suppress(BrokenPipeError):
        for line in text.splitlines():
            print(f"{NAME}: {line}", file=sys.stderr)  # noqa: T201 - the edge speaks here
        sys.stderr.flush()


def _hung() -> int:
    """Return the status for a reader that went away, and let nothing more be written to it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return HUNG


def _forgiving() -> None:
    """Let the streams replace what their encoding has not, so that a hostile name never ends a command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
