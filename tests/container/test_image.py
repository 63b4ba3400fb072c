"""The image is really built and really run: read-only, without capabilities, as a plain user."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.container.conftest import Engine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("container")]

CONFIG = "organization: Example Ltd\ntimezone: Europe/Berlin\ndata: /data\nserve: {host: 0.0.0.0, port: 8080}\n"


def test_the_image_says_how_it_wants_to_run(engine: Engine) -> None:
    config = engine.inspect()
    assert config["User"] == "10001:10001"
    assert config["StopSignal"] in ("SIGTERM", "15")
    assert set(config["Volumes"]) == {"/data"}
    assert set(config["ExposedPorts"]) == {"8080/tcp"}
    assert (config["Entrypoint"], config["Cmd"]) == (["annexa"], ["serve"])
    assert "/healthz" in " ".join(config["Healthcheck"]["Test"])
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_nothing_that_builds_or_installs_is_inside(engine: Engine) -> None:
    code = (
        "import importlib.util as u, shutil, sys;"
        "found = [t for t in ('pip','pip3','uv','gcc','cc','make','git','curl') if shutil.which(t)];"
        "found += [m for m in ('pip','setuptools','hatchling','pytest') if u.find_spec(m)];"
        "sys.exit(str(found) if found else 0)"
    )
    done = engine.run("-c", code, options=("--network", "none", "--entrypoint", "python"))
    assert done.returncode == 0, done.stderr


def test_the_command_line_answers_as_a_plain_user_on_a_read_only_disk(engine: Engine) -> None:
    done = engine.run("--version")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "annexa 0.1.0"
    done = engine.run("collectors", "list", "--json")
    assert done.returncode == 0, done.stderr
    assert "aws.iam_credential_report" in json.dumps(json.loads(done.stdout))


def test_without_a_configuration_it_says_so_in_one_line(engine: Engine) -> None:
    done = engine.run("status")
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if not line.startswith("time=")]
    assert len(lines) == 1, lines
    assert "/etc/annexa/annexa.yaml" in lines[0]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _healthy(port: int, within: float = 60) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.25)
    return False


def test_it_serves_is_healthy_and_stops_when_it_is_asked_to(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o777)
    port = _free_port()
    mounts = ("-v", f"{tmp_path / 'annexa.yaml'}:/etc/annexa/annexa.yaml:ro", "-v", f"{data}:/data")
    name = engine.start("serve", options=("-p", f"127.0.0.1:{port}:8080", *mounts))
    assert _healthy(port), engine.call("logs", name).stderr
    check = engine.inspect()["Healthcheck"]["Test"][1:]
    assert engine.call("exec", name, *check).returncode == 0
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert b"# HELP" in answer.read()
    assert list(data.iterdir()), "the volume holds the store"
    began = time.monotonic()
    engine.call("stop", "-t", "40", name)
    assert time.monotonic() - began < 35
    state = json.loads(engine.call("inspect", name).stdout)[0]["State"]
    assert (state["ExitCode"], state["OOMKilled"]) == (0, False), engine.call("logs", name).stderr
