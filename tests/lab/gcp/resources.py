"""Projects, what is in them, and who may do what there."""

from __future__ import annotations

import re
from typing import Any

from tests.lab.estate import Estate
from tests.lab.gcp.faults import ErrorAnswer
from tests.lab.google import Binding, Project, Robot, Thing
from tests.lab.told import Paged, Table, stamp

Params = dict[str, Any]
table = Table()
CRM = "cloudresourcemanager"
_SINCE = re.compile(r"updateTime>=(\d+)")


def project_of(params: Params) -> str:
    """Return the project that a question is about, whichever parameter names it."""
    said = str(params.get("project") or params.get("parent") or params.get("name") or params.get("resource"))
    return said.removeprefix("projects/").partition("/")[0]


def missing(what: str) -> ErrorAnswer:
    """Return Google's word for a thing that is not there."""
    return ErrorAnswer("NOT_FOUND", 404, f"{what} does not exist.")


def _project(estate: Estate, project: Project) -> dict[str, Any]:
    google = estate.google
    return {
        "name": f"projects/{project.number}", "projectId": project.id, "displayName": project.id, "state": "ACTIVE",
        "parent": google.folder if project.in_folder else google.organization, "createTime": stamp(estate.ago("900d")),
        "labels": {"owner": project.owner, "environment": project.environment},
    }


@table.on(f"{CRM}.organizations.get")
def _organization(estate: Estate, params: Params) -> Any:
    if params["name"] != estate.google.organization:
        return missing(params["name"])
    name = {"name": params["name"], "displayName": estate.file["entra"]["domain"]}
    return {**name, "state": "ACTIVE", "createTime": stamp(estate.ago("1200d"))}


@table.on(f"{CRM}.folders.get")
def _folder(estate: Estate, params: Params) -> Any:
    return _a_folder(estate) if params["name"] == estate.google.folder else missing(params["name"])


def _a_folder(estate: Estate) -> dict[str, Any]:
    google = estate.google
    name = {"name": google.folder, "displayName": google.file["folder"]["name"], "parent": google.organization}
    return {**name, "state": "ACTIVE", "createTime": stamp(estate.ago("1100d"))}


@table.on(f"{CRM}.projects.get")
def _one_project(estate: Estate, params: Params) -> Any:
    named = [one for one in estate.google.projects if params["name"] in (f"projects/{one.id}", f"projects/{one.number}")]
    return _project(estate, named[0]) if named else missing(params["name"])


@table.on(f"{CRM}.folders.list")
def _folders(estate: Estate, params: Params) -> Paged:
    there = params["parent"] == estate.google.organization
    return Paged("folders", [_a_folder(estate)] if there else [], params.get("pageSize"))


@table.on(f"{CRM}.projects.list")
def _projects(estate: Estate, params: Params) -> Paged:
    told = [_project(estate, one) for one in estate.google.projects]
    return Paged("projects", [one for one in told if one["parent"] == params["parent"]], params.get("pageSize"))


@table.on(f"{CRM}.projects.search")
def _every_project(estate: Estate, params: Params) -> Paged:
    return Paged("projects", estate.google.projects, params.get("pageSize"), lambda one: _project(estate, one))


@table.on(*(f"{CRM}.{kind}.testIamPermissions" for kind in ("organizations", "folders", "projects")))
def _permissions(estate: Estate, params: Params) -> dict[str, Any]:
    return {"permissions": params.get("permissions", [])}


@table.on(*(f"{CRM}.{kind}.getIamPolicy" for kind in ("organizations", "folders", "projects")))
def _policy(estate: Estate, params: Params) -> dict[str, Any]:
    place, google = str(params["resource"]), estate.google
    held = [one for one in google.bindings if one.resource == f"//cloudresourcemanager.googleapis.com/{place}"]
    name = "organization" if place == google.organization else place.removeprefix("projects/")
    logged = [{"logType": one} for one in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")]
    every = [] if name in google.file["without_data_access"] else [{"service": "allServices", "auditLogConfigs": logged}]
    bound = [{"role": one.role, "members": list(one.members)} for one in held]
    return {"version": 3, "etag": "BwYl", "bindings": bound, "auditConfigs": every}


@table.on("cloudasset.search_all_resources")
def _assets(estate: Estate, params: Params) -> Paged:
    google = estate.google
    tops = [_asset_of_project(estate, one) for one in google.projects]
    found = [*tops, *google.things]
    if since := _SINCE.search(str(params.get("query", ""))):  # nothing of the estate changed since it was made
        found = [one for one in google.things if one.created.timestamp() >= float(since[1])]
    return Paged("results", found, params.get("page_size"), lambda one: one if isinstance(one, dict) else _asset(one))


def _asset(thing: Thing) -> dict[str, Any]:
    name = {"name": thing.id, "assetType": thing.type, "displayName": thing.name, "location": thing.location}
    labels = dict(thing.labels)
    state = {"state": "RUNNING"} if thing.type.endswith("/Instance") else {}
    return {**name, "project": f"projects/{thing.project.number}", "labels": labels,
            "createTime": stamp(thing.created), **state}


def _asset_of_project(estate: Estate, project: Project) -> dict[str, Any]:
    told = _project(estate, project)
    name = f"//cloudresourcemanager.googleapis.com/projects/{project.number}"
    return {"name": name, "assetType": "cloudresourcemanager.googleapis.com/Project", "displayName": project.id,
            "project": told["name"], "labels": told["labels"], "state": "ACTIVE", "createTime": told["createTime"]}


@table.on("cloudasset.search_all_iam_policies")
def _policies(estate: Estate, params: Params) -> Paged:
    places: dict[tuple[str, str], list[Binding]] = {}
    for one in estate.google.bindings:
        places.setdefault((one.resource, one.type), []).append(one)

    def told(place: tuple[str, str]) -> dict[str, Any]:
        bound = [{"role": one.role, "members": list(one.members)} for one in places[place]]
        return {"resource": place[0], "assetType": place[1], "organization": estate.google.organization,
                "policy": {"etag": "BwYl", "bindings": bound}}

    return Paged("results", list(places), params.get("page_size"), told)


@table.on("iam.projects.serviceAccounts.list")
def _robots(estate: Estate, params: Params) -> Paged:
    here = [one for one in estate.google.robots if one.project.id == project_of(params)]
    return Paged("accounts", here, params.get("pageSize"), _robot)


def _robot(one: Robot) -> dict[str, Any]:
    name = {"name": f"projects/{one.project.id}/serviceAccounts/{one.email}", "projectId": one.project.id}
    return {**name, "email": one.email, "uniqueId": one.email.partition("@")[0], "disabled": one.disabled}


@table.on("iam.projects.serviceAccounts.keys.list")
def _keys(estate: Estate, params: Params) -> Any:
    email = str(params["name"]).rpartition("/")[2]
    found = next((one for one in estate.google.robots if one.email == email), None)
    if found is None:
        return missing(email)
    return {"keys": [
        {"name": f"{params['name']}/keys/{number:040x}", "keyType": "USER_MANAGED", "keyOrigin": "GOOGLE_PROVIDED",
         "keyAlgorithm": "KEY_ALG_RSA_2048", "validAfterTime": stamp(made), "validBeforeTime": "9999-12-31T23:59:59Z"}
        for number, made in enumerate(found.keys)
    ]}


@table.on("storage.buckets.list")
def _buckets(estate: Estate, params: Params) -> Paged:
    return Paged("items", estate.google.of("buckets", project_of(params)), params.get("maxResults"), _bucket)


def _bucket(one: Thing) -> dict[str, Any]:
    access = "inherited" if one.traits.get("public") else "enforced"
    days = one.traits.get("retention")
    kept = {"retentionPeriod": str(days * 86400), "isLocked": bool(one.traits.get("locked"))} if days else None
    told = {
        "kind": "storage#bucket", "id": one.name, "name": one.name, "projectNumber": one.project.number,
        "location": one.location.upper(), "storageClass": "STANDARD", "timeCreated": stamp(one.created),
        "labels": dict(one.labels), "versioning": {"enabled": True}, "softDeletePolicy": {"retentionDurationSeconds": "604800"},
        "iamConfiguration": {"publicAccessPrevention": access, "uniformBucketLevelAccess": {"enabled": True}},
    }
    return {**told, **({"retentionPolicy": kept} if kept else {})}


@table.on("storage.buckets.getIamPolicy")
def _bucket_policy(estate: Estate, params: Params) -> dict[str, Any]:
    place = f"//storage.googleapis.com/{params['bucket']}"
    held = [one for one in estate.google.bindings if one.resource == place]
    bound = [{"role": one.role, "members": list(one.members)} for one in held]
    return {"kind": "storage#policy", "version": 1, "bindings": bound}


@table.on("storage.buckets.testIamPermissions")
def _on_bucket(estate: Estate, params: Params) -> Any:
    if params["bucket"] not in {one.name for one in estate.google.of("buckets")}:
        return missing("The specified bucket")
    asked = params["permissions"]
    return {"kind": "storage#testIamPermissionsResponse", "permissions": [asked] if isinstance(asked, str) else asked}


@table.on("cloudkms.projects.locations.list")
def _places(estate: Estate, params: Params) -> dict[str, Any]:
    place = estate.google.file["location"]
    return {"locations": [{"name": f"projects/{project_of(params)}/locations/{place}", "locationId": place}]}


@table.on("cloudkms.projects.locations.keyRings.list")
def _rings(estate: Estate, params: Params) -> dict[str, Any]:
    return {"keyRings": [{"name": f"{params['parent']}/keyRings/app", "createTime": stamp(estate.ago("800d"))}]}


@table.on("cloudkms.projects.locations.keyRings.cryptoKeys.list")
def _crypto_keys(estate: Estate, params: Params) -> Paged:
    def told(one: Thing) -> dict[str, Any]:
        renewed = {"rotationPeriod": "7776000s", "nextRotationTime": stamp(estate.ago("-40d"))}
        return {
            "name": f"{params['parent']}/cryptoKeys/{one.name}", "purpose": "ENCRYPT_DECRYPT",
            "createTime": stamp(one.created), "primary": {"state": "ENABLED"},
            "versionTemplate": {"protectionLevel": "HSM", "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"},
            **(renewed if one.traits.get("rotation", True) else {}),
        }

    return Paged("cryptoKeys", estate.google.of("keys", project_of(params)), params.get("pageSize"), told)


@table.on(*(f"orgpolicy.{kind}.policies.list" for kind in ("organizations", "folders", "projects")))
def _constraints(estate: Estate, params: Params) -> Paged:
    there = params["parent"] == estate.google.organization
    names = estate.google.file["policies"] if there else []
    return Paged("policies", names, params.get("pageSize"), lambda name: {
        "name": f"{params['parent']}/policies/{name}", "spec": {"etag": "BwYl", "rules": [{"enforce": True}]},
    })
