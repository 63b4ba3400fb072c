"""The scopes of the configuration: what is connected, with the keys of each provider."""

# ruff: noqa: RUF009 - key() makes the field of a dataclass, as field() does

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar

from agent.config import shape
from agent.config.kinds import (
    ADDRESS,
    BOOLEAN,
    INSTANT,
    NAME,
    PATH,
    SECRET,
    choice,
    everything,
    many,
    part,
    switch,
    text,
    url,
)
from agent.config.secret import Secret
from agent.config.shape import Kind, Look, key
from agent.errors import ConfigurationError
from agent.nearest import meant
from agent.yamlfile import Node

PATTERN = text("a collector's id or a pattern such as aws.backup_*", r"[a-z0-9_*?.\[\]-]{1,100}")
ACCOUNT = text("an AWS account number of 12 digits", r"[0-9]{12}", "Quote it where it begins with 0", numbers=True)
REGION = text("an AWS region such as eu-west-1", r"[a-z]{2}(-[a-z]{1,20}){1,3}-[0-9]{1,2}")
ROLE_NAME = text("the name of an IAM role", r"[\w+=,.@/-]{1,512}")
ROLE_ARN = text(
    "the ARN of an IAM role such as arn:aws:iam::123456789012:role/annexa",
    r"arn:aws(-[a-z]{1,10}){0,3}:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}",
)
EXTERNAL_ID = text("an external id of 2 to 1224 characters without spaces", r"[\w+=,.@:/-]{2,1224}", numbers=True)
UUID = text("a GUID such as 00000000-0000-0000-0000-000000000000", r"(?i:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")
TENANT = text("a tenant: its GUID or a domain such as example.onmicrosoft.com", r"[A-Za-z0-9][A-Za-z0-9.-]{2,252}")
CLOUD_OF_GRAPH = choice(("AzurePublic", "AzureUSGovernment", "AzureUSGovernmentDoD", "AzureChina"))
PARENT = text(
    "organizations/NUMBER, folders/NUMBER or projects/ID",
    r"(organizations|folders)/[0-9]{1,20}|projects/[a-z0-9:.-]{1,60}",
)
PROJECT = text("the id of a project such as data-prod", r"[a-z][a-z0-9:.-]{1,60}")
BUCKET = text("the name of a Cloud Storage bucket, without gs://", r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
FOLDER = text("the beginning of an object's name, such as annexa/assets", r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
SERVICE = text("a service such as storage.googleapis.com", r"[a-z][a-z0-9-]{1,60}\.googleapis\.com")
SERVICE_ACCOUNT = text(
    "a service account such as annexa@data-prod.iam.gserviceaccount.com",
    r"[a-z0-9-]{1,63}@[a-z0-9.-]{1,90}\.gserviceaccount\.com",
)
ENDPOINT = url("https", "http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """Which collectors run for a scope, by id or pattern; what is disabled does not run.

    A collector that is opt-in runs only where `also` fits it, or `enable` has its whole id.
    """

    enable: tuple[str, ...] = key(
        everything(many(PATTERN, "a list of collectors")), "Only these run.", default=(), shown="all"
    )
    also: tuple[str, ...] = key(
        many(PATTERN, "a list of collectors"), "These run as well: opt-in collectors are off unless they are named.",
        default=(),
    )
    disable: tuple[str, ...] = key(many(PATTERN, "a list of collectors"), "These do not run.", default=())

    def runs(self, collector: str, *, opt_in: bool = False) -> bool:
        """Return whether a collector runs."""
        if _fits(collector, self.disable):
            return False
        if opt_in:
            return _fits(collector, self.also) or collector in self.enable
        return not self.enable or _fits(collector, (*self.enable, *self.also))


def _fits(collector: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(collector, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is connected once: an account, organization, project, tenant or the organization itself."""

    PROVIDER: ClassVar[str] = ""

    name: str = key(NAME, "How everything else calls it; unique.")
    in_isms: bool = key(BOOLEAN, "Inside the ISMS; a scope outside it owes nothing.", default=True)
    owner: str | None = key(ADDRESS, "Who is asked when something of this scope is lacking.", default=None)
    connected: datetime | None = key(
        INSTANT,
        "Since when it is observed; periods that ended before are `unobserved`, not gaps. Default: its first run.",
        default=None,
    )
    collectors: Choose = key(part(Choose), "Which collectors run for it.", default=Choose())

    @property
    def provider(self) -> str:
        """Return the provider's name, as collectors name it."""
        return self.PROVIDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """How the accounts of an AWS organization are reached from the account that the scope names."""

    accounts: tuple[str, ...] = key(
        everything(many(ACCOUNT, "a list of account numbers")), "The accounts to collect from.", default=(), shown="all"
    )
    exclude: tuple[str, ...] = key(many(ACCOUNT, "a list of account numbers"), "Accounts left out.", default=())
    member_role: str = key(ROLE_NAME, "The name of the role to assume in each member account.", default="annexa")

    def problems(self, node: Node) -> Iterator[ConfigurationError]:
        """Yield what contradicts itself: an account that is both named and left out."""
        for account in sorted(set(self.accounts) & set(self.exclude)):
            yield ConfigurationError(f"account {account} is both named and excluded", place=node.where("exclude"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsScope(Scope):
    """An AWS account, or an organization seen from its management or a delegated account."""

    PROVIDER: ClassVar[str] = "aws"

    account_id: str | None = key(ACCOUNT, "The account this must be; another one is refused.", default=None)
    role_arn: str | None = key(ROLE_ARN, "The role to assume. Default: the credentials as they are.", default=None)
    external_id: str | None = key(EXTERNAL_ID, "The external id that the role's trust policy asks for.", default=None)
    profile: str | None = key(text("the name of a profile"), "A profile of the AWS configuration files.", default=None)
    regions: tuple[str, ...] = key(
        everything(many(REGION, "a list of regions")), "The regions; `all`: each enabled one.", default=(), shown="all"
    )
    organization: Members | None = key(
        switch(part(Members), Members), "Collect from every account of the organization.", default=None, shown="false"
    )
    endpoint: str | None = key(ENDPOINT, "Where the API is, when not at AWS (a local cloud).", default=None)

    def problems(self, node: Node) -> Iterator[ConfigurationError]:
        """Yield what contradicts itself: a role of another account, an external id without a role."""
        if self.role_arn and self.account_id and self.role_arn.split(":")[4] != self.account_id:
            message = f"the role belongs to account {self.role_arn.split(':')[4]}, not to {self.account_id}"
            yield ConfigurationError(message, place=node.where("role_arn"))
        if self.external_id and not self.role_arn:
            advice = "Name the role in 'role_arn'"
            yield ConfigurationError("'external_id' needs a role", place=node.where("external_id"), advice=advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAccess:
    """What `gcp.data_access_logs` reads of the logs of data access; everything where nothing is narrowed."""

    COLLECTOR: ClassVar[str] = "gcp.data_access_logs"

    services: tuple[str, ...] = key(
        everything(many(SERVICE, "a list of services")), "Only what was done at these services.", default=(),
        shown="all",
    )
    writes_only: bool = key(BOOLEAN, "Only what wrote data, by the permissions that Google checked.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetExport:
    """Where `gcp.asset_export` lets Google write, and whether it counts again."""

    COLLECTOR: ClassVar[str] = "gcp.asset_export"

    bucket: str = key(BUCKET, "The bucket that takes the exports; give it a lifecycle rule that deletes them.")
    prefix: str = key(FOLDER, "How the names of the objects begin.", default="annexa")
    compare: bool = key(BOOLEAN, "Count by the search as well, 500 resources a call.", default=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class GcpScope(Scope):
    """A Google Cloud project, folder or organization."""

    PROVIDER: ClassVar[str] = "gcp"

    parent: str = key(PARENT, "What is collected from, with everything below it.")
    impersonate: str | None = key(
        SERVICE_ACCOUNT, "The service account to act as. Default: the credentials as they are.", default=None
    )
    quota_project: str | None = key(
        PROJECT, "The project whose quota and switched-on APIs are used. Default: the credentials' own.", default=None
    )
    exclude: tuple[str, ...] = key(many(PROJECT, "a list of project ids"), "Projects left out.", default=())
    data_access: DataAccess | None = key(
        part(DataAccess), "What gcp.data_access_logs, which is opt-in, reads.", default=None, shown="everything"
    )
    asset_export: AssetExport | None = key(
        part(AssetExport), "Where gcp.asset_export, which is opt-in, lets Google write.", default=None
    )
    endpoint: str | None = key(ENDPOINT, "Where the API is, when not at Google.", default=None)

    def problems(self, node: Node) -> Iterator[ConfigurationError]:
        """Yield what contradicts itself: the settings of a collector that is off, and an export to nowhere."""
        for name, said in (("data_access", self.data_access), ("asset_export", self.asset_export)):
            if said is not None and not self.collectors.runs(said.COLLECTOR, opt_in=True):
                advice = f"Switch it on: collectors: {{also: [{said.COLLECTOR}]}}"
                yield ConfigurationError(f"'{name}' is of {said.COLLECTOR}, which is off", place=node.where(name),
                                         advice=advice)
        if self.asset_export is None and self.collectors.runs(AssetExport.COLLECTOR, opt_in=True):
            advice = "Name one: asset_export: {bucket: …}"
            yield ConfigurationError(f"{AssetExport.COLLECTOR} needs a bucket", place=node.where("collectors"),
                                     advice=advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrosoftScope(Scope):
    """What Azure and Entra have in common: the application that signs in."""

    client_id: str | None = key(
        UUID, "The application, or the managed or workload identity, that signs in. Default: the environment's.",
        default=None,
    )
    client_secret: Secret | None = key(SECRET, "Its secret.", default=None)
    certificate: Path | None = key(PATH, "Its certificate with the private key, a PEM or PKCS #12 file.", default=None)

    def applies(self, node: Node, tenant: str | None) -> Iterator[ConfigurationError]:
        """Yield what contradicts itself: a secret of nobody, two proofs at once, an application without its tenant."""
        proof = next((name for name in ("client_secret", "certificate") if getattr(self, name) is not None), "")
        if proof and self.client_id is None:
            advice = "Name the application in 'client_id'"
            yield ConfigurationError(f"'{proof}' needs an application", place=node.where(proof), advice=advice)
        elif proof and tenant is None:
            advice = "Name its tenant in 'tenant'"
            yield ConfigurationError("'client_id' needs a tenant", place=node.where("client_id"), advice=advice)
        if self.client_secret is not None and self.certificate is not None:
            yield ConfigurationError("an application has either 'client_secret' or a 'certificate'",
                                     place=node.where("certificate"), advice="Leave one of the two out")


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureScope(MicrosoftScope):
    """Azure subscriptions of one tenant."""

    PROVIDER: ClassVar[str] = "azure"

    subscriptions: tuple[str, ...] = key(
        everything(many(UUID, "a list of subscription ids")), "The subscriptions; `all`: each that is seen.",
        default=(), shown="all",
    )
    management_group: str | None = key(NAME, "Only the subscriptions below this group.", default=None)
    tenant: str | None = key(TENANT, "The tenant this must be; another one is refused.", default=None)
    cloud: str = key(
        text("the name of a cloud", r"[A-Za-z]{2,40}"),
        "AzurePublic, AzureUSGovernment or AzureChina.", default="AzurePublic",
    )
    endpoint: str | None = key(ENDPOINT, "Where the API is, when not at Microsoft.", default=None)

    def problems(self, node: Node) -> Iterator[ConfigurationError]:
        """Yield what contradicts itself: subscriptions by name and by what is above them, an application of nobody."""
        yield from self.applies(node, self.tenant)
        if self.subscriptions and self.management_group:
            advice = "Leave one of the two out"
            yield ConfigurationError(
                "a scope has either 'subscriptions' or a 'management_group'", place=node.where("management_group"),
                advice=advice,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntraScope(MicrosoftScope):
    """A Microsoft Entra tenant: its people, groups and reviews."""

    PROVIDER: ClassVar[str] = "entra"

    tenant: str = key(TENANT, "The tenant.")
    cloud: str = key(CLOUD_OF_GRAPH, "The Microsoft cloud.", default="AzurePublic")
    endpoint: str | None = key(ENDPOINT, "Where the API is, when not at Microsoft.", default=None)

    def problems(self, node: Node) -> Iterator[ConfigurationError]:
        """Yield what contradicts itself: an application of nobody, two proofs at once."""
        yield from self.applies(node, self.tenant)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationScope(Scope):
    """The organization itself: policies, reviews and other documents. Present even when it is not named."""

    PROVIDER: ClassVar[str] = "organization"


PROVIDERS: dict[str, type[Scope]] = {
    shape.PROVIDER: shape for shape in (AwsScope, GcpScope, AzureScope, EntraScope, OrganizationScope)
}
"""The providers that a scope may name."""


def _scope(node: Node, what: str, look: Look) -> Scope:
    if node.kind != "mapping":
        raise shape.wrong(node, what, "a mapping with the keys name, provider and those of the provider")
    provider = node.get("provider")
    if provider is None:
        advice = f"One of {', '.join(PROVIDERS)}"
        raise ConfigurationError("a scope needs the key 'provider'", place=node.place, advice=advice)
    if not isinstance(provider.scalar, str) or provider.scalar not in PROVIDERS:
        said = re.sub(r"[^\x20-\x7e]", "?", provider.text)[:60]
        advice = meant(said, PROVIDERS)
        raise ConfigurationError(f"{said!r} is not a known provider", place=provider.place, advice=advice)
    return shape.read(PROVIDERS[provider.scalar], _without(node, "provider"), f"a scope of {provider.scalar}", look)


def _without(node: Node, name: str) -> Node:
    rest: dict[str, Any] = {key: child for key, child in node.entries.items() if key != name}
    return Node(node.place, "mapping", entries=rest, keys=node.keys)


SCOPE: Kind[Scope] = Kind("a scope", _scope, Scope)
