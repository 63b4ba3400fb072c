"""What is done with artifacts by name and reason: `evidence void`, `hold`, `release`, `history`; `retention run`."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import asked, session
from agent.cli.application import add

if TYPE_CHECKING:
    from agent.store import ActRow

Artifact = Annotated[str, typer.Argument(metavar="ARTIFACT", help="An artifact's id, or a beginning of it that only "
                                         "one has; annexa evidence list shows them.")]
Subject = Annotated[str | None, typer.Argument(metavar="ARTIFACT", help="An artifact's id, or a beginning of it; none "
                                               "with --scope.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the log for ever.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides it. Default: the login name.")]


def register_evidence(group: typer.Typer) -> None:
    """Add the commands to the group `evidence`."""
    for command in (void, hold, release, holds, history, erase):
        add(group, command)


def register(app: typer.Typer) -> None:
    """Add the group `retention` to the application."""
    group = typer.Typer(help="The retention: what is past it, and its deletion.", no_args_is_help=True)
    add(group, run)
    app.add_typer(group, name="retention")


def void(context: typer.Context, artifact: Artifact, reason: Reason, by: By = "", json: asked.Json = False) -> None:
    """Void an artifact: it is no evidence from now on; nothing is deleted, and the log shows it."""
    from agent.assembly import keeping
    from agent.cli.show import artifacts

    with session.opened_anyhow(context) as app:
        row = keeping.void(app, artifact, reason, by or getpass.getuser())
        if json:
            session.emit(artifacts.row_json(row, app.clock()))
        elif row.voided_at is None:
            session.screen(context).line(f"{row.id} waits to be void: the agent that runs records it within a minute")
        else:
            session.screen(context).line(f"{row.id} is void, by {row.voided_by}: {row.void_reason}")


def hold(
    context: typer.Context, artifact: Subject = None, scope: asked.Scope = None, *, reason: Reason, by: By = "",
    json: asked.Json = False,
) -> None:
    """Place a legal hold on an artifact or a scope: no retention deletes what it covers."""
    from agent.assembly import keeping

    subject = _subject(artifact, scope)
    with session.opened_anyhow(context) as app:
        placed = keeping.hold(app, subject, reason, by or getpass.getuser())
    if json:
        session.emit({"hold": _hold(placed) if placed else None})
    elif placed is None:
        session.screen(context).line("The hold waits: the agent that runs records it within a minute")
    else:
        session.screen(context).line(f"Hold {placed.name} is on {placed.subject}")


def release(
    context: typer.Context, artifact: Subject = None, scope: asked.Scope = None,
    name: Annotated[str, typer.Option("--hold", metavar="NAME", help="Which one, where there are several.")] = "",
    *, reason: Reason, by: By = "", json: asked.Json = False,
) -> None:
    """Release a legal hold; what it covered follows the retention again."""
    from agent.assembly import keeping

    subject = _subject(artifact, scope)
    with session.opened_anyhow(context) as app:
        released = keeping.release(app, subject, name, reason, by or getpass.getuser())
    session.emit({"released": released}) if json else session.screen(context).line(f"Hold {released} is released")


def erase(
    context: typer.Context,
    scope: Annotated[str, typer.Option("--scope", metavar="NAME", autocompletion=asked.scopes,
                                       help="The scope whose records are erased.")],
    reason: Reason,
    by: By = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")] = False,
    json: asked.Json = False,
) -> None:
    """Erase the records of a scope for good, by destroying its data key; seals and leaves stay and say so."""
    from agent.assembly import keeping

    with session.opened(context, writer=True) as app:
        rows = app.store.erasable(scope, app.clock())
        naming = keeping.naming(app, scope)
        _sure(f"The records of {len(rows):,} artifacts of the scope {scope} will be gone for good", yes=yes)
        act = keeping.erase(app, scope, reason, by or getpass.getuser())
    if json:
        session.emit({"scope": scope, "artifacts": len(rows), "key": act.name or None, "by": act.by,
                      "reason": act.reason, "at": act.recorded_at, "leaf": act.leaf, "samples": naming})
        return
    screen = session.screen(context)
    screen.line(f"The records of {len(rows):,} artifacts of the scope {scope} are erased: leaf {act.leaf:,} of the log")
    if naming:
        screen.line(f"Samples name records of it by id, and stay: {', '.join(naming)}")
    screen.line("Not erased are exports, packages, and backups of data-keys.json: annexa keys rewrap, then destroy the "
                "old wrapping key")


def _sure(what: str, *, yes: bool) -> None:
    """Ask whether it is meant; raise `ConfigurationError` where nobody can be asked, or the answer is no."""
    from agent.errors import ConfigurationError

    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError(what, advice="Say --yes if that is meant")
    if not typer.confirm(f"{what}. Go on?", err=True):
        raise ConfigurationError("nothing was erased", advice="Say yes if it is meant")


def _subject(artifact: str | None, scope: str | None) -> str:
    if (artifact is None) == (scope is None):
        raise typer.BadParameter("name an artifact, or a --scope")
    return artifact if artifact is not None else f"scope:{scope}"


def _hold(act: ActRow) -> dict[str, object]:
    return {"name": act.name, "subject": act.subject, "reason": act.reason, "by": act.by, "since": act.recorded_at,
            "leaf": act.leaf}


def holds(context: typer.Context, json: asked.Json = False) -> None:
    """List the legal holds in force."""
    from agent.cli.show import custody

    with session.opened(context) as app:
        found = app.store.holds()
        if json:
            session.emit({"holds": [_hold(one) for one in found]})
        else:
            custody.holds(session.screen(context), found, app.config.timezone)


def history(context: typer.Context, artifact: Artifact, json: asked.Json = False) -> None:
    """Print an artifact's chain of custody: identified, collected, acquired, preserved, and everything done since."""
    from agent.assembly import history as chain
    from agent.cli.show import custody

    with session.opened(context) as app:
        told = chain.history(app, artifact)
        if json:
            session.emit(told)
        else:
            custody.shown(session.screen(context), told, app.config.timezone)


def run(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be deleted.")] = False,
    by: By = "",
    json: asked.Json = False,
) -> None:
    """Delete the objects that are past their retention and under no hold; their leaves stay and say so."""
    from dataclasses import asdict

    from agent.assembly import keeping
    from agent.cli.show import custody

    with session.opened(context, writer=not dry_run) as app:
        found = keeping.past(app) if dry_run else keeping.run(app, by or getpass.getuser())
        if json:
            objects = [asdict(one) for one in found.doomed]
            session.emit({"deleted": not dry_run, "objects": objects, "held": found.held, "locked": found.locked})
        else:
            custody.retention(session.screen(context), found, app.config.timezone, dry_run=dry_run)
