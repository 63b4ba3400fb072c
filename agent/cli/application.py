"""The application: the global options, and the commands in the order in which `--help` lists them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from agent import __version__

NAME = "annexa"
GLOBAL_FLAGS = frozenset({"--no-color", "--quiet", "-q", "--verbose", "-v", "-vv"})
"""The global options without a value; they may stand anywhere on the line."""
GLOBAL_VALUES = frozenset({"--config", "-c"})
"""The global options with a value."""


class Hung(Exception):  # noqa: N818 - it is no error: whoever read the output has seen enough
    """The reader of our output went away."""


class Group(TyperGroup):
    """A group that keeps a broken pipe apart from an error."""

    def invoke(self, ctx: Any) -> Any:
        """Invoke the command; raises `Hung` where its output has no reader any more."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise Hung from None


@dataclass(frozen=True, slots=True)
class Options:
    """The global options of one invocation."""

    config: Path | None
    color: bool
    quiet: bool
    verbose: int


def options(context: typer.Context) -> Options:
    """Return the global options that a command was called with."""
    found = context.find_root().obj
    assert isinstance(found, Options)
    return found


def add(app: typer.Typer, command: Callable[..., None], name: str = "") -> None:
    """Add a command; the list of commands shows its whole first sentence."""
    sentence = (command.__doc__ or "").partition("\n\n")[0]
    app.command(name or command.__name__, short_help=" ".join(sentence.split()))(command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


def _callback(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="The configuration file. Default: ANNEXA_CONFIG, "
                     "else annexa.yaml in the working directory."),
    ] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, notes or warnings.")] = False,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, show_default=False,
                          help="Log what is done on stderr; -vv all of it."),
    ] = 0,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Collect ISO/IEC 27001 evidence, and say what will be stale or missing on audit day.

    Exit status: 0 done; 1 something is as --fail-on says; 2 a wrong argument or configuration;
    3 a run failed or was partial, or the store failed. The options above may stand anywhere on the line.
    """
    color = not no_color and not os.environ.get("NO_COLOR")
    context.obj = Options(config, color, quiet, verbose)


def build() -> typer.Typer:
    """Return the application with all its commands."""
    from agent.cli.commands import (
        answers,
        asking,
        catalog,
        collecting,
        controls,
        custody,
        evidence,
        exporting,
        keeping,
        keys,
        mappings,
        sampling,
        starting,
        verifying,
    )

    app = typer.Typer(
        cls=Group, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _width()},
    )
    app.callback()(_callback)
    for module in (starting, collecting, answers, evidence, verifying, sampling, exporting, asking, controls, catalog,
                   mappings, keeping, custody, keys):
        module.register(app)
    return app


def _width() -> int:
    """Return how wide help may be: the terminal, at most 100."""
    if not sys.stdout.isatty():
        return 80
    said = os.environ.get("COLUMNS", "")
    return min(100, int(said) if said.isascii() and said.isdecimal() and len(said) <= 4 else 0) or 100


__all__ = ["GLOBAL_FLAGS", "GLOBAL_VALUES", "NAME", "Group", "Hung", "Options", "add", "build", "options"]
