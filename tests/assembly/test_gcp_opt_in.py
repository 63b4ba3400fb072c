"""Opt-in collectors over the served estate: off by default everywhere, and once named as true as any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.mapping import load_mapping
from agent.model import Window
from agent.registry import Registry
from tests.contracts.cases import Case
from tests.contracts.gcp_stage import Stage
from tests.lab.estate import Estate
from tests.lab.gcp.lab import Lab
from tests.lab.google import WRITE

NOW = datetime(2026, 11, 24, tzinfo=UTC)
OPT_IN = ("gcp.asset_export", "gcp.data_access_logs")
CONFIG = """
organization: Nordwind
timezone: Europe/Berlin
data: {folder}/{data:08x}
scopes:
  - {{name: data, provider: gcp, parent: {parent}, endpoint: "{url}", {said}}}
"""


@dataclass(frozen=True)
class Served:
    """The lab with a folder for the agent."""

    lab: Lab
    folder: Path
    environ: dict[str, str]

    def annexa(self, said: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command with these words in the scope, which has a store of its own."""
        path, google = self.folder / "annexa.yaml", self.lab.estate.google
        path.write_text(CONFIG.format(
            folder=self.folder, data=zlib.crc32(said.encode()), parent=google.organization, url=self.lab.double.url,
            said=said,
        ))
        return subprocess.run(
            [sys.executable, "-m", "agent.cli", "--config", str(path), *words],
            env={**os.environ, **self.environ}, capture_output=True, text=True, check=False,
            cwd=Path(__file__).parents[2],
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("opt-in")
    with Lab(Estate.load(now=NOW)) as lab:
        yield Served(lab, folder, lab.double.environ(folder))


def _requirements(done: subprocess.CompletedProcess[str]) -> set[str]:
    controls: list[dict[str, Any]] = json.loads(done.stdout)["controls"]
    return {one["id"] for control in controls for one in control["requirements"]}


def test_nothing_of_them_is_there_until_a_scope_names_them(served: Served) -> None:
    said = 'collectors: {enable: ["gcp.asset_*"]}'
    done = served.annexa(said, "collect", "--collector", "gcp.asset_export", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "gcp.asset_export is opt-in, and no scope has switched it on" in done.stderr
    role = served.annexa("exclude: []", "collectors", "policy", "--scope", "data")
    held = json.loads(role.stdout)["includedPermissions"]
    assert "cloudasset.assets.listResource" in held
    assert not {"logging.privateLogEntries.list", "storage.objects.get"} & set(held)

@pytest.mark.parametrize(("said", "owed"), [
    ("exclude: []", False), ("collectors: {also: [gcp.data_access_logs]}", True),
])
def test_what_they_alone_show_is_owed_where_they_are_on(served: Served, said: str, *, owed: bool) -> None:
    collected = served.annexa(said, "collect", "--collector", "gcp.projects", "--json")
    assert collected.returncode == 0, collected.stderr
    found = _requirements(served.annexa(said, "status", "--json"))
    assert "cloud-audit-events" in found
    assert ("data-access-events" in found) is owed


def test_no_requirement_that_decides_a_control_rests_on_opt_in_alone() -> None:
    headers = {one.id: one for one in Registry.load().headers()}
    resting = [
        (one.id, provider) for one in load_mapping().requirements.values() if one.primary
        for provider in {headers[name].provider for name in one.collectors if name in headers}
        if all(headers[name].opt_in for name in one.collectors if name in headers and headers[name].provider == provider)
    ]
    assert resting == []
    assert [name for name, header in headers.items() if header.opt_in] == list(OPT_IN)


def test_doctor_asks_the_bucket(served: Served) -> None:
    bucket = served.lab.estate.google.of("buckets")[0].name
    on = "collectors: {enable: [gcp.asset_export]}, asset_export: {bucket: %s}"
    for name, told in ((bucket, False), ("nowhere", True)):
        checks = json.loads(served.annexa(on % name, "doctor", "--json").stdout)["checks"]
        said = [one["what"] for one in checks if "storage.objects.get" in one["what"]]
        assert [("does not exist" in what) for what in said] == ([True] if told else []), said


def test_an_export_is_what_the_list_is(served: Served) -> None:
    bucket = served.lab.estate.google.of("buckets")[0].name
    said = (f"collectors: {{enable: [gcp.asset_list], also: [gcp.asset_export]}}, asset_export: {{bucket: {bucket}}}")
    done = served.annexa(said, "collect", "--json")
    assert done.returncode == 0, done.stderr
    runs = {run["collector"]: run for run in json.loads(done.stdout)["runs"]}
    things = served.lab.estate.google.things
    assert {name: (run["outcome"], run["records"]) for name, run in runs.items()} == {
        "gcp.asset_export": ("succeeded", len(things)), "gcp.asset_list": ("succeeded", len(things)),
    }
    asked = ("SELECT count(DISTINCT collector) AS n FROM asset GROUP BY id, name, type, region, owner, environment, "
             "created_at HAVING n <> 2")
    told = served.annexa(said, "query", asked, "--json")
    assert json.loads(told.stdout) == [], told.stderr
    shown = json.loads(served.annexa(said, "evidence", "show", runs["gcp.asset_export"]["artifact"], "--json").stdout)
    (receipt,) = shown["provenance"]["receipts"]
    assert (receipt["source"], receipt["expected"], receipt["counted"]) == (
        "cloudasset.search_all_resources", len(things) + len(served.lab.estate.google.projects), len(things))
    assert "counts differ: cloudresourcemanager.googleapis.com/Project" in json.dumps(shown["provenance"]["notes"])


def test_an_export_to_a_bucket_that_is_not_there_fails(served: Served) -> None:
    said = "collectors: {enable: [gcp.asset_export]}, asset_export: {bucket: nowhere}"
    done = served.annexa(said, "collect", "--json")
    (run,) = json.loads(done.stdout)["runs"]
    assert (done.returncode, run["outcome"], run["records"]) == (3, "failed", 0)
    assert "The specified bucket does not exist" in run["error"]


@pytest.mark.parametrize(("narrowed", "wanted"), [
    ({}, {WRITE, "storage.objects.get"}), ({"writes_only": True}, {WRITE}),
    ({"services": ["bigquery.googleapis.com"]}, set()), ({"services": ["storage.googleapis.com"]}, {WRITE, "storage.objects.get"}),
])
def test_data_access_is_what_happened(
    served: Served, monkeypatch: pytest.MonkeyPatch, narrowed: dict[str, Any], wanted: set[str]
) -> None:
    for name, value in served.environ.items():
        monkeypatch.setenv(name, value)
    google = served.lab.estate.google
    project = next(one.parent for one in google.accesses)
    begin, end = NOW - timedelta(hours=30), NOW - timedelta(hours=2)
    case = Case(collector="gcp.data_access_logs", name="served", account=project, window=Window(begin, end),
                started=NOW, settings={"data_access": narrowed})
    ran = Stage(served.lab.double).run(Registry.load().get("gcp.data_access_logs"), case)
    assert ran.closing.outcome == "succeeded", ran.closing.lacking
    true = [one for one in google.accesses
            if one.parent == project and begin <= one.at < end and one.method in wanted]
    assert [(row["actor"], row["action"], row["target"]) for row in sorted(ran.plain, key=lambda row: row["occurred_at"])] == [
        (one.actor, one.method, one.resource) for one in true]
    assert bool(true) is bool(wanted)
    assert bool(ran.closing.notes) is bool(narrowed)
