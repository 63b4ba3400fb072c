"""Machines and clusters of the company's projects, and all resources as they stood at an instant."""

from __future__ import annotations

import zlib
from typing import Any

from tests.lab.estate import Estate
from tests.lab.gcp.resources import project_of
from tests.lab.google import Binding, Thing
from tests.lab.told import Paged, Table, stamp

Params = dict[str, Any]
table = Table()
COMPUTE = "https://www.googleapis.com/compute/v1/"


@table.on("compute.instances.aggregatedList")
def _machines(estate: Estate, params: Params) -> dict[str, Any]:
    zone = f"{estate.google.file['location']}-b"
    place = f"{COMPUTE}projects/{project_of(params)}/zones/{zone}"
    told = [
        {"id": str(10**17 + zlib.crc32(one.id.encode())), "name": one.name, "selfLink": f"{place}/instances/{one.name}", "zone": place, "status": "RUNNING",
         "creationTimestamp": stamp(one.created), "labels": dict(one.labels)}
        for one in estate.google.of("instances", project_of(params))
    ]
    return {"items": {f"zones/{zone}": {"instances": told} if told else {"warning": {"code": "NO_RESULTS_ON_PAGE"}}}}


@table.on("container.projects.locations.clusters.list")
def _clusters(estate: Estate, params: Params) -> dict[str, Any]:
    return {"clusters": [
        {
            "name": one.name, "location": one.location, "status": "RUNNING", "currentMasterVersion": "1.33.2-gke.100",
            "autopilot": {"enabled": True}, "releaseChannel": {"channel": "REGULAR"},
            "databaseEncryption": {"state": "ENCRYPTED"}, "privateClusterConfig": {"enablePrivateEndpoint": True},
            "workloadIdentityConfig": {"workloadPool": f"{one.project.id}.svc.id.goog"},
        }
        for one in estate.google.of("clusters", project_of(params))
    ]}


@table.on("cloudasset.list_assets")
def _assets(estate: Estate, params: Params) -> Paged:
    return Paged("assets", estate.google.things, params.get("page_size"), _asset)


def _asset(one: Thing) -> dict[str, Any]:
    data = {"name": one.name, "labels": dict(one.labels), "createTime": stamp(one.created)}
    return {"name": one.id, "assetType": one.type, "ancestors": [f"projects/{one.project.number}"],
            "resource": {"version": "v1", "location": one.location, "data": data}}


@table.on("cloudasset.export_assets")
def _export(estate: Estate, params: Params) -> dict[str, Any]:
    """Begin an export; the name of the operation holds where it writes, so that nothing has to be kept."""
    uri = str(params["output_config"]["gcs_destination"]["uri"])
    return {"name": f"{params['parent']}/operations/ExportAssets/RESOURCE/{uri.encode().hex()}"}


@table.on("cloudasset.get_operation")
def _exported(estate: Estate, params: Params) -> dict[str, Any]:
    uri = bytes.fromhex(str(params["name"]).rpartition("/")[2]).decode()
    ended = {"name": params["name"], "done": True}
    if uri.split("/")[2] not in {one.name for one in estate.google.of("buckets")}:
        return {**ended, "error": {"code": 5, "message": "The specified bucket does not exist."}}
    kind = "type.googleapis.com/google.cloud.asset.v1.ExportAssetsResponse"
    return {**ended, "response": {"@type": kind, "readTime": stamp(estate.now), "outputConfig": {
        "gcsDestination": {"uri": uri}}, "outputResult": {"gcsResult": {"uris": [uri]}}}}


@table.on("storage.objects.get")
def _object(estate: Estate, params: Params) -> dict[str, Any]:
    """Return what an export wrote: an asset a line, its members spelt as the message class has them."""
    spelt = {"assetType": "asset_type"}
    return {"lines": [{spelt.get(name, name): value for name, value in _asset(one).items()}
                      for one in estate.google.things]}


@table.on("cloudasset.analyze_iam_policy")
def _analysis(estate: Estate, params: Params) -> dict[str, Any]:
    def told(one: Binding) -> dict[str, Any]:
        return {
            "attachedResourceFullName": one.resource, "iamBinding": {"role": one.role, "members": list(one.members)},
            "accessControlLists": [{"resources": [{"fullResourceName": one.resource}]}],
            "identityList": {"identities": [{"name": member} for member in one.members]}, "fullyExplored": True,
        }

    strong = [told(one) for one in estate.google.bindings if one.role in ("roles/owner", "roles/editor")]
    return {"fullyExplored": True, "mainAnalysis": {"fullyExplored": True, "analysisResults": strong}}
