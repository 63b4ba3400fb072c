"""`store check` and `store rebuild`: what is kept, and the catalog over it."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="The store: check what is kept, rebuild the catalog over it.", no_args_is_help=True)
    app.add_typer(group, name="store")
