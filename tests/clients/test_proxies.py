"""Every provider's SDK goes out by the proxy of the environment, and trusts the certificates that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.clients import CallError, Deadline, Witness
from agent.clients.aws.provider import AwsProvider
from agent.clients.aws.scope import AwsScope
from agent.clients.aws.sessions import Sessions
from agent.clients.aws.wire import Wire as AwsWire
from agent.clients.bundle import NAMES, bundle
from agent.clients.entra.client import EntraClient
from agent.clients.entra.credentials import Tokens
from agent.clients.entra.scope import EntraScope
from agent.clients.entra.wire import Wire as EntraWire
from agent.clients.gcp.provider import GcpProvider
from agent.clients.gcp.scope import GcpScope
from agent.clients.gcp.wire import Wire as GcpWire
from agent.errors import AnnexaError, ConfigurationError
from tests.clients import conftest, test_azure, test_entra, test_gcp
from tests.lab.aws.double import Double as Aws
from tests.lab.azure.double import Double as Azure
from tests.lab.entra import faults
from tests.lab.entra.double import TENANT
from tests.lab.entra.double import Double as Entra
from tests.lab.gcp.double import Double as Gcp
from tests.lab.gcp.port import Port
from tests.lab.gcp.proxy import Proxy
from tests.lab.gcp.tls import context

VARIABLES = (*NAMES, "AWS_CA_BUNDLE", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "grpc_proxy",
             "no_grpc_proxy")


@dataclass(frozen=True, slots=True)
class Lab:
    """A provider behind TLS: the one host and port, the certificate to trust, and how two things are read there."""

    place: str
    certificate: Path
    read: Callable[[], list[str]]
    want: list[str]


def _aws(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[Lab]:
    tls, certificate = context(folder)
    with Aws() as double:
        for name, value in double.environ(region="eu-west-1").items():
            if name != "AWS_ENDPOINT_URL":
                patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        double.script({"backup.list_backup_vaults": conftest.VAULTS})
        plain = int(double.url.rpartition(":")[2])
        front = Port(0, plain, plain, tls)
        scope = AwsScope(name="lab", endpoint=f"https://127.0.0.1:{front.number}", regions=("eu-west-1",))

        def read() -> list[str]:
            wire = AwsWire(Sessions(scope, retry="standard"), paced=False, sleep=lambda *_: None)
            return conftest.vaults(conftest.opened(AwsProvider(scope, wire))[0])

        yield Lab(f"127.0.0.1:{front.number}", certificate, read, [f"v{page}{n}" for page in range(3) for n in range(3)])
        front.close()


def _gcp(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[Lab]:
    tls, certificate = context(folder)
    with Gcp(tls=tls) as double:
        for name, value in double.environ(folder).items():
            patch.setenv(name, value)
        double.script({
            test_gcp.SEARCH: {"results": [{"name": "//x/1"}]}, test_gcp.SQL: {"items": [{"id": "1", "instance": "a"}]},
        })
        scope = GcpScope(name="lab", parent="projects/data-prod", endpoint=double.url)

        def read() -> list[str]:
            wire = GcpWire(scope, call_seconds=5, sleep=lambda *_: None)
            client, _ = test_gcp.opened(GcpProvider(scope, wire))
            return [*test_gcp.resources(client), *test_gcp.runs(client)]

        yield Lab(double.url.removeprefix("https://"), certificate, read, ["//x/1", "1"])


def _entra(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[Lab]:
    with Entra() as double:
        for name, value in double.environ().items():
            if name not in VARIABLES:
                patch.setenv(name, value)
        double.handle("users", lambda _ids, _params: test_entra.USERS)
        scope = EntraScope(name="lab", tenant=TENANT, endpoint=double.url)

        def read() -> list[str]:
            wire = EntraWire(scope, Tokens(scope), paced=False, sleep=lambda *_: None)
            return test_entra.ids(EntraClient(wire, TENANT, Witness(test_entra.HEADER), Deadline.after(20)))

        yield Lab(double.url.removeprefix("https://"), double.certificate, read,
                  [f"u{page}{n}" for page in range(3) for n in range(3)])


def _azure(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[Lab]:
    with Azure() as double:
        for name, value in double.environ().items():
            if name not in VARIABLES:
                patch.setenv(name, value)
        double.handle(test_azure.ASSIGNMENTS, lambda _params: test_azure.PAGES)

        def read() -> list[str]:
            return test_azure.ids(test_azure.client(test_azure.wire(double), seconds=20))

        yield Lab(double.url.removeprefix("https://"), double.certificate, read,
                  [f"a{page}{n}" for page in range(3) for n in range(3)])


LABS: dict[str, Any] = {"aws": _aws, "gcp": _gcp, "azure": _azure, "entra": _entra}


@pytest.fixture(params=LABS)
def lab(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Lab]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield from LABS[request.param](monkeypatch, tmp_path)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as made:
        yield made


def test_a_certificate_that_nobody_named_is_not_trusted(lab: Lab) -> None:
    with pytest.raises((CallError, AnnexaError)):
        lab.read()


@pytest.mark.parametrize("variable", NAMES)
def test_the_certificates_that_the_environment_names_are_trusted(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(lab.certificate))
    assert lab.read() == lab.want


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY"])
def test_everything_goes_by_the_proxy(
    lab: Lab, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(lab.certificate))
    monkeypatch.setenv(variable, proxy.url)
    assert lab.read() == lab.want
    assert set(proxy.tunnels) == {lab.place}


def test_a_proxy_that_does_not_answer_is_no_way_around(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(lab.certificate))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with pytest.raises((CallError, AnnexaError)):
        lab.read()


def test_what_needs_no_proxy_goes_straight(lab: Lab, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(lab.certificate))
    monkeypatch.setenv("https_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    assert lab.read() == lab.want
    assert proxy.tunnels == []


def test_certificates_that_are_not_there_are_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    assert bundle() == ""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE names"):
        bundle()


def test_the_limits_of_answers_hold_behind_a_proxy(monkeypatch: pytest.MonkeyPatch, proxy: Proxy) -> None:
    with Entra() as double:
        for name, value in double.environ().items():
            monkeypatch.setenv(name, value)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("https_proxy", proxy.url)
        double.handle("users", lambda _ids, _params: test_entra.USERS)
        double.fault("users", faults.huge())
        scope = EntraScope(name="lab", tenant=TENANT, endpoint=double.url)
        wire = EntraWire(scope, Tokens(scope), paced=False, sleep=lambda *_: None)
        with pytest.raises(CallError, match="larger than"):
            test_entra.ids(EntraClient(wire, TENANT, Witness(test_entra.HEADER), Deadline.after(60)))
