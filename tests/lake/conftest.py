from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from agent.lake.instants import nameless
from agent.store import Store
from tests.lake.made import Maker
from tests.lake.stored import PLACES, opened


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    root = tmp_path / "objects"
    root.mkdir()
    return Maker(root)


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    """The address of a double of S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=PLACES)
def endpoint(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the objects of a store lie: '' on this disk, else the address of a double of S3."""
    if request.param == "local":
        return ""
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return str(request.getfixturevalue("bucket"))


@pytest.fixture
def store(endpoint: str, tmp_path: Path) -> Iterator[Store]:
    """A store whose objects lie in the clear, on this disk or in a bucket."""
    with opened(tmp_path, endpoint) as found:
        yield found


@pytest.fixture
def safe(endpoint: str, tmp_path: Path) -> Iterator[Store]:
    """A store whose objects are encrypted, on this disk or in a bucket."""
    with opened(tmp_path, endpoint, encryption=f"file:{tmp_path / 'wrapping.key'}", nameless=nameless) as found:
        yield found
