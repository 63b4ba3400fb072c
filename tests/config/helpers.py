"""A smallest configuration, and what the mistakes in a text are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.config import Config, load
from agent.config.interpolate import Outside
from agent.config.load import build
from agent.errors import ConfigurationError
from agent.yamlfile import parse

BASE = "organization: Example Ltd\ntimezone: Europe/Berlin\n"


def config(text: str, environ: dict[str, str] | None = None, folder: str = "/etc/annexa") -> Config:
    """Return the configuration of BASE and a text, with the places of BASE counted."""

    def read(path: str) -> str:
        raise FileNotFoundError(2, "No such file or directory", path)

    return build(parse(BASE + text, "annexa.yaml"), Outside(environ or {}, read), Path(folder))


def refusal(do: Callable[[], object]) -> list[str]:
    """Return the lines that a person reads where a call raises a `ConfigurationError`, else none."""
    try:
        do()
    except ConfigurationError as error:
        return error.line().splitlines()
    return []


def mistakes(text: str, environ: dict[str, str] | None = None) -> list[str]:
    """Return the mistakes of BASE and a text; line 3 is the first line of the text."""
    return refusal(lambda: config(text, environ))


def written(folder: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    """Return the configuration of a file in a folder."""
    path = folder / "annexa.yaml"
    path.write_text(text, "utf-8")
    return load(path, environ or {})
