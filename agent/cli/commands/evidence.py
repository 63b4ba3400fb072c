"""`evidence` and `query`: the artifacts and their records."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="The artifacts: list them, look into them, add documents, take them out.",
                        no_args_is_help=True)
    app.add_typer(group, name="evidence")
