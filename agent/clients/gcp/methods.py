"""Every method that the client can call: an RPC of a published client class, or a path of a published REST API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Rpc:
    """A method of one of Google's client classes, over gRPC; `parts` name its module, class and transport."""

    service: str
    method: str


@dataclass(frozen=True, slots=True)
class Rest:
    """A method of a REST API, as its discovery document has it; what the path does not take goes to query or body.

    `media`: it is asked for the bytes of what is stored, piece by piece from the byte `start` on.
    """

    verb: str
    url: str
    media: bool = False

    def request(self, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any] | None]:
        """Return the URL, the query and the body; raises `ValueError` where a part of the path is missing."""
        rest = dict(parameters)

        def part(found: re.Match[str]) -> str:
            name = found[2]
            if not isinstance(rest.get(name), str) or not rest[name]:
                raise ValueError(f"needs the parameter {name}")
            return quote(rest.pop(name), safe="/:@-" if found[1] else "")

        url = _PART.sub(part, self.url)
        return (url, {}, rest) if self.verb == "POST" else (url, _query(rest), None)


_PART = re.compile(r"\{(\+?)([A-Za-z]+)\}")


def _query(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in parameters.items() if value not in (None, "")
    }


def _rest(host: str, paths: Mapping[str, str]) -> dict[str, Rest]:
    found = {}
    for call, path in paths.items():
        verb, _, place = path.rpartition(" ")
        found[call] = Rest(verb or "GET", f"https://{host}.googleapis.com/{place}")
    return found


def _rpc(prefix: str, service: str, *methods: str) -> dict[str, Rpc]:
    return {f"{prefix}.{method}": Rpc(service, method) for method in methods}


METHODS: dict[str, Rpc | Rest] = {
    **_rpc("cloudasset", "asset", "search_all_resources", "search_all_iam_policies", "list_assets",
           "batch_get_assets_history", "analyze_iam_policy", "export_assets", "get_operation"),
    **_rpc("logging", "logging", "list_log_entries"),
    **_rpc("logging", "logging_config", "list_sinks", "list_exclusions", "list_buckets"),
    **_rpc("logging", "logging_metrics", "list_log_metrics"),
    **_rest("cloudresourcemanager", {
        "cloudresourcemanager.organizations.get": "v3/{+name}",
        "cloudresourcemanager.folders.get": "v3/{+name}",
        "cloudresourcemanager.projects.get": "v3/{+name}",
        "cloudresourcemanager.folders.list": "v3/folders",
        "cloudresourcemanager.projects.list": "v3/projects",
        "cloudresourcemanager.projects.search": "v3/projects:search",
        "cloudresourcemanager.organizations.getIamPolicy": "POST v3/{+resource}:getIamPolicy",
        "cloudresourcemanager.folders.getIamPolicy": "POST v3/{+resource}:getIamPolicy",
        "cloudresourcemanager.projects.getIamPolicy": "POST v3/{+resource}:getIamPolicy",
        "cloudresourcemanager.organizations.testIamPermissions": "POST v3/{+resource}:testIamPermissions",
        "cloudresourcemanager.folders.testIamPermissions": "POST v3/{+resource}:testIamPermissions",
        "cloudresourcemanager.projects.testIamPermissions": "POST v3/{+resource}:testIamPermissions",
    }),
    **_rest("iam", {
        "iam.projects.serviceAccounts.list": "v1/{+name}/serviceAccounts",
        "iam.projects.serviceAccounts.keys.list": "v1/{+name}/keys",
    }),
    **_rest("sqladmin", {
        "sql.instances.list": "v1/projects/{project}/instances",
        "sql.backupRuns.list": "v1/projects/{project}/instances/{instance}/backupRuns",
        "sql.operations.list": "v1/projects/{project}/operations",
    }),
    **_rest("backupdr", {
        "backupdr.projects.locations.list": "v1/{+name}/locations",
        "backupdr.projects.locations.resourceBackupConfigs.fetch": "v1/{+parent}/resourceBackupConfigs:fetch",
        "backupdr.projects.locations.backupVaults.list": "v1/{+parent}/backupVaults",
        "backupdr.projects.locations.backupVaults.dataSources.list": "v1/{+parent}/dataSources",
        "backupdr.projects.locations.backupVaults.dataSources.backups.list": "v1/{+parent}/backups",
    }),
    **_rest("gkebackup", {
        "gkebackup.projects.locations.backupPlans.backups.list": "v1/{+parent}/backups",
        "gkebackup.projects.locations.restorePlans.restores.list": "v1/{+parent}/restores",
    }),
    **_rest("orgpolicy", {
        "orgpolicy.organizations.policies.list": "v2/{+parent}/policies",
        "orgpolicy.folders.policies.list": "v2/{+parent}/policies",
        "orgpolicy.projects.policies.list": "v2/{+parent}/policies",
    }),
    **_rest("storage", {
        "storage.buckets.list": "storage/v1/b",
        "storage.buckets.getIamPolicy": "storage/v1/b/{bucket}/iam",
        "storage.buckets.testIamPermissions": "storage/v1/b/{bucket}/iam/testPermissions",
    }),
    "storage.objects.get": Rest("GET", "https://storage.googleapis.com/storage/v1/b/{bucket}/o/{object}", media=True),
    **_rest("cloudkms", {
        "cloudkms.projects.locations.list": "v1/{+name}/locations",
        "cloudkms.projects.locations.keyRings.list": "v1/{+parent}/keyRings",
        "cloudkms.projects.locations.keyRings.cryptoKeys.list": "v1/{+parent}/cryptoKeys",
    }),
    **_rest("securitycenter", {
        "securitycenter.organizations.sources.findings.list": "v1/{+parent}/findings",
        "securitycenter.folders.sources.findings.list": "v1/{+parent}/findings",
        "securitycenter.projects.sources.findings.list": "v1/{+parent}/findings",
    }),
    **_rest("compute", {
        "compute.firewalls.list": "compute/v1/projects/{project}/global/firewalls",
        "compute.subnetworks.aggregatedList": "compute/v1/projects/{project}/aggregated/subnetworks",
        "compute.disks.aggregatedList": "compute/v1/projects/{project}/aggregated/disks",
        "compute.instances.aggregatedList": "compute/v1/projects/{project}/aggregated/instances",
        "compute.snapshots.list": "compute/v1/projects/{project}/global/snapshots",
        "compute.sslCertificates.aggregatedList": "compute/v1/projects/{project}/aggregated/sslCertificates",
        "compute.sslPolicies.aggregatedList": "compute/v1/projects/{project}/aggregated/sslPolicies",
    }),
    **_rest("privilegedaccessmanager", {
        f"privilegedaccessmanager.{kind}.locations.entitlements{inner}.list": f"v1/{{+parent}}/{last}"
        for kind in ("organizations", "folders", "projects")
        for inner, last in (("", "entitlements"), (".grants", "grants"))
    }),
    **_rest("recommender", {
        f"recommender.{kind}.locations.recommenders.recommendations.list": "v1/{+parent}/recommendations"
        for kind in ("organizations", "folders", "projects")
    }),
    **_rest("policyanalyzer", {
        "policyanalyzer.projects.locations.activityTypes.activities.query": "v1/{+parent}/activities:query",
    }),
    **_rest("monitoring", {
        "monitoring.projects.alertPolicies.list": "v3/{+name}/alertPolicies",
        "monitoring.projects.notificationChannels.list": "v3/{+name}/notificationChannels",
    }),
    **_rest("spanner", {
        "spanner.projects.instances.list": "v1/{+parent}/instances",
        "spanner.projects.instances.backups.list": "v1/{+parent}/backups",
        "spanner.projects.instances.databaseOperations.list": "v1/{+parent}/databaseOperations",
    }),
    **_rest("firestore", {"firestore.projects.locations.backups.list": "v1/{+parent}/backups"}),
    **_rest("alloydb", {"alloydb.projects.locations.backups.list": "v1/{+parent}/backups"}),
    **_rest("file", {"file.projects.locations.backups.list": "v1/{+parent}/backups"}),
    **_rest("bigtableadmin", {
        "bigtableadmin.projects.instances.list": "v2/{+parent}/instances",
        "bigtableadmin.projects.instances.clusters.backups.list": "v2/{+parent}/backups",
    }),
    **_rest("osconfig", {
        "osconfig.projects.locations.instances.inventories.list": "v1/{+parent}/inventories",
        "osconfig.projects.locations.instances.vulnerabilityReports.list": "v1/{+parent}/vulnerabilityReports",
        "osconfig.projects.patchJobs.list": "v1/{+parent}/patchJobs",
    }),
    **_rest("container", {"container.projects.locations.clusters.list": "v1/{+parent}/clusters"}),
    **_rest("secretmanager", {"secretmanager.projects.secrets.list": "v1/{+parent}/secrets"}),
    **_rest("certificatemanager", {
        "certificatemanager.projects.locations.certificates.list": "v1/{+parent}/certificates",
    }),
    **_rest("containeranalysis", {"containeranalysis.projects.occurrences.list": "v1/{+parent}/occurrences"}),
    **_rest("cloudbuild", {"cloudbuild.projects.builds.list": "v1/projects/{projectId}/builds"}),
    **_rest("clouddeploy", {
        "clouddeploy.projects.locations.deliveryPipelines.list": "v1/{+parent}/deliveryPipelines",
        "clouddeploy.projects.locations.deliveryPipelines.releases.list": "v1/{+parent}/releases",
        "clouddeploy.projects.locations.deliveryPipelines.releases.rollouts.list": "v1/{+parent}/rollouts",
    }),
}
"""Methods by the name under which headers declare them."""
