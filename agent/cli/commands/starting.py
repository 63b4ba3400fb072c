"""`init` and `doctor`: the first five minutes."""

# ruff: noqa: ARG001 - typer hands the answers over by name in `context.params`

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import asked, session
from agent.cli.application import add, options

if TYPE_CHECKING:
    from agent.config.template import Question

def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    add(app, init)
    add(app, doctor)


def _provider(name: str) -> str:
    from agent.config.template import PROVIDERS

    if name not in PROVIDERS:
        raise typer.BadParameter(f"{name!r} is no provider that is known here: {', '.join(PROVIDERS)}")
    return name


def _flag(text: str) -> Any:
    return typer.Option(metavar="TEXT", help=text)


def init(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Default: --config, else annexa.yaml.")] = None,
    provider: Annotated[str, typer.Option(callback=_provider, metavar="NAME",
                                            help="What is connected: aws, azure, entra or gcp.")] = "aws",
    organization: Annotated[str | None, _flag("Name of the organization.")] = None,
    timezone: Annotated[str | None, _flag("Time zone, such as Europe/Berlin.")] = None,
    scope: Annotated[str | None, _flag("Name of the scope.")] = None,
    account_id: Annotated[str | None, _flag("AWS account number.")] = None,
    role_arn: Annotated[str | None, _flag("ARN of the role to assume.")] = None,
    external_id: Annotated[str | None, _flag("External id of that role.")] = None,
    regions: Annotated[str | None, _flag("AWS regions, commas between, or all.")] = None,
    all_accounts: Annotated[str | None, _flag("true: every account of the AWS organization.")] = None,
    parent: Annotated[str | None, _flag("Google Cloud: organizations/NUMBER, folders/NUMBER or projects/ID.")] = None,
    impersonate: Annotated[str | None, _flag("Google Cloud: the service account to act as.")] = None,
    quota_project: Annotated[str | None, _flag("Google Cloud: the project whose quota is used.")] = None,
    tenant: Annotated[str | None, _flag("Azure, Entra: the tenant's GUID or domain.")] = None,
    management_group: Annotated[str | None, _flag("Azure: only the subscriptions below it.")] = None,
    certificate_decided: Annotated[str | None, _flag("Date of the certification decision.")] = None,
    certificate_expires: Annotated[str | None, _flag("Date on which the certificate expires.")] = None,
    audit_kind: Annotated[str | None, _flag("Kind of the next audit.")] = None,
    audit_starts: Annotated[str | None, _flag("First day of the next audit.")] = None,
    audit_ends: Annotated[str | None, _flag("Last day of the next audit.")] = None,
    alert_to: Annotated[str | None, _flag("Where alerts go: an Apprise URL, its secret as ${NAME}.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: what no flag says takes its default.")] = False,
    json: asked.Json = False,
) -> None:
    """Write a commented configuration file, from flags and, on a terminal, from questions."""
    flags = {name: value for name, value in context.params.items() if value is not None and name in _names()}
    target = file or options(context).config or Path("annexa.yaml")
    written = _begin(target, flags, provider, force=force, asking=sys.stdin.isatty() and not yes)
    if json:
        session.emit({"written": str(written), "provider": provider})
        return
    named = "" if written == Path("annexa.yaml") else f" --config {written}"
    typer.echo(f"Written: {written}\nNext:")
    for command, what in (("doctor", "check credentials, permissions and disk"),
                          ("collect", "collect everything that is due"),
                          ("status", "see what is fresh, stale and missing")):
        typer.echo(f"  annexa{named} {command:<8} # {what}")


def _names() -> set[str]:
    from agent.config.template import QUESTIONS

    return {one.name for one in QUESTIONS}


def _begin(target: Path, flags: dict[str, str], provider: str, *, force: bool, asking: bool) -> Path:
    """Write the file, and return where it is."""
    from agent.config.template import answers, template
    from agent.errors import ConfigurationError

    if target.is_dir():
        target /= "annexa.yaml"
    if target.exists() and not force:
        raise ConfigurationError(f"{target} is there already", advice="Name another file, or overwrite it with --force")
    said = answers(flags, _ask if asking else lambda question: question.default, provider)
    text = template(said, provider)
    try:
        target.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigurationError(f"{target} cannot be written: {error.strerror}") from error
    return target


def _ask(question: Question) -> str:
    """Ask on the terminal until the answer can be used."""
    from agent.errors import ConfigurationError

    while True:
        shown = f" [{question.default}]" if question.default else ""
        typer.echo(f"{question.prompt}{shown}: ", nl=False, err=True)
        said = sys.stdin.readline()
        if not said:
            raise typer.Abort
        try:
            return question.check(said.strip() or question.default)
        except ConfigurationError as error:
            typer.echo(f"  {error.line()}", err=True)


def doctor(
    context: typer.Context,
    send: Annotated[bool, typer.Option("--send-test", help="Send a test message to each alert route.")] = False,
    json: asked.Json = False,
) -> None:
    """Check the configuration against reality: credentials, permissions, clock, disk, alert routes."""
    from agent.cli import show

    with session.opened_anyhow(context) as app:
        findings = app.doctor(send=send)
        if json:
            session.emit({"checks": [show.findings.as_json(one) for one in findings]})
        else:
            show.findings.findings(session.screen(context), findings)
    if any(one.state == "fail" for one in findings):
        raise typer.Exit(3)
