"""Which patches managed servers lack, and which failed to install, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from collectors.aws._arn import arn
from collectors.aws._settings import setting

SERVERS, STATES = "ssm.describe_instance_information", "ssm.describe_instance_patch_states"
PATCHES = "ssm.describe_instance_patches"
HEADER = Header(
    id="aws.missing_patches",
    title="Patches that servers lack",
    kind="configuration",
    population="Every server that Systems Manager manages in this region and that, by its last scan, lacks a patch or "
    "failed to install one, with the names of these patches.",
    provider="aws",
    per="region",
    calls=(
        Api(SERVERS, ("ssm:DescribeInstanceInformation",)),
        Api(STATES, ("ssm:DescribeInstancePatchStates",)),
        Api(PATCHES, ("ssm:DescribeInstancePatches",),
            answers={"InvalidInstanceId": "the server was taken out of management while it was read"}),
    ),
    limits=(
        "Servers that lack nothing, and those that were never scanned, are skipped: aws.patch_compliance has them all.",
        "Since when a patch has been lacking Systems Manager does not tell; its CVEs it tells of some systems.",
        "A patch that waits for a restart counts as installed here.",
    ),
)
WANTED = [{"Key": "State", "Values": ["Missing", "Failed"]}]


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one record per setting of each server that lacks patches."""

    def lacking(servers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ids = [server["InstanceId"] for server in servers]  # fifty at a time, which is a page of the servers
        found = run.client.read(STATES, key="InstancePatchStates", InstanceIds=ids, MaxResults=50)
        return [one for one in found if one.get("MissingCount") or one.get("FailedCount")]

    def patches(state: dict[str, Any]) -> list[dict[str, Any]]:
        name = state["InstanceId"]
        return list(run.client.read(PATCHES, key="Patches", InstanceId=name, Filters=WANTED, MaxResults=100))

    for servers, states in run.client.each(run.client.population(SERVERS, key=_page, MaxResults=50), lacking, width=4):
        for _ in range(len(servers) - len(states)):
            run.skip("it lacks no patch, or was never scanned")
        for state, found in run.client.each(states, patches):
            yield from _records(run, state, found)


def _page(page: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [page["InstanceInformationList"]] if page.get("InstanceInformationList") else []


def _records(run: Run[Aws], state: dict[str, Any], patches: list[dict[str, Any]]) -> Iterator[Record]:
    raw = [{"operation": STATES, "item": state}, {"operation": PATCHES, "item": patches}]
    name = state["InstanceId"]
    cloud = name.startswith("i-")
    server = arn(run, "ec2", f"instance/{name}") if cloud else arn(run, "ssm", f"managed-instance/{name}")
    cves = {cve for one in patches for cve in (one.get("CVEIds") or "").split(",") if cve}
    told = {
        "missing_patches": sorted(one["Title"] for one in patches if one["State"].lower() == "missing"),
        "failed_patches": sorted(one["Title"] for one in patches if one["State"].lower() == "failed"),
        "cves": sorted(cves),
    }
    for key, value in told.items():
        yield Record(setting(server, key, value), raw)
