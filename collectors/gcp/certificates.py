"""Certificates of Certificate Manager and of load balancers, and the least version of TLS that these take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._aggregated import inner
from collectors.gcp._names import compute
from collectors.gcp._settings import setting

MANAGED = "certificatemanager.projects.locations.certificates.list"
OLDER, POLICIES = "compute.sslCertificates.aggregatedList", "compute.sslPolicies.aggregatedList"
OFF = {"SERVICE_DISABLED": "Compute Engine is switched off in the project: it has no load balancers"}
HEADER = Header(
    id="gcp.certificates",
    title="Certificates and policies of TLS",
    kind="configuration",
    population="Every setting of every certificate of Certificate Manager and of load balancers of the project, and of "
    "every policy of TLS.",
    provider="gcp",
    per="member",
    calls=(
        Api(MANAGED, ("certificatemanager.certs.list",),
            answers={"SERVICE_DISABLED": "Certificate Manager is switched off in the project: it has no certificates"}),
        Api(OLDER, ("compute.sslCertificates.list",), answers=OFF),
        Api(POLICIES, ("compute.sslPolicies.list",), answers=OFF),
    ),
    limits=(
        "`in_use` has no value for certificates of load balancers: Google does not tell who uses them.",
        "A load balancer without a policy of TLS takes what Google's default allows, and has no record here.",
        "Certificates that stand on machines themselves are not read.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per certificate or policy and setting."""
    parent, project = run.client.parent, run.client.project
    for item in run.client.population(MANAGED, key="certificates", parent=f"{parent}/locations/-", pageSize=500):
        yield from _records(f"//certificatemanager.googleapis.com/{item['name']}", _managed(item), item)
    for item in run.client.population(OLDER, key=inner("sslCertificates"), project=project, maxResults=500):
        yield from _records(compute(item["selfLink"]) or "", _older(item), item)
    for item in run.client.population(POLICIES, key=inner("sslPolicies"), project=project, maxResults=500):
        said = {"min_tls_version": item.get("minTlsVersion"), "profile": item.get("profile")}
        yield from _records(compute(item["selfLink"]) or "", said, item)


def _records(resource: str, said: dict[str, Any], item: dict[str, Any]) -> Iterator[Record]:
    for name, value in said.items():
        yield Record(setting(resource, name, value), item)


def _managed(item: dict[str, Any]) -> dict[str, Any]:
    managed = item.get("managed") or {}
    return {
        "domain": (item.get("sanDnsnames") or managed.get("domains") or [None])[0],
        "type": "MANAGED" if managed else "SELF_MANAGED",
        "status": managed.get("state"),
        "not_after": item.get("expireTime"),
        "in_use": bool(item.get("usedBy")),
    }


def _older(item: dict[str, Any]) -> dict[str, Any]:
    managed = item.get("managed") or {}
    return {
        "domain": (item.get("subjectAlternativeNames") or managed.get("domains") or [None])[0],
        "type": item.get("type"),
        "status": managed.get("status"),
        "not_after": item.get("expireTime"),
        "in_use": None,
    }
