"""Networks, logs and findings of the company's projects."""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import datetime
from typing import Any

from tests.lab.estate import Estate
from tests.lab.gcp.resources import project_of
from tests.lab.google import WRITE, Alarm, Copy, Entry
from tests.lab.told import Paged, Table, stamp

Params = dict[str, Any]
table = Table()
_SERVICE = re.compile(r'protoPayload\.serviceName="([^"]+)"')
_WHEN = re.compile(r'timestamp(>=|<)"([^"]+)"')


@table.on("compute.firewalls.list")
def _firewalls(estate: Estate, params: Params) -> Paged:
    project = project_of(params)
    said = [one for one in estate.google.file["firewall"] if one["project"] == project]
    rules = [{"name": "allow-internal", "ports": ["0-65535"]}, *said]
    return Paged("items", rules, params.get("maxResults"), lambda one: {
        "kind": "compute#firewall", "name": one["name"], "direction": "INGRESS", "disabled": False,
        "network": f"https://www.googleapis.com/compute/v1/projects/{project}/global/networks/main",
        "sourceRanges": ["0.0.0.0/0" if one.get("world") else "10.0.0.0/8"],
        "allowed": [{"IPProtocol": "tcp", "ports": list(one["ports"])}], "logConfig": {"enable": True},
    })


@table.on("compute.subnetworks.aggregatedList")
def _subnetworks(estate: Estate, params: Params) -> dict[str, Any]:
    project, place = project_of(params), estate.google.file["location"]
    logged = project not in estate.google.file["without_flow_logs"]
    path = f"https://www.googleapis.com/compute/v1/projects/{project}/regions/{place}/subnetworks/app"
    told: dict[str, Any] = {"name": "app", "selfLink": path, "purpose": "PRIVATE", "enableFlowLogs": logged}
    if logged:
        told["logConfig"] = {"enable": True, "flowSampling": 1.0}
    return {"items": {f"regions/{place}": {"subnetworks": [told]}}}


def _place(estate: Estate, parent: str) -> str:
    """Return how the file calls a parent."""
    return "organization" if parent == estate.google.organization else parent.removeprefix("projects/")


@table.on("logging.list_sinks")
def _sinks(estate: Estate, params: Params) -> Paged:
    parent = str(params["parent"])
    own = {"name": "_Default", "destination": f"logging.googleapis.com/{parent}/locations/global/buckets/_Default",
           "filter": 'NOT LOG_ID("cloudaudit.googleapis.com/activity")'}
    said = [
        {"name": one["name"], "destination": one["destination"], "filter": one["filter"],
         "includeChildren": one.get("children", False), "disabled": one.get("disabled", False)}
        for one in estate.google.file["sinks"] if one["parent"] == _place(estate, parent)
    ]
    return Paged("sinks", [own, *said], params.get("page_size"))


@table.on("logging.list_buckets")
def _buckets(estate: Estate, params: Params) -> Paged:
    parent = str(params["parent"]).removesuffix("/locations/-")
    fixed = [("_Default", 30, False), ("_Required", 400, True)]
    said = [(one["name"], one["retention"], False) for one in estate.google.file["log_buckets"]
            if one["parent"] == _place(estate, parent)]
    return Paged("buckets", [*fixed, *said], params.get("page_size"), lambda one: {
        "name": f"{parent}/locations/global/buckets/{one[0]}", "retentionDays": one[1], "locked": one[2],
        "lifecycleState": "ACTIVE",
    })


@table.on("logging.list_log_entries")
def _entries(estate: Estate, params: Params) -> Paged:
    """Tell the entries of the audit logs, or the jobs of Backup and DR, within the window that the filter names."""
    asked = str(params["filter"])
    span = {sign: datetime.fromisoformat(text) for sign, text in _WHEN.findall(asked)}
    parent = str(params["resource_names"][0])
    if "bdr_backup_restore_jobs" in asked:
        return Paged("entries", [], params.get("page_size"))
    private = "cloudaudit.googleapis.com/data_access" in asked
    place, every = _place(estate, parent), estate.google.accesses if private else estate.google.entries
    first, last = (bisect_left(every, span[sign], key=lambda one: one.at) for sign in (">=", "<"))
    here = [one for one in every[first:last] if one.parent == place and _wanted(asked, one)]
    log = "data_access" if private else "activity"
    return Paged("entries", here, params.get("page_size"), lambda one: told(parent, one, log))


def _wanted(asked: str, one: Entry) -> bool:
    """Return whether an entry is of the services and the sort of permission that the filter names, if it names any."""
    services = _SERVICE.findall(asked)
    return (not services or one.service in services) and ('permissionType="DATA_WRITE"' not in asked or one.method == WRITE)


def told(parent: str, one: Entry, log: str = "activity") -> dict[str, Any]:
    """Return an entry of an audit log as Cloud Logging tells it."""
    return {
        "logName": f"{parent}/logs/cloudaudit.googleapis.com%2F{log}", "insertId": one.id,
        "timestamp": stamp(one.at), "receiveTimestamp": stamp(one.at), "severity": "NOTICE",
        "resource": {"type": "audited_resource", "labels": {"service": one.service}},
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": one.service,
            "methodName": one.method, "resourceName": one.resource,
            "authenticationInfo": {"principalEmail": one.actor}, "requestMetadata": {"callerIp": one.address},
        },
    }


@table.on("securitycenter.organizations.sources.findings.list")
def _findings(estate: Estate, params: Params) -> Paged:
    source = f"{estate.google.organization}/sources/771"

    def told(one: Alarm) -> dict[str, Any]:
        return {"finding": {
            "name": f"{source}/findings/{one.id}", "parent": source, "parentDisplayName": "Security Health Analytics",
            "resourceName": one.resource.id, "category": one.category, "severity": one.severity, "state": "ACTIVE",
            "mute": "MUTED" if one.muted else "UNMUTED", "createTime": stamp(one.at), "eventTime": stamp(one.at),
        }}

    return Paged("listFindingsResults", estate.google.alarms, params.get("pageSize"), told)


@table.on("sql.instances.list")
def _databases(estate: Estate, params: Params) -> Paged:
    return Paged("items", estate.google.of("databases", project_of(params)), params.get("maxResults"), lambda one: {
        "kind": "sql#instance", "name": one.name, "project": one.project.id, "region": one.location,
        "instanceType": "CLOUD_SQL_INSTANCE", "state": "RUNNABLE", "databaseVersion": "POSTGRES_16",
        "createTime": stamp(one.created),
    })


def _copies(estate: Estate, found: tuple[Copy, ...], section: str, project: str) -> list[Copy]:
    """Return the backups or restores of one sort of resource in a project, newest first."""
    names = {one.id for one in estate.google.of(section, project)}
    return [one for one in reversed(found) if one.resource.id in names]


@table.on("sql.backupRuns.list")
def _runs(estate: Estate, params: Params) -> Paged:
    here = _copies(estate, estate.google.backups, "databases", project_of(params))
    return Paged("items", here, params.get("maxResults"), lambda one: {
        "kind": "sql#backupRun", "id": one.id, "instance": one.resource.name, "type": "AUTOMATED",
        "status": "SUCCESSFUL" if one.succeeded else "FAILED", "enqueuedTime": stamp(one.at),
        "startTime": stamp(one.at), "endTime": stamp(one.ended), "location": one.resource.location,
    })


@table.on("sql.operations.list")
def _operations(estate: Estate, params: Params) -> Paged:
    here = _copies(estate, estate.google.restores, "databases", project_of(params))

    def told(one: Copy) -> dict[str, Any]:
        wrong = {} if one.succeeded else {"error": {"errors": [{"code": "INTERNAL_ERROR", "message": "restore failed"}]}}
        return {
            "kind": "sql#operation", "name": f"op-{one.id}", "operationType": "RESTORE_VOLUME", "status": "DONE",
            "targetId": one.resource.name, "targetProject": one.resource.project.id, "insertTime": stamp(one.at),
            "startTime": stamp(one.at), "endTime": stamp(one.ended), "backupContext": {"backupId": one.id}, **wrong,
        }

    return Paged("items", here, params.get("maxResults"), told)


def _cluster(one: Copy) -> str:
    return one.resource.id.removeprefix("//container.googleapis.com/")


def _plan(one: Copy, kind: str) -> str:
    return f"projects/{one.resource.project.id}/locations/{one.resource.location}/{kind}/{one.resource.name}"


@table.on("gkebackup.projects.locations.backupPlans.backups.list")
def _backups(estate: Estate, params: Params) -> Paged:
    here = _copies(estate, estate.google.backups, "clusters", project_of(params))
    return Paged("backups", here, params.get("pageSize"), lambda one: {
        "name": f"{_plan(one, 'backupPlans')}/backups/b-{one.id}", "state": "SUCCEEDED" if one.succeeded else "FAILED",
        "createTime": stamp(one.at), "completeTime": stamp(one.ended), "clusterMetadata": {"cluster": _cluster(one)},
    })


@table.on("gkebackup.projects.locations.restorePlans.restores.list")
def _restores(estate: Estate, params: Params) -> Paged:
    here = _copies(estate, estate.google.restores, "clusters", project_of(params))
    return Paged("restores", here, params.get("pageSize"), lambda one: {
        "name": f"{_plan(one, 'restorePlans')}/restores/r-{one.id}", "state": "SUCCEEDED" if one.succeeded else "FAILED",
        "backup": f"{_plan(one, 'backupPlans')}/backups/b-{one.id}", "cluster": _cluster(one),
        "createTime": stamp(one.at), "completeTime": stamp(one.ended), "resourcesRestoredCount": 40,
    })
