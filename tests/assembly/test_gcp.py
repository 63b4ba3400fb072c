"""An organization of Google Cloud from the configuration to sealed artifacts, by the command line, as a workload."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.gcp import faults
from tests.lab.gcp.double import Double
from tests.lab.gcp.tokens import AUDIENCE

CRM = "cloudresourcemanager."
COLLECTORS = (
    "gcp.asset_list", "gcp.log_sinks", "gcp.scc_findings", "gcp.secrets", "gcp.service_accounts", "gcp.sql_restores",
)
CONFIG = """
organization: Example Ltd
timezone: Europe/Berlin
data: {folder}/data
scopes:
  - {{name: data, provider: gcp, parent: organizations/123, quota_project: billing, endpoint: "{url}",
     collectors: {{enable: [{collectors}]}}}}
"""


@dataclass(frozen=True)
class Estate:
    """The double of an organization with one project, and the agent's command line on it."""

    double: Double
    folder: Path
    environ: dict[str, str]

    def annexa(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        return subprocess.run(
            [sys.executable, "-m", "agent.cli", "--config", str(self.folder / "annexa.yaml"), *words],
            env=self.environ, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
        )


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with Double() as double:
        double.script({
            CRM + "organizations.get": {"name": "organizations/123", "displayName": "example.com"},
            CRM + "folders.list": {},
            CRM + "projects.list": {"projects": [{"name": "projects/1", "projectId": "data-prod", "state": "ACTIVE"}]},
            "cloudasset.list_assets": [{"assets": [{"name": f"//x/{page}{n}"} for n in range(3)]} for page in range(2)],
            "logging.list_exclusions": {},
            "logging.list_sinks": {"sinks": [{"name": "archive", "destination": "storage.googleapis.com/archive"}]},
            "iam.projects.serviceAccounts.list": {},
            "securitycenter.organizations.sources.findings.list": {},
            "secretmanager.projects.secrets.list": {"secrets": [{"name": "projects/1/secrets/db"}]},
            "sql.operations.list": {},
        })
        for kind in ("organizations", "projects"):
            double.handle(CRM + kind + ".testIamPermissions", _held)
        double.fault("securitycenter.*", faults.unlicensed())
        double.fault("iam.projects.serviceAccounts.list", faults.denied(permission="iam.serviceAccounts.list"))
        double.fault("sql.operations.list", faults.switched_off("1"))
        (tmp_path / "annexa.yaml").write_text(
            CONFIG.format(folder=tmp_path, url=double.url, collectors=", ".join(COLLECTORS))
        )
        outside = {"GOOGLE_APPLICATION_CREDENTIALS": str(double.workload_file(tmp_path))}
        yield Estate(double, tmp_path, {**os.environ, **outside})


def _held(asked: dict[str, Any]) -> dict[str, Any]:
    return {"permissions": [one for one in asked["permissions"] if one != "iam.serviceAccounts.list"]}


def test_an_organization_is_collected_and_three_answers_are_told_apart(estate: Estate) -> None:
    done = estate.annexa("collect", "--json")
    assert done.returncode == 3, done.stderr
    runs = {(run["collector"], run["boundary"]): run for run in json.loads(done.stdout)["runs"]}
    assert {key: (run["outcome"], run["records"]) for key, run in runs.items()} == {
        ("gcp.asset_list", "organizations/123"): ("succeeded", 6),
        ("gcp.log_sinks", "organizations/123"): ("succeeded", 1),
        ("gcp.log_sinks", "data-prod"): ("succeeded", 1),
        ("gcp.scc_findings", "organizations/123"): ("partial", 0),  # not licensed: not available, and said so
        ("gcp.secrets", "data-prod"): ("succeeded", 6),  # one secret, six settings
        ("gcp.service_accounts", "data-prod"): ("failed", 0),  # no permission: nobody knows
        ("gcp.sql_restores", "data-prod"): ("succeeded", 0),  # switched off: there is nothing, which is an answer
    }
    assert "unavailable" in json.dumps(runs["gcp.scc_findings", "organizations/123"]["lacking"])
    assert "iam.serviceAccounts.list" in json.dumps(runs["gcp.service_accounts", "data-prod"]["lacking"])
    assert {call.headers["x-goog-user-project"] for call in estate.double.calls} == {"billing"}
    kept = [done.stdout.encode(), done.stderr.encode()]
    kept += [path.read_bytes() for path in (estate.folder / "data").rglob("*") if path.is_file()]
    sealed = [base64.b64decode(json.loads(path.read_bytes())["payload"])
              for path in estate.folder.rglob("envelopes/*/*")]
    assert len(sealed) == len(runs)
    assert all(AUDIENCE.encode() in one for one in sealed), "who read is told"
    for secret in ("outside-token", *estate.double.issuer.tokens):
        assert not [one for one in [*kept, *sealed] if secret.encode() in one]


def test_doctor_says_what_is_denied_and_what_is_not_licensed(estate: Estate) -> None:
    done = estate.annexa("doctor", "--json")
    said = [(one["check"], one["state"], one["what"]) for one in json.loads(done.stdout)["checks"]]
    (denied,) = [what for check, state, what in said if check == "permissions data-prod" and state == "fail"]
    assert denied.startswith("iam.serviceAccounts.list: denied; gcp.service_accounts")
    told = [what for check, state, what in said if check == "permissions organizations/123" and state == "warn"]
    assert "securitycenter.findings.list: not available here" in told[0]
    assert "not activated or not licensed" in told[0]
    assert not [what for _, _, what in said if "cloudsql" in what], "an API that is off where nothing is, is no fault"
    assert done.returncode == 3


def test_the_role_of_a_scope_holds_what_is_enabled(estate: Estate) -> None:
    said = json.loads(estate.annexa("collectors", "policy", "--scope", "data").stdout)["includedPermissions"]
    assert {"cloudasset.assets.listResource", "logging.sinks.list", "securitycenter.findings.list"} <= set(said)
    assert not [one for one in said if one.startswith("compute.")]
    made = estate.annexa("collectors", "policy", "--scope", "data", "--format", "terraform").stdout
    assert "google_organization_iam_custom_role" in made
