"""A tenant of Entra from the configuration to sealed artifacts, by the command line, without a secret left anywhere."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.contracts.cases import cases_of
from tests.contracts.graph import handler
from tests.lab.entra import faults
from tests.lab.entra.double import APPLICATION, SECRET, TENANT, Double

PIM = ("role_management.directory.role_assignment_schedule_instances",
       "role_management.directory.role_eligibility_schedule_instances",
       "identity_governance.privileged_access.group.assignment_schedule_instances",
       "identity_governance.privileged_access.group.eligibility_schedule_instances")
DEVICES = ("device_management.detected_apps",)
COLLECTORS = ("entra.access_reviews", "entra.pim_directory_roles", "entra.groups")


def test_a_tenant_is_collected_sealed_and_judged(tmp_path: Path) -> None:
    with Double() as double:
        for name in COLLECTORS:
            for call, given in cases_of(name)["main"].answers.items():
                double.handle(call, handler(given))
        double.fault("role_management.directory.role_eligibility_schedule_instances", faults.no_premium())
        double.fault("groups", faults.denied())
        (tmp_path / "annexa.yaml").write_text(
            f"organization: Example Ltd\ntimezone: Europe/Berlin\ndata: {tmp_path}/data\nscopes:\n"
            f"  - {{name: corp, provider: entra, tenant: {TENANT}, endpoint: '{double.url}',\n"
            f"     collectors: {{enable: [{', '.join(COLLECTORS)}]}}}}\n"
        )
        environ = {**os.environ, **double.environ()}
        done = subprocess.run(
            [sys.executable, "-m", "agent.cli", "--config", str(tmp_path / "annexa.yaml"), "collect", "--json"],
            env=environ, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
        )
        tokens = list(double.tokens)
    assert done.returncode == 3, done.stderr
    runs = {run["collector"]: run for run in json.loads(done.stdout)["runs"]}
    assert {name: (run["outcome"], run["records"]) for name, run in runs.items()} == {
        "entra.access_reviews": ("succeeded", 5),
        "entra.pim_directory_roles": ("partial", 3),
        "entra.groups": ("failed", 0),
    }
    assert "unavailable" in json.dumps(runs["entra.pim_directory_roles"]["lacking"])
    assert "Group.Read.All" in json.dumps(runs["entra.groups"])
    kept = [done.stdout.encode(), done.stderr.encode()]
    kept += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    sealed = [base64.b64decode(json.loads(path.read_bytes())["payload"]) for path in tmp_path.rglob("envelopes/*/*")]
    assert any(APPLICATION.encode() in one for one in sealed), "who read is told"
    for secret in (SECRET, *tokens):
        assert not [one for one in kept if secret.encode() in one]


def test_doctor_says_of_each_permission_what_it_opens_and_what_to_do(tmp_path: Path) -> None:
    with Double() as double:
        for name in ("groups", *PIM, *DEVICES):
            double.handle(name, lambda _ids, _params: [{"value": []}])
        double.fault("groups", faults.denied())
        double.fault(PIM[1], faults.no_premium())
        double.fault(DEVICES[0], faults.not_provisioned())
        (tmp_path / "annexa.yaml").write_text(
            f"organization: Example Ltd\ntimezone: Europe/Berlin\ndata: {tmp_path}/data\nscopes:\n"
            f"  - {{name: corp, provider: entra, tenant: {TENANT}, endpoint: '{double.url}',\n"
            "     collectors: {enable: [entra.groups, entra.pim_groups, entra.pim_directory_roles, "
            "entra.intune_software]}}\n"
        )
        done = subprocess.run(
            [sys.executable, "-m", "agent.cli", "--config", str(tmp_path / "annexa.yaml"), "doctor", "--json"],
            env={**os.environ, **double.environ()}, capture_output=True, text=True, check=False,
            cwd=Path(__file__).parents[2],
        )
        asked = [call.name for call in double.calls]
    said = json.loads(done.stdout)["checks"]
    told = [one for one in said if one["check"] == f"permissions {TENANT}"]
    denied = [one for one in told if one["state"] == "fail"]
    assert [one["what"] for one in denied] == [
        "Group.Read.All: denied; entra.groups, entra.pim_groups will be partial or fail"]
    assert "Grant the application permission Group.Read.All" in denied[0]["remedy"]
    absent = " ".join(one["what"] for one in told if "needs a licence" in one["what"])
    assert "RoleEligibilitySchedule.Read.Directory" in absent, done.stdout
    assert "Request not applicable to target tenant" in absent
    assert told[-1]["what"] == "6 permissions tried, 3 allowed"
    assert asked.count("groups") == 1, "a call that many collectors need is tried once"
    assert done.returncode == 3
