"""Whether managed servers have their patches, by the last scan of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Finding

HEADER = Header(
    id="aws.patch_compliance",
    title="Patches of managed servers",
    kind="finding",
    population="Every server that Systems Manager manages in this region, scanned for patches or not.",
    provider="aws",
    per="region",
    calls=(
        Api("ssm.describe_instance_information", ("ssm:DescribeInstanceInformation",)),
        Api("ssm.describe_instance_patch_states", ("ssm:DescribeInstancePatchStates",)),
    ),
    limits=(
        "A server that Systems Manager does not manage is not among them: compare aws.ec2_inventory.",
        "Of a server that was never scanned, severity, state and time are null.",
        "Patches are counted: aws.missing_patches names them; associations and compliance of other kinds are not read.",
        "Severity is of the worst that is lacking: critical patches, security patches (high), any other (medium).",
        "`occurred_at` is the end of the last scan: how long a patch has been lacking, Systems Manager does not tell.",
    ),
)


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield one finding per managed server."""

    def states(servers: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        call = "ssm.describe_instance_patch_states"  # fifty at a time, which is a page of the servers
        ids = [server["InstanceId"] for server in servers]
        found = run.client.read(call, key="InstancePatchStates", InstanceIds=ids, MaxResults=50)
        return {state["InstanceId"]: state for state in found}

    pages = run.client.population("ssm.describe_instance_information", key=_page, MaxResults=50)
    for servers, scanned in run.client.each(pages, states, width=4):
        for server in servers:
            state = scanned.get(server["InstanceId"])
            raw = [
                {"operation": "ssm.describe_instance_information", "item": server},
                {"operation": "ssm.describe_instance_patch_states", "item": state},
            ]
            yield Record(_row(server["InstanceId"], state), raw)


def _page(page: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [page["InstanceInformationList"]] if page.get("InstanceInformationList") else []


def _row(server: str, state: dict[str, Any] | None) -> Finding:
    if state is None:
        return Finding(server, resource=server, title="never scanned for patches", source="patch manager")
    missing, failed = state.get("MissingCount", 0), state.get("FailedCount", 0)
    severity = _severity(state, lacking=bool(missing or failed))
    return Finding(
        server,
        resource=server,
        title=f"{missing} patches missing, {failed} failed",
        severity=severity or "informational",
        state="open" if severity else "resolved",
        source="patch manager",
        occurred_at=state["OperationEndTime"],
    )


def _severity(state: dict[str, Any], *, lacking: bool) -> str | None:
    """Return how bad the worst is that is lacking; None where nothing is."""
    if state.get("CriticalNonCompliantCount"):
        return "critical"
    if state.get("SecurityNonCompliantCount"):
        return "high"
    return "medium" if lacking or state.get("OtherNonCompliantCount") else None
