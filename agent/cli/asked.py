"""The options that several commands share, and what completes them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli import when

FRAMEWORKS = ("iso27001-2022", "iso27001-2013")


def controls(incomplete: str) -> list[tuple[str, str]]:
    """Return the controls whose id begins so, with their titles."""
    from agent.mapping import ISO_2022, packaged_texts
    from agent.mapping.frameworks import parse_controls

    name = f"frameworks/{ISO_2022}.csv"
    known = parse_controls(packaged_texts()[name], name, ISO_2022)
    return [(one.id, one.title) for one in known if one.id.startswith(incomplete)]


def requirements(incomplete: str) -> list[tuple[str, str]]:
    """Return the packaged requirements whose id begins so, with their titles."""
    from agent.errors import AnnexaError
    from agent.mapping import load_mapping

    try:
        known = load_mapping().requirements.values()
    except AnnexaError:
        return []
    return [(one.id, one.title) for one in known if one.id.startswith(incomplete)]


def collectors(incomplete: str) -> list[tuple[str, str]]:
    """Return the collectors whose id begins so, with their titles."""
    from agent.errors import AnnexaError
    from agent.registry import Registry

    try:
        known = Registry.load().headers()
    except AnnexaError:
        return []
    return [(one.id, one.title) for one in known if one.id.startswith(incomplete)]


def scopes(context: typer.Context, incomplete: str) -> list[str]:
    """Return the scopes of the configuration that begin so."""
    import os

    from agent.config.load import find, load
    from agent.errors import AnnexaError

    explicit = context.find_root().params.get("config")
    try:
        config = load(find(explicit, os.environ, Path.cwd()), os.environ)
    except (AnnexaError, OSError):
        return []
    return [one.name for one in config.scopes if one.name.startswith(incomplete)]




def _framework(text: str | None) -> str | None:
    if text is not None and text not in FRAMEWORKS:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(FRAMEWORKS)}")
    return text


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="WHEN", callback=when.check, help="Answer for this instant, past or future: "
                 "RFC 3339, or a day, which is its local midnight in the organization's time zone. Default: now."),
]
Framework = Annotated[
    str | None,
    typer.Option("--framework", metavar="ID", callback=_framework, autocompletion=lambda: list(FRAMEWORKS),
                 help=f"{' or '.join(FRAMEWORKS)}. Default: the first of the configuration."),
]
Scope = Annotated[
    str | None, typer.Option("--scope", metavar="NAME", autocompletion=scopes, help="Only this scope.")
]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", metavar="NAME", autocompletion=scopes, help="Only this scope; may be repeated."),
]
Collectors = Annotated[
    list[str] | None,
    typer.Option("--collector", metavar="ID", autocompletion=collectors,
                 help="Only this collector, or a pattern such as 'aws.iam_*'; may be repeated."),
]
Everything = Annotated[bool, typer.Option("--all", help="Show everything, not only what needs somebody.")]
