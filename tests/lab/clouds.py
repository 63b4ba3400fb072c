"""All clouds of one estate behind local endpoints, with what a configuration and a shell need to reach them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from tests.lab.aws.lab import Lab as Aws
from tests.lab.aws.lab import key_of
from tests.lab.azure.lab import Lab as Azure
from tests.lab.certificate import Shown
from tests.lab.entra.lab import Lab as Entra
from tests.lab.estate import Estate
from tests.lab.gcp.lab import Lab as Gcp

SECRET = "lab"  # the local AWS does not look at signatures


@dataclass
class Clouds:
    """A served estate; use it as a context. One with moto at a time: its memory is the process's."""

    estate: Estate
    port: int = 0
    moto: bool = True
    shown: Shown = field(default_factory=Shown.made)

    def __enter__(self) -> Self:
        self._open = ExitStack()
        self._folder = Path(self._open.enter_context(TemporaryDirectory(prefix="annexa-lab-")))
        ports = [self.port + number if self.port else 0 for number in range(4)]
        self.aws = self._open.enter_context(Aws(self.estate, port=ports[0], moto=self.moto))
        self.gcp = self._open.enter_context(Gcp(self.estate, port=ports[1], tls=self.shown.context()))
        self.entra = self._open.enter_context(Entra(self.estate, self.shown, port=ports[2]))
        self.azure = self._open.enter_context(Azure(self.estate, self.shown, port=ports[3]))
        self.azure.double.tokens = self.entra.double.tokens  # one place gives the tokens for both
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def requests(self) -> int:
        """Return how many requests were served."""
        return sum(len(lab.double.calls) for lab in (self.aws, self.gcp, self.azure, self.entra))

    def about(self) -> dict[str, Any]:
        """Return what a client needs to know."""
        return {
            "endpoints": {scope["provider"]: scope["endpoint"] for scope in self.scopes()},
            "scopes": self.scopes(),
            "environment": self.environment(),
            "accounts": {account.name: account.id for account in self.estate.accounts},
            "now": self.estate.now.isoformat(),
            "scale": self.estate.scale,
        }

    def scopes(self) -> list[dict[str, Any]]:
        """Return the scopes as a configuration has them."""
        members = {"accounts": "all", "member_role": "annexa"}
        return [
            {"name": "aws", "provider": "aws", "endpoint": self.aws.double.url, "regions": list(self.estate.regions),
             "organization": members},
            {"name": "google", "provider": "gcp", "endpoint": self.gcp.double.url,
             "parent": self.estate.google.organization},
            {"name": "azure", "provider": "azure", "endpoint": self.azure.double.url,
             "tenant": self.estate.directory.file["tenant"]},
            {"name": "entra", "provider": "entra", "endpoint": self.entra.double.url,
             "tenant": self.estate.directory.file["tenant"]},
        ]

    def environment(self) -> dict[str, str]:
        """Return the variables of a shell: keys of the management account, a key of Google, an application's secret.

        The proxy is the local AWS itself: S3 Control puts the account's number into the host's name. It is for
        plain HTTP alone; the others are reached by TLS.
        """
        return {
            "AWS_ENDPOINT_URL": self.aws.double.url,
            "AWS_ACCESS_KEY_ID": key_of(self.estate.accounts[0].id),
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
            "HTTP_PROXY": self.aws.double.url,
            **self.gcp.double.environ(self._folder),
            **self.entra.double.environ(),
            "REQUESTS_CA_BUNDLE": str(self.shown.public),
        }
