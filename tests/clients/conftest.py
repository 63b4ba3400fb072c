"""A double of AWS and a provider that speaks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agent.clients import Deadline, Witness
from agent.clients.aws.client import AwsClient
from agent.clients.aws.provider import AwsProvider
from agent.clients.aws.scope import AwsScope
from agent.clients.aws.sessions import Sessions
from agent.clients.aws.wire import Wire
from agent.collector import Api, Header
from agent.model import Boundary
from tests.lab.aws.double import ACCOUNT, Double

HEADER = Header(
    id="aws.synthetic",
    title="Synthetic",
    kind="asset",
    population="Every backup vault of the account, for the tests.",
    provider="aws",
    per="region",
    calls=(
        Api("backup.list_backup_vaults", ("backup:ListBackupVaults",)),
        Api("backup.describe_backup_vault", ("backup:DescribeBackupVault",)),
        Api("s3.get_object", ("s3:GetObject",)),
        Api("iam.generate_credential_report", ("iam:GenerateCredentialReport",)),
    ),
)
BOUNDARY = Boundary("lab", "aws", ACCOUNT, "", "eu-west-1", ("eu-west-1",))
VAULTS = [{"BackupVaultList": [{"BackupVaultName": f"v{page}{n}"} for n in range(3)]} for page in range(3)]


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    with Double() as made:
        for name, value in made.environ(region="eu-west-1").items():
            if name != "AWS_ENDPOINT_URL":
                monkeypatch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        made.script({"backup.list_backup_vaults": VAULTS})
        yield made


Provide = Callable[..., AwsProvider]


@pytest.fixture
def provide(double: Double) -> Provide:
    """Return a maker of providers: scope keys, and `wire` keys under `wire`."""

    def make(wire: dict[str, Any] | None = None, **given: Any) -> AwsProvider:
        scope = AwsScope(**{"name": "lab", "endpoint": double.url, "regions": ("eu-west-1",), **given})
        return AwsProvider(scope, Wire(Sessions(scope, retry="standard"), **(wire or {})))

    return make


def opened(provider: AwsProvider, seconds: float = 30) -> tuple[AwsClient, Witness]:
    witness = Witness(HEADER)
    return provider.open(BOUNDARY, "eu-west-1", witness, Deadline.after(seconds)), witness


def vaults(client: AwsClient) -> list[str]:
    found = []
    for vault in client.population("backup.list_backup_vaults", key="BackupVaultList"):
        found.append(vault["BackupVaultName"])
        client.witness.yielded()
    return found
