"""`keys`: the signing key and the wrapping key changed, and the trust root that names every key with its span."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from agent.cli import asked, session
from agent.cli.application import add

To = Annotated[str, typer.Option("--to", metavar="ADDRESS", help="The key that comes: awskms:…, gcpkms:…, "
                                 "azurekms://…, or file:PATH. Default: a new file in the place of the old one.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="The keys: change what signs or what wraps, print the trust root.", no_args_is_help=True)
    add(group, rotate)
    add(group, trust)
    add(group, rewrap)
    app.add_typer(group, name="keys")


def rotate(
    context: typer.Context,
    to: To = "",
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the log for ever.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides it. Default: the login name.")] = "",
    json: asked.Json = False,
) -> None:
    """Let another key sign from here on; what the old one signed stays trusted, and the log shows the change."""
    from agent.assembly import keeping

    with session.opened(context, writer=True) as app:
        before = app.config.signing
        key = keeping.rotate(app, to, reason, by or getpass.getuser())
    if json:
        session.emit({"keyid": key.keyid, "signing": to or before or None})
        return
    screen = session.screen(context)
    screen.line(f"The key {key.keyid[:16]} signs from here on")
    if to and to != before:
        screen.line(f"Now write into the configuration: signing: {to}")
    elif not to and before and not before.startswith("file:"):
        screen.line("Now take signing: out of the configuration")
    screen.line("Give the new trust root to whoever verifies: annexa keys trust")


def rewrap(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="The wrapping key that comes: awskms:…, or "
                                    "file:PATH, which is made where it is not there.")],
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the access log.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides it. Default: the login name.")] = "",
    json: asked.Json = False,
) -> None:
    """Wrap the data keys of encrypted objects by another key, in one step; the objects stay as they are."""
    from agent.assembly import keeping

    with session.opened(context, writer=True) as app:
        count = keeping.rewrap(app, to, reason, by or getpass.getuser())
    if json:
        session.emit({"keys": count, "encryption": to})
        return
    screen = session.screen(context)
    screen.line(f"{count:,} data keys are wrapped by {to}")
    screen.line(f"Now write into the configuration: encryption: {to}")


def trust(context: typer.Context, json: asked.Json = False) -> None:
    """Print the trust root: every key with the span of what it signed, to be handed to whoever verifies."""
    from agent.store.keys import public_pem

    with session.opened(context) as app:
        if json:
            session.emit({"keys": [
                {"id": era.key.keyid, "from": era.since, "until": era.until, "pem": public_pem(era.key).decode()}
                for era in app.store.eras()
            ]})
            return
        text = "\n".join(era.text() for era in app.store.eras())
        session.write(f"# the trust root of {app.config.organization}; keep it outside of the store\n{text}".encode())
