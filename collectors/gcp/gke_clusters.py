"""Kubernetes clusters: who reaches their control plane, and what they log and check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._bare import bare
from collectors.gcp._settings import setting

CALL = "container.projects.locations.clusters.list"
HEADER = Header(
    id="gcp.gke_clusters",
    title="GKE clusters",
    kind="configuration",
    population="Every setting of exposure, logging, updates and encryption of every GKE cluster of the project.",
    provider="gcp",
    per="member",
    calls=(
        Api(CALL, ("container.clusters.list",),
            answers={"SERVICE_DISABLED": "Kubernetes Engine is switched off in the project: it has no clusters"}),
    ),
    limits=(
        "What runs in a cluster, and its roles, are not read.",
        "`open_to_world` is of the control plane's address: rules of firewalls are gcp.firewall_rules.",
        "`secrets_encrypted` means a key of one's own; Google encrypts the others with a key that it holds.",
    ),
)
PLACE = "//container.googleapis.com/"
WORLD = ("0.0.0.0/0", "::/0")


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per cluster and setting."""
    for item in run.client.population(CALL, key="clusters", parent=f"{run.client.parent}/locations/-"):
        resource = f"{PLACE}{run.client.parent}/locations/{item['location']}/clusters/{item['name']}"
        for name, value in _settings(item).items():
            yield Record(setting(resource, name, value), bare(item))


def _settings(item: dict[str, Any]) -> dict[str, Any]:
    logs = ((item.get("loggingConfig") or {}).get("componentConfig") or {}).get("enableComponents") or []
    return {
        "state": item.get("status"),
        "open_to_world": _open(item),
        "logging": sorted(logs),
        "network_policy": _network_policy(item),
        "workload_identity": bool((item.get("workloadIdentityConfig") or {}).get("workloadPool")),
        "secrets_encrypted": (item.get("databaseEncryption") or {}).get("state") == "ENCRYPTED",
        "shielded_nodes": bool((item.get("shieldedNodes") or {}).get("enabled")) or _autopilot(item),
        "legacy_authorization": bool((item.get("legacyAbac") or {}).get("enabled")),
        "basic_authentication": bool((item.get("masterAuth") or {}).get("username")),
        "release_channel": (item.get("releaseChannel") or {}).get("channel"),
        "version": item.get("currentMasterVersion"),
        "autopilot": _autopilot(item),
    }


def _autopilot(item: dict[str, Any]) -> bool:
    return bool((item.get("autopilot") or {}).get("enabled"))


def _network_policy(item: dict[str, Any]) -> bool:
    advanced = (item.get("networkConfig") or {}).get("datapathProvider") == "ADVANCED_DATAPATH"
    return advanced or bool((item.get("networkPolicy") or {}).get("enabled"))


def _open(item: dict[str, Any]) -> bool:
    """Return whether anybody may knock at the control plane: by a public address that is open to all."""
    if (item.get("privateClusterConfig") or {}).get("enablePrivateEndpoint"):
        return False
    points = (item.get("controlPlaneEndpointsConfig") or {}).get("ipEndpointsConfig") or {}
    if points.get("enablePublicEndpoint") is False or points.get("enabled") is False:
        return False
    allowed = item.get("masterAuthorizedNetworksConfig") or points.get("authorizedNetworksConfig") or {}
    blocks = [one.get("cidrBlock") for one in allowed.get("cidrBlocks") or ()]
    return not allowed.get("enabled") or any(one in WORLD for one in blocks)
