"""What is written beside the image: the subset of the lock, compose, the chart and the container's configuration."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.config import load
from agent.yamlfile import parse

ROOT = Path(__file__).resolve().parents[2]
SUBSET = ROOT / "config" / "image" / "subset.py"
CHART = ROOT / "config" / "chart"


def subset(*words: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, str(SUBSET), *words)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def names(lock: str) -> set[str]:
    return set(re.findall(r"(?m)^([a-z0-9-]+)==", lock))


def test_the_subset_with_every_extra_is_the_whole_lock() -> None:
    lock = str(ROOT / "config" / "locks" / "runtime.txt")
    project = ("--project", str(ROOT / "pyproject.toml"))
    whole = names(Path(lock).read_text())
    every = names(subset(lock, *project, "--extras", "aws,azure,entra,gcp,postgres").stdout)
    none = names(subset(lock, *project).stdout)
    aws = names(subset(lock, *project, "--extras", "aws").stdout)
    assert every == whole
    assert {"boto3", "botocore", "s3transfer", "jmespath"} <= aws - none
    assert not [name for name in none if name.startswith(("boto", "psycopg"))]
    assert {"pydantic-core", "sqlalchemy", "pyyaml", "urllib3"} <= none


def test_the_subset_keeps_every_hash() -> None:
    found = subset(str(ROOT / "config" / "locks" / "dev.txt"), "hatchling").stdout
    blocks = re.split(r"(?m)^(?=[a-z])", found)[1:]
    assert len(blocks) > 1
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


def test_an_unknown_extra_or_package_is_one_line() -> None:
    lock = str(ROOT / "config" / "locks" / "runtime.txt")
    done = subset(lock, "--project", str(ROOT / "pyproject.toml"), "--extras", "gpc")
    assert (done.returncode, done.stderr) == (2, "there is no extra 'gpc'\n")
    assert subset(lock, "leftpad").returncode == 2


def test_a_lock_in_other_words_is_read() -> None:
    entries = runpy.run_path(str(SUBSET))
    first = "a==1 \\\n    --hash=sha256:00\n    # via\n    #   -c other.txt\n    #   B_c[x] (file)\n"
    lock = f"{first}b-c==2\n    # via root\n"
    assert entries["parents"](entries["entries"](lock)["a"]) == {"b-c"}
    assert entries["closure"](entries["entries"](lock), ["B.C"]) == {"a", "b-c"}


def test_compose_says_what_the_image_needs_and_mounts_what_is_there(tmp_path: Path) -> None:
    compose = yaml.safe_load((ROOT / "config" / "compose.yaml").read_text())
    agent = compose["services"]["annexa"]
    assert agent["read_only"] is True
    assert agent["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in agent["ports"])
    source, target, _mode = agent["volumes"][0].split(":")
    assert target == "/etc/annexa/annexa.yaml"
    secret = tmp_path / "secret"
    secret.write_text("json://127.0.0.1/alerts\n")
    text = (ROOT / "config" / source).read_text().replace("/run/secrets/annexa_alert_url", str(secret))
    (tmp_path / "annexa.yaml").write_text(text)
    config = load(tmp_path / "annexa.yaml", {})
    assert (config.data, config.serve.host, config.serve.port) == (Path("/data"), "0.0.0.0", 8080)


def test_no_secret_of_compose_is_committed_or_sent_to_the_build() -> None:
    compose = yaml.safe_load((ROOT / "config" / "compose.yaml").read_text())
    folders = {f"/config/{Path(secret['file']).parts[0]}/" for secret in compose["secrets"].values()}
    assert folders
    assert folders <= set((ROOT / ".gitignore").read_text().splitlines())
    sent = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert not [line for line in sent if any(folder.strip("/").startswith(line[1:]) for folder in folders)]


def test_the_charts_configuration_is_one_that_annexa_reads(tmp_path: Path) -> None:
    values = parse((CHART / "values.yaml").read_text(), "values.yaml")
    (tmp_path / "annexa.yaml").write_text(yaml.safe_dump(values.entries["config"].value))
    config = load(tmp_path / "annexa.yaml", {})
    assert (config.data, config.serve.host) == (Path("/data"), "0.0.0.0")


@pytest.mark.parametrize("path", sorted((CHART / "templates").iterdir()), ids=lambda path: path.name)
def test_templates_name_only_values_that_there_are(path: Path) -> None:
    values: Any = yaml.safe_load((CHART / "values.yaml").read_text())
    text = path.read_text()
    for dotted in set(re.findall(r"\.Values\.([A-Za-z.]+)", text)):
        found = values
        for word in dotted.split("."):
            assert word in found, f".Values.{dotted}"
            found = found[word]
    opened = re.findall(r"\{\{-? *(if|with|range|define)\b", text)
    assert len(opened) == len(re.findall(r"\{\{-? *end\b", text))
