"""What a command works with: the application opened, logs on stderr, answers on stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from agent.cli import trace
from agent.cli.application import NAME, Options, options

if TYPE_CHECKING:
    from agent.assembly import App
    from agent.cli.screen import Screen
    from agent.config.model import Config


@contextmanager
def opened(context: typer.Context, *, writer: bool = False, service: bool = False) -> Iterator[App]:
    """Yield the application of the configuration; a writer holds the store for itself, a service logs as JSON."""
    from agent.assembly import App
    from agent.cli import logs

    asked = options(context)
    if service:
        logs.to_json(asked.verbose)
    else:
        logs.to_console(asked.verbose, quiet=asked.quiet)
    explicit = str(asked.config) if asked.config else None
    with App.open(explicit, os.environ, writer=writer) as app:
        trace.prefer(app.config.data)
        warn(asked, app.config)
        yield app


@contextmanager
def opened_anyhow(context: typer.Context) -> Iterator[App]:
    """Yield the application to write, or where another agent holds the store, to read beside it."""
    from contextlib import ExitStack

    from agent.errors import StoreError

    with ExitStack() as stack:
        try:
            app = stack.enter_context(opened(context, writer=True))
        except StoreError as first:
            try:
                app = stack.enter_context(opened(context))
            except StoreError:
                raise first from None
        yield app


def configured(context: typer.Context, *, needed: bool = True) -> Config | None:
    """Return the configuration alone; None where it is not needed, not named and not there."""
    from agent.config.load import FILE, VARIABLE, find, load

    asked = options(context)
    here = Path.cwd()
    if not needed and asked.config is None and not os.environ.get(VARIABLE) and not (here / FILE).is_file():
        return None
    config = load(find(asked.config, os.environ, here), os.environ)
    trace.prefer(config.data)
    warn(asked, config)
    return config


def warn(asked: Options, config: Config) -> None:
    """Tell on stderr what works and should be different, unless asked to be quiet."""
    if not asked.quiet:
        for warning in config.warnings:
            say(f"warning: {warning}")


def say(text: str) -> None:
    """Print one line on stderr with our name before it."""
    print(f"{NAME}: {' '.join(text.split())}", file=sys.stderr)  # noqa: T201 - the edge speaks here


def screen(context: typer.Context) -> Screen:
    """Return the screen on stdout."""
    from agent.cli.screen import Screen

    return Screen.of(options(context))


def emit(value: Any) -> None:
    """Print JSON on stdout in UTF-8: one line for machines, indented for a terminal."""
    import json

    from agent import canonical

    data = canonical.line(_utc(value))
    if sys.stdout.isatty():
        data = f"{json.dumps(canonical.loads(data), indent=2, ensure_ascii=False)}\n".encode()
    write(data)


def write(data: bytes) -> None:
    """Write bytes to stdout as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _utc(value: Any) -> Any:
    """Return the value with every instant in UTC, so that all are written with Z."""
    if isinstance(value, datetime):
        from agent.cli.words import utc

        return utc(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {key: _utc(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_utc(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _utc(getattr(value, one.name)) for one in fields(value)}
    return value
