"""Logs at the edge: short lines on stderr for commands, JSON for the service; a trace never reaches a person."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

from agent.cli import trace
from agent.cli.application import NAME

_LEVELS = {0: logging.WARNING, 1: logging.INFO}
Event = MutableMapping[str, Any]


class Stderr:
    """A logger that looks stderr up at each line, so that a progress bar may stand between them."""

    def msg(self, message: str) -> None:
        """Write one line."""
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = exception = log = msg


def to_console(verbose: int = 0, *, quiet: bool = False) -> None:
    """Log warnings for people; -v what is done, -vv everything, quiet errors alone."""
    level = logging.ERROR if quiet else _LEVELS.get(verbose, logging.DEBUG)
    _configure(level, [_line])


def to_json(verbose: int = 0) -> None:
    """Log everything from INFO on as one JSON object a line."""
    level = logging.DEBUG if verbose else logging.INFO
    _configure(level, [structlog.processors.TimeStamper("iso", utc=True), structlog.processors.dict_tracebacks,
                       structlog.processors.JSONRenderer(default=str, ensure_ascii=False)])


def _configure(level: int, processors: list[Callable[..., Any]]) -> None:
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, *processors],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_names: Stderr(),
        cache_logger_on_first_use=False,
    )
    # Libraries speak through the standard module: their warnings are ours to tell, their chatter is not.
    logging.basicConfig(level=max(level, logging.ERROR), stream=sys.stderr, format=f"{NAME}: %(message)s", force=True)


def _line(_logger: Any, _method: str, event: Event) -> str:
    """Return an event as one line; its trace goes to a file that the line names."""
    error = event.pop("exc_info", None)
    level, text = event.pop("level", ""), str(event.pop("event", ""))
    event.pop("logger", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["trace"] = trace.note(error)
    facts = " ".join(f"{key}={_short(value)}" for key, value in event.items() if value not in (None, ""))
    return f"{NAME}: {level}: {text}{' ' if facts else ''}{facts}"


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return repr(text) if " " in text else text
