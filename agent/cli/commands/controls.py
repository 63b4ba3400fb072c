"""`controls`: what there is to show, and what shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import asked, session, when
from agent.cli.application import add

if TYPE_CHECKING:
    from agent.mapping import Mapping


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    add(app, controls)


def current(context: typer.Context) -> Mapping:
    """Return the mapping of today, with the configuration's own where there is one."""
    from agent.mapping import load_mapping

    config = session.configured(context, needed=False)
    return load_mapping(*(config.folder / one for one in config.mappings.directories) if config else ())


def _mapping_at(context: typer.Context, as_of: str) -> tuple[Mapping, datetime]:
    """Return the mapping that was in force, which the store keeps, and the instant that is asked about."""
    with session.opened(context) as app:
        instant = when.instant(as_of, app.config.timezone) or app.clock()
        return app.mapping_at(instant), instant


def controls(
    context: typer.Context,
    control: Annotated[str, typer.Argument(metavar="ID", autocompletion=asked.controls,
                                           help="Only this control, with its requirements.")] = "",
    framework: asked.Framework = None,
    as_of: asked.AsOf = None,
    json: asked.Json = False,
) -> None:
    """List the controls of a framework, and what shows each of them; at another day, by the mapping in force then."""
    from agent.cli.show import catalog
    from agent.errors import ConfigurationError
    from agent.mapping import ISO_2022

    mapping, instant = _mapping_at(context, as_of) if as_of else (current(context), datetime.now(UTC))
    name = framework or ISO_2022
    listed = [one for one in mapping.controls(name) if control.removeprefix("A.") in ("", one.id.removeprefix("A."))]
    if not listed:
        raise ConfigurationError(f"{name} has no control {control!r}", advice="annexa controls lists them all")
    if json:
        told = [catalog.control_json(mapping, one) for one in listed]
        session.emit({"as_of": instant, "framework": name, "controls": told})
    elif control:
        catalog.control(session.screen(context), mapping, listed[0])
    else:
        catalog.controls(session.screen(context), mapping, listed)
