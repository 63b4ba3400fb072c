"""The image is really built and really run: read-only, without capabilities, as a plain user."""

from __future__ import annotations

import json
import os
import time
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


def _answers(engine: Engine, name: str, check: list[str], within: float = 60) -> bool:
    """Return whether the image's own health check succeeds in time."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if engine.call("exec", name, *check).returncode == 0:
            return True
        time.sleep(0.5)
    return False


def test_it_serves_is_healthy_and_stops_when_it_is_asked_to(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 10001, 10001)
    mounts = ("-v", f"{tmp_path / 'annexa.yaml'}:/etc/annexa/annexa.yaml:ro", "-v", f"{data}:/data")
    # Without a network there is loopback alone, which is what the health check asks.
    name = engine.start("serve", options=("--network", "none", *mounts))
    check = engine.inspect()["Healthcheck"]["Test"][1:]
    assert _answers(engine, name, check), engine.call("logs", name).stderr
    read = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080/metrics').read().decode())"
    assert "# HELP" in engine.call("exec", name, "python", "-c", read).stdout
    assert list(data.iterdir()), "the volume holds the store"
    second = engine.run("serve", options=("--network", "none", *mounts))
    assert second.returncode in (2, 3), "one agent to a store"
    began = time.monotonic()
    engine.call("stop", "-t", "40", name)
    assert time.monotonic() - began < 35
    state = json.loads(engine.call("inspect", name).stdout)[0]["State"]
    assert (state["ExitCode"], state["OOMKilled"]) == (0, False), engine.call("logs", name).stderr
