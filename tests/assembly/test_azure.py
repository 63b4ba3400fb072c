"""A tenant of Azure from the configuration to sealed artifacts, by the command line, without a secret left anywhere."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.contracts.azure_stage import handler
from tests.contracts.cases import cases_of
from tests.lab.azure import faults
from tests.lab.azure.double import APPLICATION, SECRET, SUBSCRIPTION, TENANT, Double

COLLECTORS = ("azure.resource_graph_inventory", "azure.role_assignments", "azure.activity_log")


def annexa(folder: Path, double: Double, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent.cli", "--config", str(folder / "annexa.yaml"), *arguments],
        env={**os.environ, **double.environ()}, capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2],
    )


def configured(folder: Path, double: Double) -> None:
    (folder / "annexa.yaml").write_text(
        f"organization: Example Ltd\ntimezone: Europe/Berlin\ndata: {folder}/data\nscopes:\n"
        f"  - {{name: core, provider: azure, tenant: {TENANT}, endpoint: '{double.url}',\n"
        f"     collectors: {{enable: [{', '.join(COLLECTORS)}]}}}}\n"
    )
    listed: dict[str, Any] = {"subscriptionId": SUBSCRIPTION, "displayName": "Core", "state": "Enabled", "tenantId": TENANT}
    double.handle("resource.subscriptions.list", lambda _params: [{"value": [listed]}])
    for name in COLLECTORS:
        for call, given in cases_of(name)["main"].answers.items():
            double.handle(call, handler(given))


def test_a_tenant_is_collected_sealed_and_judged(tmp_path: Path) -> None:
    with Double() as double:
        configured(tmp_path, double)
        double.handle("monitor.activity_logs.list", lambda _params: [{"value": []}])
        double.fault("authorization.role_assignments.list_for_subscription", faults.denied(
            "Microsoft.Authorization/roleAssignments/read"))
        done = annexa(tmp_path, double, "collect", "--json")
        tokens = list(double.tokens)
    assert done.returncode == 3, done.stderr
    runs = {(run["collector"], run["outcome"], run["records"]) for run in json.loads(done.stdout)["runs"]}
    assert ("azure.resource_graph_inventory", "succeeded", 3) in runs
    assert ("azure.activity_log", "succeeded", 0) in runs
    assert "Microsoft.Authorization/roleAssignments/read" in done.stdout
    kept = [done.stdout.encode(), done.stderr.encode()]
    kept += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    sealed = [base64.b64decode(json.loads(path.read_bytes())["payload"]) for path in tmp_path.rglob("envelopes/*/*")]
    assert any(APPLICATION.encode() in one for one in sealed), "who read is told"
    for secret in (SECRET, *tokens):
        assert not [one for one in kept if secret.encode() in one]


def test_doctor_names_what_is_denied(tmp_path: Path) -> None:
    with Double() as double:
        configured(tmp_path, double)
        (tmp_path / "data").mkdir()
        double.handle("authorization.role_definitions.list", lambda _params: [{"value": []}])
        double.fault("authorization.role_assignments.list_for_subscription", faults.denied())
        done = annexa(tmp_path, double, "doctor", "--json")
    checks = json.loads(done.stdout)["checks"]
    denied = [one for one in checks if one["state"] == "fail"]
    assert [one["check"] for one in denied] == [f"permissions {SUBSCRIPTION}"]
    assert "roleAssignments/read: denied" in denied[0]["what"]
    assert any("2 boundaries" in one["what"] for one in checks)


def test_the_policy_of_a_scope_is_a_role_for_its_tenant(tmp_path: Path) -> None:
    with Double() as double:
        configured(tmp_path, double)
        done = annexa(tmp_path, double, "collectors", "policy", "--scope", "core")
        narrow = annexa(tmp_path, double, "collectors", "policy", "azure.role_assignments", "-f", "terraform")
    said = json.loads(done.stdout)
    assert said["Actions"] == ["*/read"]
    assert said["AssignableScopes"] == [f"/providers/Microsoft.Management/managementGroups/{TENANT}"]
    assert "azurerm_role_definition" in narrow.stdout
    assert "Microsoft.Authorization/roleAssignments/read" in narrow.stdout
