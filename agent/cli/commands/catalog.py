"""`collectors`: what brings evidence, and the permissions that it needs."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import asked, session
from agent.cli.application import add
from agent.cli.commands.controls import current

if TYPE_CHECKING:
    from agent.collector import Header
    from agent.registry import Registry

FORMS = ("json", "cloudformation", "terraform")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="The collectors, and the permissions they need.", no_args_is_help=True)
    add(group, list_, "list")
    add(group, show)
    add(group, policy)
    app.add_typer(group, name="collectors")


def chosen(patterns: list[str] | None, provider: str | None = None) -> list[Header]:
    """Return the headers that fit a pattern and the provider; raises `ConfigurationError` where a pattern fits none."""
    from agent.errors import ConfigurationError

    registry = _registry()
    known = [one for one in registry.headers() if provider in (None, one.provider)]
    found: dict[str, Header] = {}
    for pattern in patterns or ["*"]:
        fitting = {one.id: one for one in known if fnmatchcase(one.id, pattern)}
        if not fitting and "*" not in pattern:
            found[pattern] = registry.get(pattern).header
        elif not fitting and patterns:
            raise ConfigurationError(f"no collector is called like {pattern!r}",
                                     advice="annexa collectors list shows them all")
        found |= fitting
    return list(found.values())


def _registry() -> Registry:
    """Return the collectors, and tell of those that could not be loaded."""
    from agent.registry import Registry

    registry = Registry.load()
    for error in registry.broken.values():
        session.say(f"warning: {error.line()}")
    return registry


def list_(
    context: typer.Context,
    patterns: Annotated[list[str] | None, typer.Argument(metavar="PATTERN...", autocompletion=asked.collectors,
                                                         help="Ids, or patterns such as 'aws.iam_*'.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", metavar="NAME", help="Only this provider.")] = None,
    json: asked.Json = False,
) -> None:
    """List the collectors."""
    from agent.cli.show import catalog

    headers = chosen(patterns, provider)
    if json:
        session.emit({"collectors": [catalog.header_json(one) for one in headers]})
    else:
        catalog.collectors(session.screen(context), headers)


def show(
    context: typer.Context,
    collector: Annotated[str, typer.Argument(metavar="ID", autocompletion=asked.collectors)],
    json: asked.Json = False,
) -> None:
    """Show one collector: its population, what it calls, the permissions it needs, what it cannot see."""
    from agent.cli.show import catalog

    header = _registry().get(collector).header
    used = [one for one in current(context).requirements.values() if collector in one.collectors]
    if json:
        session.emit({**catalog.header_json(header), "requirements": [one.id for one in used]})
    else:
        catalog.collector(session.screen(context), header, used)


def _form(text: str) -> str:
    if text not in FORMS:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(FORMS)}")
    return text


def policy(
    context: typer.Context,
    patterns: Annotated[list[str] | None, typer.Argument(metavar="PATTERN...", autocompletion=asked.collectors,
                                                         help="Ids, or patterns. Default: all.")] = None,
    scope: asked.Scope = None,
    part: Annotated[int | None, typer.Option("--part", min=1, metavar="N", help="The N-th part, each of which fits "
                                             "into one managed policy.")] = None,
    form: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", callback=_form,
                                      autocompletion=lambda: list(FORMS), help=f"{' or '.join(FORMS)}.")] = "json",
    json: asked.Json = False,
) -> None:
    """Print the least privilege: an IAM policy, a role of Google Cloud or Azure, permissions of Microsoft Graph."""
    provider = _provider(context, scope, patterns)
    headers = _enabled(context, scope, chosen(patterns, provider), patterns or ())
    if json and form != "json":
        raise typer.BadParameter(f"--json and --format {form} exclude each other")
    made = (
        _azure_role(headers, form, part, _places(context, scope)) if provider == "azure"
        else _POLICIES[provider](headers, form, part)
    )
    session.write(made)


def _provider(context: typer.Context, scope: str | None, patterns: list[str] | None) -> str:
    """Return whose policy is asked for: the scope's provider, else what all patterns begin with, else AWS."""
    from agent.errors import ConfigurationError

    config = session.configured(context, needed=False) if scope else None
    named = {one.name: one.provider for one in config.scopes} if config else {}
    begun = {one.partition(".")[0] for one in patterns or ()}
    provider = named.get(scope or "") or (begun.pop() if len(begun) == 1 else "aws")
    if provider == "azure" or provider in _POLICIES:
        return provider
    if scope in named:
        known = ", ".join(sorted((*_POLICIES, "azure")))
        raise ConfigurationError(f"scope {scope}: {provider} has no permissions to give",
                                 advice=f"There are policies for {known}")
    return "aws"


def _graph(headers: list[Header], form: str, part: int | None) -> bytes:
    from agent.clients.entra.policy import document, terraform

    _whole(form, part, "Microsoft Graph takes permissions one by one")
    return (terraform(headers) if form == "terraform" else document(headers)).encode()


def _whole(form: str, part: int | None, why: str) -> None:
    """Refuse what only AWS has."""
    from agent.errors import ConfigurationError

    if form == "cloudformation" or part is not None:
        what = "--part" if part is not None else "cloudformation"
        raise ConfigurationError(f"{what} is of AWS", advice=f"{why}: json or terraform")


def _role(headers: list[Header], form: str, part: int | None) -> bytes:
    from agent.clients.gcp.role import on_a_bucket, role, terraform

    _whole(form, part, "Google Cloud takes a role whole")
    if form == "json" and on_a_bucket(headers):
        session.say(f"on the bucket of asset_export alone, and so not in the role: {', '.join(on_a_bucket(headers))}")
    return (terraform(headers) if form == "terraform" else role(headers)).encode()


def _iam(headers: list[Header], form: str, part: int | None) -> bytes:
    if form == "json":
        return _policy(headers, part)
    from agent.clients.aws.policy import cloudformation, terraform

    made = cloudformation(headers) if form == "cloudformation" else terraform(headers)
    return made.encode().rstrip(b"\n") + b"\n"


def _azure_role(headers: list[Header], form: str, part: int | None, places: list[str]) -> bytes:
    from agent.clients.azure.policy import role, terraform

    _whole(form, part, "Azure takes a role whole")
    return (terraform(headers, places) if form == "terraform" else role(headers, places)).encode()


def _places(context: typer.Context, scope: str | None) -> list[str]:
    """Return where the role of an Azure scope can be assigned; the root management group where none is named."""
    from agent.clients.azure.policy import assignable
    from agent.config.scopes import AzureScope

    config = session.configured(context) if scope else None
    found = next((one for one in config.scopes if one.name == scope), None) if config else None
    if not isinstance(found, AzureScope):
        return assignable(group="", subscriptions=(), tenant="")
    return assignable(
        group=found.management_group or "", subscriptions=found.subscriptions, tenant=found.tenant or "",
    )


def _enabled(
    context: typer.Context, scope: str | None, headers: list[Header], named: Collection[str],
) -> list[Header]:
    """Return the headers that are switched on for a scope; without one all but what is opt-in and not named."""
    from agent.errors import ConfigurationError

    if scope is None:
        off = [one.id for one in headers if one.opt_in and one.id not in named]
        if off:
            session.say(f"opt-in, and not in it unless named or switched on by --scope: {', '.join(off)}")
        return [one for one in headers if one.id not in off]
    config = session.configured(context)
    known = {one.name: one for one in config.scopes} if config else {}
    if scope not in known:
        raise ConfigurationError(f"no scope {scope!r}", advice=f"There are: {', '.join(sorted(known)) or 'none'}")
    runs, provider = known[scope].collectors.runs, known[scope].provider
    return [one for one in headers if one.provider == provider and runs(one.id, opt_in=one.opt_in)]


def _policy(headers: list[Header], part: int | None) -> bytes:
    import json

    from agent.clients.aws.policy import LIMIT, policies
    from agent.clients.aws.policy import policy as whole
    from agent.errors import ConfigurationError

    parts = policies(headers)
    if part is not None and part > len(parts):
        raise ConfigurationError(f"there is no part {part}", advice=f"The policy has {len(parts)}")
    if part is None and len(parts) > 1:
        session.say(f"a managed policy takes {LIMIT:,} characters: print {len(parts)} parts with --part 1 to "
                    f"--part {len(parts)}, or take it whole as an inline policy of the role")
    return f"{json.dumps(whole(headers) if part is None else parts[part - 1], indent=2)}\n".encode()


_POLICIES = {"aws": _iam, "entra": _graph, "gcp": _role}
"""What prints the least privilege, by provider: headers, format and part in, the text out."""

__all__ = ["chosen", "register"]
