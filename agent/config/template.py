"""What `annexa init` asks, and the commented file that it writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.config import kinds, scopes
from agent.config.interpolate import Outside
from agent.config.load import build
from agent.config.model import AUDIT_KINDS, CONDITIONS
from agent.config.plain import looks_like
from agent.config.shape import Kind, Look
from agent.errors import ConfigurationError, Place
from agent.yamlfile import Node, parse, resolve

_LOOK = Look(Path(), ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that `annexa init` asks; `flag` is `--name` on the command line."""

    name: str
    prompt: str
    kind: Kind[Any]
    default: str = ""
    required: bool = False
    several: bool = False
    """The answer is a list, with commas between."""
    provider: str = ""
    """The provider that it is asked for; '' is any."""

    @property
    def flag(self) -> str:
        """Return the flag that gives the answer without asking."""
        return f"--{self.name.replace('_', '-')}"

    def check(self, answer: str) -> str:
        """Return the answer without blanks around it; raises `ConfigurationError` where it cannot be used."""
        said = answer.strip()
        if not said and self.required:
            raise ConfigurationError(f"{self.flag} is needed")
        if looks_like(said):
            advice = "Put it into the environment, and answer ${NAME}"
            raise ConfigurationError(f"{self.flag}: {looks_like(said)} does not belong in the file", advice=advice)
        if not re.search(r"\$\{[^}]+\}", said):
            for element in _several(said) if self.several else [said] if said else []:
                value = resolve(element) if self.kind is kinds.BOOLEAN else element
                self.kind.read(Node(Place(self.flag), "scalar", scalar=value, text=element), "the answer", _LOOK)
        return said


QUESTIONS: tuple[Question, ...] = (
    Question("organization", "Name of the organization", kinds.text(), required=True),
    Question("timezone", "Time zone", kinds.TIMEZONE, "UTC", required=True),
    Question("scope", "Name of the scope (empty: that of the provider)", kinds.NAME),
    Question("account_id", "AWS account number (empty: whatever the credentials are for)", scopes.ACCOUNT,
             provider="aws"),
    Question("role_arn", "ARN of the role to assume (empty: the credentials as they are)", scopes.ROLE_ARN,
             provider="aws"),
    Question("external_id", "External id of that role (empty: none)", scopes.EXTERNAL_ID, provider="aws"),
    Question("regions", "AWS regions, with commas between (all: each enabled one)", kinds.text(), "all", several=True,
             provider="aws"),
    Question("all_accounts", "Collect from every account of the AWS organization", kinds.BOOLEAN, "false",
             provider="aws"),
    Question("parent", "organizations/NUMBER, folders/NUMBER or projects/ID", scopes.PARENT, required=True,
             provider="gcp"),
    Question("impersonate", "Service account to act as (empty: the credentials as they are)", scopes.SERVICE_ACCOUNT,
             provider="gcp"),
    Question("quota_project", "Project whose quota is used (empty: the credentials' own)", scopes.PROJECT,
             provider="gcp"),
    Question("tenant", "Tenant: its GUID or a domain such as example.onmicrosoft.com", scopes.TENANT, required=True,
             provider="azure entra"),
    Question("management_group", "Only the subscriptions below this management group (empty: all)", kinds.NAME,
             provider="azure"),
    Question("certificate_decided", "Date of the certification decision (empty: none yet)", kinds.DAY),
    Question("certificate_expires", "Date on which the certificate expires (empty: three years on)", kinds.DAY),
    Question("audit_kind", "Kind of the next audit", kinds.choice(AUDIT_KINDS), "surveillance"),
    Question("audit_starts", "First day of the next audit (empty: not known)", kinds.DAY),
    Question("audit_ends", "Last day of the next audit (empty: the first)", kinds.DAY),
    Question("alert_to", "Where alerts go, as an Apprise URL or ${NAME} (empty: nowhere yet)", kinds.SECRET),
)
"""In the order in which they are asked; all but the required ones may stay empty."""

_HEAD = """\
# The configuration of annexa. Every key: docs/configuration.md
# ${NAME} takes a value from the environment, ${file:/run/secrets/name} from a file. Secrets are never written here.
"""

_NO_CERTIFICATE = """\
# The certificate, once there is one; the programme of audits follows from it.
# certificate: {kind: initial, decided: 2026-01-31, expires: 2029-01-31}
"""

_NO_AUDIT = """\
# Audits by their real dates.
# audits:
#   - {kind: surveillance, starts: 2026-12-07, ends: 2026-12-09}
"""

_CONDITIONS = f"""\
# Who is told, and what; without `on`, everything.
# on: {", ".join(CONDITIONS)}"""

_NO_ALERTS = f"""\
{_CONDITIONS}
# alerts:
#   routes: [{{to: "${{SLACK_URL}}"}}]
"""

_TAIL = """\
# How often collectors run, beside their own cadence: a collector's id or a pattern, and an ISO 8601 duration.
# schedules:
#   "aws.backup_*": P1D

# Who acts, by the role that evidence requirements name.
# owners:
#   access-owner: iam-team@example.com
"""


PROVIDERS = ("aws", "azure", "entra", "gcp")
"""What `annexa init` can connect."""


def questions(provider: str) -> tuple[Question, ...]:
    """Return what is asked where this provider is connected."""
    return tuple(one for one in QUESTIONS if not one.provider or provider in one.provider.split())


def template(answers: Mapping[str, str], provider: str = "aws") -> str:
    """Return the commented file for these answers (by `Question.name`); raises `ConfigurationError` for a wrong one."""
    asked = questions(provider)
    _foreign(answers, provider)
    said = {q.name: q.check(answers.get(q.name) or q.default) for q in asked}
    said["scope"] = said["scope"] or provider
    # Answers may contradict each other: what is written is read as it will be, but for values from outside.
    tried = {name: "" if name == "alert_to" and "${" in value else value for name, value in said.items()}
    if not any("${" in value for value in tried.values()):
        build(parse(_file(tried, provider), "the new file"), Outside({}, lambda path: path), Path())
    return _file(said, provider)


def _foreign(names: Iterable[str], provider: str) -> None:
    """Refuse an answer that nothing asks for where this provider is connected."""
    asked = {one.name for one in questions(provider)}
    others = {one.name: one for one in QUESTIONS if one.name not in asked}
    for name in names:
        if name in others:
            raise ConfigurationError(f"{others[name].flag} is not of {provider}", advice="Leave it out")
        if name not in asked:
            raise ConfigurationError(f"annexa init asks nothing called {name!r}")


def _file(said: Mapping[str, str], provider: str) -> str:
    scope = _scope(said, provider)
    return "\n".join((_HEAD, _base(said), _certificate(said), _audits(said), scope, _alerts(said), _TAIL))


def _quoted(text: str) -> str:
    """Return the text as a double-quoted YAML scalar."""
    return json.dumps(text, ensure_ascii=False)


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _base(said: Mapping[str, str]) -> str:
    return f"""\
organization: {_quoted(said["organization"])}
timezone: {_quoted(said["timezone"])}
# Where the database, the artifacts and the signing key are kept, relative to this file.
data: ./annexa-data
frameworks: [iso27001-2022]
"""


def _certificate(said: Mapping[str, str]) -> str:
    if not said["certificate_decided"]:
        return _NO_CERTIFICATE
    expires = f"  expires: {said['certificate_expires']}\n" if said["certificate_expires"] else ""
    return f"""\
# The programme of audits follows from the certificate.
certificate:
  kind: initial
  decided: {said["certificate_decided"]}
{expires}"""


def _audits(said: Mapping[str, str]) -> str:
    if not said["audit_starts"]:
        return _NO_AUDIT
    return f"""\
# Audits by their real dates; the period runs from the end of the audit before unless it is named.
audits:
  - kind: {said["audit_kind"]}
    starts: {said["audit_starts"]}
    ends: {said["audit_ends"] or said["audit_starts"]}
"""


def _scope(said: Mapping[str, str], provider: str) -> str:
    own = [one.name for one in questions(provider) if one.provider]
    lines = [f"  - name: {_quoted(said['scope'])}", f"    provider: {provider}"]
    if provider == "aws":
        regions = said["regions"]
        listed = "all" if regions == "all" else f"[{', '.join(map(_quoted, _several(regions)))}]"
        lines.append(f"    regions: {listed}")
    plain = [name for name in own if name not in ("regions", "all_accounts")]
    lines += [f"    {name}: {_quoted(said[name])}" for name in plain if said[name]]
    if said.get("all_accounts") == "true":
        lines += ["    organization:", "      member_role: annexa  # the role to assume in each member account"]
    policy = f"# What is connected. The least privilege that it needs: annexa collectors policy --scope {said['scope']}"
    return "\n".join([policy, "scopes:", *lines, ""])


def _alerts(said: Mapping[str, str]) -> str:
    if not said["alert_to"]:
        return _NO_ALERTS
    return f"""\
{_CONDITIONS}
alerts:
  routes:
    - to: {_quoted(said["alert_to"])}
"""


Ask = Callable[[Question], str]


def answers(given: Mapping[str, str], ask: Ask, provider: str = "aws") -> dict[str, str]:
    """Return what was given by flags, and for each other question what `ask` says."""
    _foreign(given, provider)
    return {
        q.name: q.check(given[q.name]) if q.name in given else q.check(ask(q)) for q in questions(provider)
    }
