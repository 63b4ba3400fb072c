"""From a file to a configuration: found, read, filled from outside, and checked as a whole."""

from __future__ import annotations

import dataclasses
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent import yamlfile
from agent.config import check, plain, regions, shape
from agent.config.interpolate import Outside, interpolate
from agent.config.kinds import TIMEZONE
from agent.config.model import Config, Route
from agent.errors import ConfigurationError, ConfigurationErrors, Place
from agent.yamlfile import Node

FILE = "annexa.yaml"
VARIABLE = "ANNEXA_CONFIG"
_ADVICE = "Write one with 'annexa init', or name it with --config or ANNEXA_CONFIG"


def find(explicit: Path | None, environ: Mapping[str, str], folder: Path) -> Path:
    """Return the file to use: the one named, that of `ANNEXA_CONFIG`, or `annexa.yaml` in the folder."""
    named = explicit or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    path = folder / (named or FILE)
    if path.is_dir():
        path /= FILE
    if not path.is_file():
        source = "" if explicit else f" (from {VARIABLE})" if named else ""
        raise ConfigurationError(f"there is no configuration file {path}{source}", advice=_ADVICE)
    return path


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read a file; raises `ConfigurationErrors` with every mistake in it, or one `ConfigurationError`."""
    folder = path.parent.absolute()
    outside = Outside(environ, lambda name: (folder / name).read_text("utf-8"))
    config = build(yamlfile.load(path), outside, folder)
    return dataclasses.replace(config, warnings=(*_mode(config, path), *regions.doubts(config)))


def build(written: Node, outside: Outside, folder: Path) -> Config:
    """Return the configuration that a document says; its paths are relative to the absolute folder."""
    if written.kind == "scalar" and written.scalar is None:
        raise ConfigurationError("the file is empty", place=written.place, advice="Write one with 'annexa init'")
    filled, errors = interpolate(written, outside)
    errors = [*plain.refused(written), *errors]
    settled = {error.place for error in errors}
    found: list[ConfigurationError] = [*check.whole(filled)]
    config = None
    try:
        config = _config(filled, folder)
    except ConfigurationError as error:
        found.append(error)
    # What could not be filled, or is refused, says nothing more: a second line on it would be noise.
    errors += [error for error in ConfigurationErrors(found).errors if error.place not in settled]
    if errors or config is None:
        raise ConfigurationErrors(_in_order(errors))
    return config


def _config(node: Node, folder: Path) -> Config:
    look = shape.Look(folder, ZoneInfo("UTC"))
    if (said := node.get("timezone")) is not None:
        with suppress(ConfigurationError):  # read again below, where its error is kept
            look = shape.Look(folder, TIMEZONE.read(said, "'timezone'", look))
    config = shape.read(Config, node, "the configuration", look)
    named = tuple(_named(number, route) for number, route in enumerate(config.alerts.routes, 1))
    return dataclasses.replace(
        config,
        data=config.data if config.data.is_absolute() else folder / config.data,
        folder=folder,
        alerts=dataclasses.replace(config.alerts, routes=named),
        places=dict(_places(node, "")),
    )


def _named(number: int, route: Route) -> Route:
    return route if route.name else dataclasses.replace(route, name=f"route-{number}")


def _places(node: Node, path: str) -> Iterator[tuple[str, Place]]:
    for name, child in node.entries.items():
        below = f"{path}.{name}" if path else name
        yield below, node.where(name)
        yield from _places(child, below)
    for number, child in enumerate(node.elements):
        below = f"{path}[{number}]"
        yield below, child.place
        yield from _places(child, below)


def _in_order(errors: list[ConfigurationError]) -> list[ConfigurationError]:
    """Return the single errors by line and column, each once."""
    single = {error.line(): error for error in ConfigurationErrors(errors).errors}

    def key(error: ConfigurationError) -> Any:
        return (error.place.line, error.place.column) if error.place else (0, 0)

    return sorted(single.values(), key=key)


def _mode(config: Config, path: Path) -> Iterator[str]:
    inline = [route for route in config.alerts.routes if not route.to.origin and plain.carries_token(route.to.reveal())]
    if inline and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield f"{path}: others can read this file, and the route {inline[0].name} has its token in it. chmod 600 {path}"
