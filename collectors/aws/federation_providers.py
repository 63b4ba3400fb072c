"""Identity providers that the account trusts, and the certificates behind them with their ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Configuration

SAML = "iam.list_saml_providers"
OIDC = "iam.list_open_id_connect_providers"
ABOUT_OIDC = "iam.get_open_id_connect_provider"
CERTIFICATES = "iam.list_server_certificates"
ANCHORS = "rolesanywhere.list_trust_anchors"
PROFILES = "rolesanywhere.list_profiles"
HEADER = Header(
    id="aws.federation_providers",
    title="Trusted identity providers",
    kind="configuration",
    population="Every SAML and OpenID Connect provider and server certificate of IAM, and every trust anchor and "
    "profile of IAM Roles Anywhere in the home region.",
    provider="aws",
    per="boundary",
    calls=(
        Api(SAML, ("iam:ListSAMLProviders",)),
        Api(OIDC, ("iam:ListOpenIDConnectProviders",)),
        Api(ABOUT_OIDC, ("iam:GetOpenIDConnectProvider",)),
        Api(CERTIFICATES, ("iam:ListServerCertificates",)),
        Api(ANCHORS, ("rolesanywhere:ListTrustAnchors",)),
        Api(PROFILES, ("rolesanywhere:ListProfiles",)),
    ),
    cadence="P1W",
    limits=(
        "Trust anchors and profiles of other regions than the home region are not seen.",
        "An OpenID Connect provider has no end: its keys are fetched anew each time.",
        "Which roles trust a provider is in aws.iam_authorization_details.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield the settings of each provider, certificate, anchor and profile."""
    client = run.client
    for one in client.population(SAML, key="SAMLProviderList"):
        yield from _settings(SAML, one["Arn"], one, type="saml", valid_until=one.get("ValidUntil"))
    listed = client.population(OIDC, key="OpenIDConnectProviderList")
    for one, about in client.each(listed, lambda one: _about(client, one["Arn"])):
        audiences = sorted(about.get("ClientIDList") or ())
        yield from _settings(ABOUT_OIDC, one["Arn"], about, type="oidc", url=about.get("Url"), audiences=audiences)
    for one in client.population(CERTIFICATES, key="ServerCertificateMetadataList"):
        arn, ends = one["Arn"], one.get("Expiration")
        yield from _settings(CERTIFICATES, arn, one, type="server certificate", valid_until=ends)
    for one in client.population(ANCHORS, key="trustAnchors"):
        source = one.get("source", {}).get("sourceType")
        arn, enabled = one["trustAnchorArn"], one.get("enabled")
        yield from _settings(ANCHORS, arn, one, type="trust anchor", enabled=enabled, source=source)
    for one in client.population(PROFILES, key="profiles"):
        arn, enabled, roles = one["profileArn"], one.get("enabled"), sorted(one.get("roleArns") or ())
        yield from _settings(PROFILES, arn, one, type="profile", enabled=enabled, roles=roles)


def _about(client: Aws, arn: str) -> dict[str, Any]:
    return client.ask(ABOUT_OIDC, OpenIDConnectProviderArn=arn) or {}


def _settings(call: str, arn: str, item: dict[str, Any], **settings: Any) -> Iterator[Record]:
    for setting, value in settings.items():
        row = Configuration(f"{arn}#{setting}", resource=arn, setting=setting, value=_text(value))
        yield Record(row, {"operation": call, "item": item})


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | list):
        return json.dumps(value)
    return str(value.isoformat())
