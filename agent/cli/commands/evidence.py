"""`evidence`: the artifacts, listed, looked into, taken out; and documents put in."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import asked, session, when
from agent.cli.application import add, options

if TYPE_CHECKING:
    from datetime import datetime

    from agent.assembly import App
    from agent.store import ArtifactRow

Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why, for the access log.")]
OUTCOMES = ("succeeded", "partial", "failed")
Artifact = Annotated[str, typer.Argument(metavar="ARTIFACT", help="An artifact's id, or a beginning of it that only "
                                         "one has; annexa evidence list shows them.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    from agent.cli.commands import custody

    group = typer.Typer(help="The artifacts: list, show and export them, add documents; void, hold, history.",
                        no_args_is_help=True)
    add(group, list_, "list")
    add(group, show)
    add(group, add_document, "add")
    add(group, export)
    custody.register_evidence(group)
    app.add_typer(group, name="evidence")


def _outcome(text: str | None) -> str | None:
    if text is not None and text not in OUTCOMES:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(OUTCOMES)}")
    return text


Collector = Annotated[str | None, typer.Option("--collector", metavar="ID", autocompletion=asked.collectors,
                                               help="Only what this collector brought.")]
Ended = Annotated[str | None, typer.Option("--outcome", metavar="OUTCOME", callback=_outcome,
                                           autocompletion=lambda: list(OUTCOMES),
                                           help=f"Only runs that ended so: {', '.join(OUTCOMES)}.")]
Since = Annotated[str | None, typer.Option("--since", metavar="WHEN", callback=when.check,
                                           help="Only what was collected from then on.")]
Approved = Annotated[str | None, typer.Option("--approved", metavar="WHEN", callback=when.check,
                                              help="When it was approved, or the event took place.")]
Many = Annotated[Path | None, typer.Option("--list", metavar="FILE", help="A YAML list of documents, each with "
                                           "requirement, approved, and what else is known: title, version, owner, "
                                           "approved_by, valid_until, file. All are added, or none.")]
Until = Annotated[str | None, typer.Option("--valid-until", metavar="WHEN", callback=when.check,
                                           help="When it ceases to hold, if it says so.")]


def list_(
    context: typer.Context,
    collector: Collector = None,
    scope: asked.Scope = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only this evidence kind.")] = None,
    outcome: Ended = None,
    since: Since = None,
    as_of: asked.AsOf = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, the newest first.")] = 50,
    json: asked.Json = False,
) -> None:
    """List artifacts, the newest first: what was collected where, when, and whether it is whole."""
    from agent.cli.show import artifacts

    with session.opened(context) as app:
        zone = app.config.timezone
        instant = when.instant(as_of, zone) or app.clock()
        rows = app.store.artifacts(
            collector=collector, scope=scope, kind=kind, outcome=outcome, since=when.instant(since, zone),
            as_of=instant, limit=limit + 1,
        )
        if json:
            told = [artifacts.row_json(one, instant) for one in rows[:limit]]
            session.emit({"as_of": instant, "artifacts": told, "more": len(rows) > limit})
        else:
            past = as_of is not None
            artifacts.listed(session.screen(context), rows[:limit], instant, zone, more=len(rows) > limit, past=past)


def show(
    context: typer.Context,
    artifact: Artifact,
    records: Annotated[int, typer.Option("--records", "-n", min=0, help="So many of its first records.")] = 3,
    why: Why = "",
    as_of: asked.AsOf = None,
    json: asked.Json = False,
) -> None:
    """Verify an artifact and show where it comes from: identity, calls, window, what is lacking, first records."""
    from itertools import islice

    from agent.cli.show import artifacts

    with session.opened(context) as app:
        instant = when.instant(as_of, app.config.timezone)
        row = _recorded(app, artifact, instant)
        instant = instant or app.clock()
        act = app.store.removal(row) if row.deleted_at else None
        if act is not None and act.kind == "erasure":
            opened, first = app.store.sealed_artifact(row.id), []
        else:
            opened = app.store.open_artifact(row.id)
            first = list(islice(opened.records(), records))
        app.note("view", [row.id], why=why, detail=f"{len(first)} records shown")
        if json:
            session.emit(artifacts.whole_json(row, opened, first, instant, act))
        else:
            artifacts.shown(session.screen(context), row, opened, first, instant, app.config.timezone, act)


def _recorded(app: App, artifact: str, as_of: datetime | None) -> ArtifactRow:
    """Return an artifact; raises `StoreError` where there is none, or where it was not recorded yet at the instant."""
    from agent.cli import words
    from agent.errors import StoreError

    row = app.store.artifact(artifact)
    if as_of is not None and row.recorded_at > as_of:
        zone = app.config.timezone
        asked_for, then = (words.moment(one, zone) for one in (as_of, row.recorded_at))
        raise StoreError(f"{row.id} was not recorded yet at {asked_for}: it was at {then}",
                         advice=f"`annexa evidence list --as-of {words.day(as_of, zone)}` shows what was")
    return row


def add_document(
    context: typer.Context,
    requirement: Annotated[str | None, typer.Argument(metavar="REQUIREMENT", autocompletion=asked.requirements,
                                                      help="The requirement that it fulfils, such as security-policy."
                                                      )] = None,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="The document; none where it is kept elsewhere "
                                                "and only its approval is recorded.")] = None,
    many: Many = None,
    title: Annotated[str | None, typer.Option("--title", help="Its title. Default: the file's name.")] = None,
    version: Annotated[str, typer.Option("--doc-version", help="Its version.")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Who keeps it up to date.")] = "",
    approved_by: Annotated[str, typer.Option("--approved-by", help="Who approved it.")] = "",
    approved: Approved = None,
    valid_until: Until = None,
    by: Annotated[str, typer.Option("--by", help="Who adds it. Default: the login name.")] = "",
    json: asked.Json = False,
) -> None:
    """Add a document as evidence, or a list of them: it is sealed with its approval, and with who added it."""
    from agent.cli import words

    del title, version, owner, approved_by, approved, valid_until  # handed on by name, from the context
    said = context.params
    (_alone if many else _complete)(said)
    with session.opened(context, writer=True) as app:
        if many is not None:
            artifacts = app.add_documents(many, by or getpass.getuser())
            told: dict[str, object] = {"artifacts": artifacts}
            line = f"Added: {words.count(len(artifacts), 'document')}"
        else:
            artifact = _add(app, requirement or "", file, said)
            artifacts = [artifact]
            told, line = {"artifact": artifact}, f"Added: {artifact}"
        app.note("add", artifacts, detail=by)
    session.emit(told) if json else session.screen(context).line(line)


def _complete(said: dict[str, object]) -> None:
    """Raise where a document is named without what must be known of it."""
    if said["requirement"] is None:
        raise typer.BadParameter("name the requirement that the document fulfils, or a --list of documents")
    if said["file"] is None and said["title"] is None:
        raise typer.BadParameter("name the file, or give a --title")
    if said["approved"] is None:
        raise typer.BadParameter("say when it was approved or took place, with --approved")


def _alone(said: dict[str, object]) -> None:
    """Raise where what belongs to one document is said beside a list."""
    beside = [name for name, value in said.items() if value and name not in ("many", "by", "json")]
    if beside:
        raise typer.BadParameter(f"--list takes everything from the list: leave out {', '.join(beside)}")


def _add(app: App, requirement: str, file: Path | None, said: dict[str, str | None]) -> str:
    zone = app.config.timezone
    occurred_at: datetime | None = when.instant(said["approved"], zone)
    return app.add_document(
        requirement=requirement, file=file, title=said["title"] or (file.name if file else ""),
        version=said["version"] or "", owner=said["owner"] or "", approved_by=said["approved_by"] or "",
        occurred_at=occurred_at, valid_until=when.instant(said["valid_until"], zone),
        by=said["by"] or getpass.getuser(),
    )


def export(
    context: typer.Context,
    artifact: Artifact,
    to: Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help="Where to. Default: evidence- and the "
                                            "beginning of the id.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that holds something.")] = False,
    checkpoint: Annotated[Path | None, typer.Option("--checkpoint", metavar="FILE", help="A checkpoint that the "
                                                    "auditor kept: the proof that links it is written, too.")] = None,
    why: Why = "",
    as_of: asked.AsOf = None,
    json: asked.Json = False,
) -> None:
    """Write an artifact's records (NDJSON and CSV), its signed envelope and its proofs, to check without annexa."""
    from agent.cli import taking
    from agent.cli.commands.verifying import read_kept

    with session.opened(context) as app:
        row = _recorded(app, artifact, when.instant(as_of, app.config.timezone))
        folder = to or Path(f"evidence-{row.id.removeprefix('sha256:')[:12]}")
        kept = read_kept(checkpoint) if checkpoint else None
        taken = taking.take(app.store, row.id, folder, force=force, kept=kept.note if kept else None)
        app.note("export", [row.id], why=why, detail=f"{taken.records} records to {folder.absolute()}")
    if json:
        session.emit({"artifact": row.id, "folder": str(folder), "files": taken.files, "records": taken.records})
        return
    screen = session.screen(context)
    if not options(context).quiet:
        screen.line(f"Written to {folder}: {', '.join(taken.files)}; {taken.records:,} records.")
        screen.line("Check by hand that nothing was changed since it was sealed:")
    for line in taken.lines:
        typer.echo(f"  {line}")
