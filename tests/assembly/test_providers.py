"""From the configuration to the client of a provider."""

from __future__ import annotations

from pathlib import Path

from agent.assembly.providers import make
from agent.clients.azure.provider import AzureProvider
from agent.clients.azure.scope import AzureScope
from agent.clients.gcp.provider import GcpProvider
from agent.clients.gcp.scope import GcpScope
from agent.config import load


def test_a_scope_of_google_cloud_becomes_its_client(tmp_path: Path) -> None:
    path = tmp_path / "annexa.yaml"
    path.write_text(
        "organization: Example Ltd\ntimezone: UTC\nscopes:\n"
        "  - {name: data, provider: gcp, parent: organizations/123, quota_project: billing-1, exclude: [sandbox],\n"
        "     impersonate: annexa@billing-1.iam.gserviceaccount.com, endpoint: 'http://127.0.0.1:9'}\n"
    )
    (scope,) = load(path, {}).scopes
    made = make(scope)
    assert isinstance(made, GcpProvider)
    assert made.scope == GcpScope(
        name="data", parent="organizations/123", quota_project="billing-1", exclude=("sandbox",),
        impersonate="annexa@billing-1.iam.gserviceaccount.com", endpoint="http://127.0.0.1:9",
    )


def test_a_scope_of_azure_becomes_its_client(tmp_path: Path) -> None:
    path = tmp_path / "annexa.yaml"
    path.write_text(
        "organization: Example Ltd\ntimezone: UTC\nscopes:\n"
        "  - {name: core, provider: azure, subscriptions: [AAAAAAAA-1111-4222-8333-444444444444],\n"
        "     tenant: example.com, cloud: AzureChina, endpoint: 'https://127.0.0.1:9'}\n"
    )
    (scope,) = load(path, {}).scopes
    made = make(scope)
    assert isinstance(made, AzureProvider)
    assert made.scope == AzureScope(
        name="core", subscriptions=("aaaaaaaa-1111-4222-8333-444444444444",), tenant="example.com", cloud="AzureChina", endpoint="https://127.0.0.1:9",
    )
