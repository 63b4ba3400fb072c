"""Firewall rules of VPC networks: what they let in from the world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._settings import setting

PORTS = (
    21, 22, 23, 135, 137, 138, 139, 389, 445, 636, 873, 1433, 1434, 1521, 2049, 2375, 2376, 2379, 2483, 2484, 3306,
    3389, 5432, 5439, 5601, 5900, 5985, 5986, 6379, 6443, 9042, 9092, 9200, 9300, 10250, 11211, 27017,
    27018, 27019,
)
"""Ports by which servers are administered and databases and files are read."""
HEADER = Header(
    id="gcp.firewall_rules",
    title="Firewall rules",
    kind="configuration",
    population="Every firewall rule of every VPC network of the project, disabled ones included.",
    provider="gcp",
    per="member",
    calls=(
        Api("compute.firewalls.list", ("compute.firewalls.list",),
            answers={"SERVICE_DISABLED": "Compute Engine is switched off in the project: it has no networks"}),
    ),
    limits=(
        "Each rule is judged by itself: one of higher priority, or a policy above, may close what it opens.",
        "Rules of firewall policies and of Cloud Armor are not read.",
    ),
)
WORLD = ("0.0.0.0/0", "::/0")
THROUGH = ("all", "tcp", "udp", "6", "17")


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per rule and setting."""
    rules = run.client.population(
        "compute.firewalls.list", key="items", project=run.client.project, maxResults=500,
    )
    for rule in rules:
        resource = f"//compute.googleapis.com/projects/{run.client.project}/global/firewalls/{rule['name']}"
        for name, value in _settings(rule).items():
            yield Record(setting(resource, name, value), rule)


def _settings(rule: dict[str, Any]) -> dict[str, Any]:
    world = _from_world(rule)
    return {
        "network": str(rule.get("network", "")).rpartition("/")[2] or None,
        "direction": rule.get("direction"),
        "disabled": bool(rule.get("disabled")),
        "open_to_world": world,
        "open_admin_port": world and any(_opens(one) for one in rule.get("allowed") or ()),
        "logged": bool((rule.get("logConfig") or {}).get("enable")),
    }


def _from_world(rule: dict[str, Any]) -> bool:
    """Return whether a rule in force lets anybody in: one with no source of any sort does as well."""
    if rule.get("disabled") or rule.get("direction") == "EGRESS" or not rule.get("allowed"):
        return False
    named = rule.get("sourceTags") or rule.get("sourceServiceAccounts")
    ranges = rule.get("sourceRanges") or ()
    return any(one in WORLD for one in ranges) if ranges or named else True


def _opens(allowed: dict[str, Any]) -> bool:
    if str(allowed.get("IPProtocol", "")).lower() not in THROUGH:
        return False
    ports = allowed.get("ports") or ()
    return not ports or any(_within(port, str(one)) for one in ports for port in PORTS)


def _within(port: int, text: str) -> bool:
    low, _, high = text.partition("-")
    return low.isdigit() and int(low) <= port <= int(high if high.isdigit() else low)
