"""The guide makes a collector from nothing: its files are written, installed, led through the suite, and collected."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.assembly.company import Company, company
from tests.contracts.cases import load
from tests.contracts.harness import _handler

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "write-a-collector.md").read_text("utf-8")
NAME = "aws.sqs_queues"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the files of the page and install them where only this test looks."""
    place = tmp_path_factory.mktemp("guide")
    files = re.findall(r"^`(acme-annexa/\S+)`:\n\n```\w+\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(files) == 5, "the page says how many files it takes"
    for name, text in files:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, "utf-8")
    uv = (str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--offline", "--no-deps")
    target = ("--no-build-isolation", "--python", sys.executable, "--target", str(place / "site"))
    ran(*uv, *target, str(place / "acme-annexa"), cwd=place)
    return place


def ran(*command: str, cwd: Path, expect: int = 0, **environ: str) -> str:
    given = {**os.environ, "PYTHONPATH": os.pathsep.join((str(cwd / "site"), str(ROOT))), **environ}
    done = subprocess.run(command, cwd=cwd, env=given, capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == expect, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def annexa(place: Path, *argv: str, **environ: str) -> str:
    return ran(sys.executable, "-m", "agent.cli", *argv, cwd=place, expect=0, **environ)


def test_every_command_of_the_page_is_run_here() -> None:
    section = PAGE.partition("## From nothing")[2].partition("\n## ")[0]
    commands = [line.strip().partition("  ")[0] for line in section.splitlines() if line.startswith("    ")
                and re.match(r"    (pip|annexa|ANNEXA_)", line)]
    assert commands == [
        "pip install ./acme-annexa",
        f"annexa collectors show {NAME}",
        f"annexa collectors policy {NAME}",
        "annexa mapping lint acme-annexa/mappings",
        f"ANNEXA_COLLECTOR_CASES=acme-annexa/cases python -m pytest -q tests/contracts/test_collectors.py -k {NAME}",
    ]


def test_the_collector_is_found_with_its_permissions(package: Path) -> None:
    shown = json.loads(annexa(package, "collectors", "show", NAME, "--json"))
    assert shown["population"] == "Every SQS queue of the account in this region, with its encryption at rest."
    policy = json.loads(annexa(package, "collectors", "policy", NAME))
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {"sqs:ListQueues", "sqs:GetQueueAttributes"} <= allowed
    assert "0 errors" in annexa(package, "mapping", "lint", "acme-annexa/mappings")


def test_the_contract_suite_passes(package: Path) -> None:
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", NAME,
               f"--rootdir={ROOT}", f"--confcutdir={ROOT}", str(ROOT / "tests" / "contracts" / "test_collectors.py"))
    out = ran(*command, cwd=package, ANNEXA_COLLECTOR_CASES=str(package / "acme-annexa" / "cases"))
    passed = re.search(r"(\d+) passed", out)
    assert passed, out[-2000:]
    assert int(passed[1]) >= 15
    assert "failed" not in out


def test_the_suite_finds_a_case_that_is_wrong(package: Path, tmp_path: Path) -> None:
    right = package / "acme-annexa" / "cases" / NAME / "main"
    wrong = tmp_path / NAME / "main"
    wrong.mkdir(parents=True)
    (wrong / "case.yaml").write_text((right / "case.yaml").read_text("utf-8"), "utf-8")
    rows = (right / "expect.ndjson").read_text("utf-8").replace('"value": "false"', '"value": "true"')
    (wrong / "expect.ndjson").write_text(rows, "utf-8")
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k",
               f"test_case and {NAME}", f"--rootdir={ROOT}", str(ROOT / "tests" / "contracts" / "test_collectors.py"))
    assert "1 failed" in ran(*command, cwd=package, expect=1, ANNEXA_COLLECTOR_CASES=str(tmp_path))


def test_its_queues_are_collected_and_judged(package: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with company(tmp_path, monkeypatch) as firm:
        firm.collectors = (NAME,)
        firm.regions = ("eu-west-1",)
        firm.more = f"mappings: {{directories: [{package / 'acme-annexa' / 'mappings'}]}}"
        _answer(firm, package)
        config = str(firm.write())
        runs = json.loads(annexa(package, "collect", "-c", config, "--json", **firm.environ))["runs"]
        assert [(one["collector"], one["outcome"], one["records"]) for one in runs] == [(NAME, "succeeded", 2)]
        status = json.loads(annexa(package, "status", "-c", config, "--control", "8.24", "--json", **firm.environ))
    (control,) = [one for one in status["controls"] if one["id"] == "8.24"]
    (found,) = [one for one in control["requirements"] if one["id"] == "queue-encryption"]
    assert (found["freshness"], found["conclusion"]) == ("fresh", "deficient")


def _answer(firm: Company, package: Path) -> None:
    """Let AWS answer as the case of the page says."""
    for name, given in load(package / "acme-annexa" / "cases" / NAME / "main").answers.items():
        firm.double.handle(name, _handler(given))
