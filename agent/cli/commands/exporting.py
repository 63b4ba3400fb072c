"""`export package`: what an auditor takes along, as one ZIP that needs no annexa to be verified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli import asked, session
from agent.cli.application import add, options

Checkpoint = Annotated[str | None, typer.Option("--checkpoint", metavar="N|FILE", help="As of this checkpoint: a size "
                                                "of the log that is kept (the newest, or a stamped one), or a file "
                                                "with a checkpoint, such as that of an earlier package. The same "
                                                "checkpoint gives the same bytes. Default: the newest.")]
Link = Annotated[list[Path] | None, typer.Option("--link", metavar="FILE", help="A checkpoint that the auditor kept: "
                                                 "the proof that links it is put in; may be repeated.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="What is handed over: an audit package.", no_args_is_help=True)
    group.callback()(lambda: None)
    add(group, package)
    app.add_typer(group, name="export")


def package(
    context: typer.Context,
    audit: Annotated[str | None, typer.Option("--audit", metavar="NAME", help="The audit, as annexa audits names it: "
                                              "its period is packed. Default: the next one.")] = None,
    sample: Annotated[list[str] | None, typer.Option("--sample", metavar="ID", help="With this sample, such as S1; may "
                                                     "be repeated. Without --control only its requirement's controls. "
                                                     "Default: all samples of the controls.")] = None,
    control: Annotated[list[str] | None, typer.Option("--control", metavar="ID", autocompletion=asked.controls,
                                                      help="Only this control; may be repeated. Default: all.")] = None,
    framework: asked.Framework = None,
    checkpoint: Checkpoint = None,
    link: Link = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: the audit's name "
                                                "and .zip.")] = None,
    json: asked.Json = False,
) -> None:
    """Write the audit package: evidence, proofs, samples and a workbook as one ZIP that verifies without annexa."""
    from agent.cli import watch, words

    with session.opened(context) as app, watch.counting(options(context), "Packing") as progress:
        from agent.assembly.packing import Asked, audit_name, pack

        wanted = Asked(audit=audit, framework=framework, controls=tuple(control or ()), samples=tuple(sample or ()),
                       checkpoint=_checkpoint(checkpoint), kept=tuple(_read(one) for one in link or ()))
        target = output or Path(f"{audit_name(app, wanted)}.zip")
        written = pack(app, wanted, target, progress)
        app.note("export", written.artifacts or ("",), detail=f"audit package {target.name}")
    if json:
        session.emit({"file": str(written.file), "runs": written.runs, "records": written.records,
                      "files": written.files, "size": written.size})
    else:
        session.screen(context).line(
            f"Written to {written.file}: {words.count(written.runs, 'run')}, {words.count(written.records, 'record')}, "
            f"{words.count(written.files, 'file')}, {written.size:,} bytes. README.txt in it says how to verify it.")


def _checkpoint(text: str | None) -> int | bytes | None:
    if text is None:
        return None
    return int(text) if text.isdecimal() else _read(Path(text))


def _read(file: Path) -> bytes:
    from agent.cli.commands.verifying import read_kept

    return read_kept(file).note
