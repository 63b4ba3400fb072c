"""`verify`: a store, an export or a single artifact against a trust root that lies outside of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import asked, session
from agent.cli.application import add, options

if TYPE_CHECKING:
    from agent.verify import Kept, Report

Subject = Annotated[str, typer.Argument(metavar="[STORE|EXPORT|PACKAGE|ARTIFACT]", help="A data directory, the "
                                        "folder of an export, an audit package (the ZIP or the folder that it was "
                                        "unpacked to), or an artifact's id. Default: the store of the configuration.")]
Key = Annotated[Path | None, typer.Option("--key", metavar="FILE", envvar="ANNEXA_TRUST", help="The trust root: a PEM "
                                          "file with the public key that you were given, kept outside the store.")]
Checkpoint = Annotated[Path | None, typer.Option("--checkpoint", metavar="FILE", help="A checkpoint that you kept from "
                                                 "earlier: the log must continue it.")]
Keep = Annotated[Path | None, typer.Option("--keep", metavar="FILE", help="Write the checkpoint here if everything "
                                           "holds, for --checkpoint next time.")]
Unlock = Annotated[str, typer.Option("--unlock", metavar="ADDRESS", help="For a data directory whose objects are "
                                     "encrypted: what wraps its data keys, file:PATH or awskms:…")]
Each = Annotated[bool, typer.Option("--all", help="List since when each artifact is anchored, one by one.")]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    add(app, verify)


def verify(
    context: typer.Context,
    subject: Subject = "",
    key: Key = None,
    checkpoint: Checkpoint = None,
    keep: Keep = None,
    everything: Each = False,
    unlock: Unlock = "",
    json: asked.Json = False,
) -> None:
    """Verify a store, an export, a package or an artifact step by step; exit with 3 unless everything holds."""
    from agent.cli.show import verified
    from agent.errors import ConfigurationError

    if key is None:
        raise ConfigurationError(
            "no trust root is named", advice="Name the file with the public key that you were given, --key FILE; "
            "the agent's is keys/signing-key.pub in its data directory, and is worth a copy elsewhere",
        )
    report = _judge(context, subject, key, read_kept(checkpoint) if checkpoint else None, unlock)
    if keep is not None and report.holds:
        _keep(keep, report.checkpoint)
    if json:
        session.emit(verified.as_json(report))
    else:
        verified.shown(session.screen(context), report, everything=everything)
    if not report.holds:
        raise typer.Exit(3)


def read_kept(file: Path) -> Kept:
    """Return a checkpoint that somebody kept."""
    from agent.errors import ConfigurationError
    from agent.verify import Kept

    try:
        return Kept(str(file), file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"the checkpoint {file} cannot be read: {error.strerror}") from error


def _keep(file: Path, note: bytes) -> None:
    from agent.errors import ConfigurationError

    try:
        file.write_bytes(note)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from error


def _judge(context: typer.Context, subject: str, key: Path, kept: Kept | None, unlock: str) -> Report:
    from agent.cli import watch
    from agent.verify import places

    folder = Path(subject)
    with watch.counting(options(context), "Verifying") as progress:
        if subject and folder.is_dir():
            return places.folder(folder, key, kept, progress, unlock)
        if subject and folder.is_file():
            return places.package(folder, key, kept, progress)
        with session.opened(context) as app:
            judged = [app.config.data]
            if subject:
                return places.artifact(app.store, subject, key, judged, kept)
            return places.store(str(app.config.data), app.store, key, judged, kept, progress)
