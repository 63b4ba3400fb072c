"""The image of the Dockerfile, built once; and containers of it, run as a careful administrator would."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.needs import need

ROOT = Path(__file__).resolve().parents[2]
BASE = "localhost/annexa-base:test"
IMAGE = "localhost/annexa:test"
CONTAINERS = """\
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""
HARDENED = (
    *("--no-healthcheck", "--read-only", "--tmpfs", "/tmp", "--cap-drop=ALL"),
    *("--security-opt=no-new-privileges", "--memory", "256m", "--pids-limit", "100"),
)


class Engine:
    """Podman with an image, and the containers that a test started."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.started: list[str] = []

    def call(self, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run podman; its output is text."""
        command = ("podman", *words)
        return subprocess.run(
            command, env=self.environ, capture_output=True, text=True, timeout=timeout, check=False
        )

    def run(self, *words: str, options: tuple[str, ...] = ("--network", "none")) -> subprocess.CompletedProcess[str]:
        """Run annexa once in a container of its own."""
        return self.call("run", "--rm", *HARDENED, *options, IMAGE, *words)

    def start(self, *words: str, options: tuple[str, ...]) -> str:
        """Start a container in the background, and return its name."""
        name = f"annexa-test-{uuid.uuid4().hex[:12]}"
        done = self.call("run", "-d", "--name", name, *HARDENED, *options, IMAGE, *words)
        assert done.returncode == 0, done.stderr
        self.started.append(name)
        return name

    def inspect(self) -> dict[str, Any]:
        """Return what the image says of itself."""
        image = json.loads(self.call("image", "inspect", IMAGE).stdout)[0]
        # Older podman tells the health check beside the configuration.
        return {"Healthcheck": image.get("Healthcheck"), **image["Config"]}


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Build the image from the files of the repository, and return the environment for podman."""
    need("buildah", "podman", "runc", "mmdebstrap", why="to build and run the image")
    settings = tmp_path_factory.mktemp("containers") / "containers.conf"
    settings.write_text(CONTAINERS)
    environ = {**os.environ, "CONTAINERS_CONF": str(settings)}
    base = os.environ.get("ANNEXA_TEST_BASE", BASE)
    if subprocess.run(("buildah", "inspect", "--type", "image", base), capture_output=True, check=False).returncode:
        _do(environ, "sh", str(Path(__file__).with_name("base.sh")), base)
    # Layers are kept: what does not change is not fetched again, and a second run needs no network.
    options = ("--layers", "--isolation", "chroot", "--pull=never", "--network=host", "--format", "docker")
    _do(environ, "buildah", "bud", *options, "--build-arg", f"BASE={base}", "-t", IMAGE, str(ROOT))
    return environ


def _do(environ: dict[str, str], *command: str) -> None:
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.fixture
def engine(image: dict[str, str]) -> Iterator[Engine]:
    """Podman; what a test started is removed after it."""
    podman = Engine(image)
    yield podman
    for name in podman.started:
        podman.call("rm", "-f", "-t", "2", name)
