"""The company's vaults as Azure Backup and Site Recovery tell them: settings, policies, jobs, replicated machines."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.lab.azure.manager import here
from tests.lab.estate import Estate
from tests.lab.subscriptions import Thing
from tests.lab.told import Paged, Table, stamp
from tests.lab.vaults import Job, Replica

Params = dict[str, Any]
table = Table()
_ASKED = re.compile(r"(operation|startTime|endTime) eq '([^']+)'")
_CLOCK = "%Y-%m-%d %I:%M:%S %p"


def _vault(estate: Estate, params: Params, section: str) -> Thing:
    return next(one for one in estate.subscriptions.of(section, params["subscriptionId"].lower())
                if one.name == params["vaultName"])


def _resource(estate: Estate, one: Thing, properties: Params) -> Params:
    return {"id": one.id, "name": one.name, "type": one.type, "location": estate.subscriptions.file["location"],
            "tags": dict(one.tags), "properties": {"provisioningState": "Succeeded", **properties}}


@table.on("recoveryservices.vaults.list_by_subscription_id")
def _recovery(estate: Estate, params: Params) -> Paged:
    def told(one: Thing) -> Params:
        said = one.traits
        return _resource(estate, one, {
            "publicNetworkAccess": "Disabled",
            "redundancySettings": {"standardTierStorageRedundancy": "GeoRedundant", "crossRegionRestore": "Enabled"},
            "securitySettings": {
                "immutabilitySettings": {"state": said["immutability"]},
                "softDeleteSettings": {"softDeleteState": said["soft_delete"], "softDeleteRetentionPeriodInDays": 14},
                "multiUserAuthorization": "Enabled" if said["guarded"] else "Disabled",
            },
        }) | {"sku": {"name": "RS0", "tier": "Standard"}}

    return Paged("value", estate.subscriptions.of("recovery_vaults", here(estate, params).id), 100, told)


@table.on("dataprotection.backup_vaults.get_in_subscription")
def _backup(estate: Estate, params: Params) -> Paged:
    return Paged("value", estate.subscriptions.of("backup_vaults", here(estate, params).id), 100, lambda one: _resource(
        estate, one, {
            "isVaultProtectedByResourceGuard": one.traits["guarded"],
            "storageSettings": [{"datastoreType": "VaultStore", "type": "ZoneRedundant"}],
            "featureSettings": {"crossRegionRestoreSettings": {"state": "Disabled"}},
            "securitySettings": {
                "immutabilitySettings": {"state": one.traits["immutability"]},
                "softDeleteSettings": {"state": one.traits["soft_delete"], "retentionDurationInDays": 14},
            },
        }))


@table.on("recoveryservicesbackup.backup_policies.list")
def _schedules(estate: Estate, params: Params) -> Paged:
    vault = _vault(estate, params, "recovery_vaults")
    return Paged("value", ["daily"], 100, lambda name: {
        "id": f"{vault.id}/backupPolicies/{name}", "name": name, "type": f"{vault.type}/backupPolicies",
        "properties": {
            "backupManagementType": "AzureIaasVM", "policyType": "V2", "timeZone": "UTC",
            "protectedItemsCount": len([one for one in estate.subscriptions.of("machines") if one.backed_up]),
            "retentionPolicy": {
                "retentionPolicyType": "LongTermRetentionPolicy",
                "dailySchedule": {"retentionTimes": ["2026-01-01T03:00:00Z"],
                                  "retentionDuration": {"count": vault.traits["keeps"], "durationType": "Days"}},
            },
        },
    })


@table.on("dataprotection.backup_policies.list")
def _rules(estate: Estate, params: Params) -> Paged:
    vault = _vault(estate, params, "backup_vaults")
    cycle = {"sourceDataStore": {"dataStoreType": "VaultStore", "objectType": "DataStoreInfoBase"},
             "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": f"P{vault.traits['keeps']}D"}}
    return Paged("value", ["disks"], 100, lambda name: {
        "id": f"{vault.id}/backupPolicies/{name}", "name": name, "type": f"{vault.type}/backupPolicies",
        "properties": {
            "objectType": "BackupPolicy", "datasourceTypes": ["Microsoft.Compute/disks"],
            "policyRules": [{"objectType": "AzureRetentionRule", "name": "Default", "isDefault": True,
                             "lifecycles": [cycle]}],
        },
    })


def _jobs(estate: Estate, vault: Thing, *kinds: str) -> list[Job]:
    """Return the jobs of a vault, newest first."""
    return [one for one in reversed(estate.subscriptions.jobs) if one.vault == vault and one.kind in kinds]


@table.on("recoveryservicesbackup.backup_jobs.list")
def _recovery_jobs(estate: Estate, params: Params) -> Paged:
    """Tell the jobs of one operation that began in a span, as the filter asks."""
    asked = dict(_ASKED.findall(params["filter"]))
    first, last = (datetime.strptime(asked[name], _CLOCK).replace(tzinfo=UTC) for name in ("startTime", "endTime"))
    vault = _vault(estate, params, "recovery_vaults")
    found = [one for one in _jobs(estate, vault, asked["operation"]) if first <= one.at <= last]
    return Paged("value", found, 200, _recovery_job)


def _recovery_job(one: Job) -> Params:
    failed = {"errorDetails": [{"errorCode": 400001, "errorTitle": "Command failed", "errorString": "Command failed.",
                                "recommendations": ["Try again."]}]}
    group = one.resource.id.split("/")[4]
    return {
        "id": f"{one.vault.id}/backupJobs/{one.id}", "name": one.id, "type": f"{one.vault.type}/backupJobs",
        "properties": {
            "jobType": "AzureIaaSVMJobV2", "backupManagementType": "AzureIaasVM", "operation": one.kind,
            "entityFriendlyName": one.resource.name, "containerName": f"iaasvmcontainerv2;{group};{one.resource.name}",
            "status": "Completed" if one.succeeded else "Failed", "startTime": stamp(one.at),
            "endTime": stamp(one.ended), "duration": f"PT{(one.ended - one.at).seconds}S", "activityId": one.id,
            **({} if one.succeeded else failed),
        },
    }


@table.on("dataprotection.jobs.list")
def _backup_jobs(estate: Estate, params: Params) -> Paged:
    """Tell the jobs that are still listed: those of the last days, as many as the file keeps."""
    oldest = estate.now - timedelta(days=int(estate.subscriptions.file["kept"]))
    vault = _vault(estate, params, "backup_vaults")
    found = [one for one in _jobs(estate, vault, "Backup", "Restore") if one.at >= oldest]
    return Paged("value", found, 200, lambda one: _backup_job(estate, one))


def _backup_job(estate: Estate, one: Job) -> Params:
    thing, vault = one.resource, one.vault
    return {
        "id": f"{vault.id}/backupJobs/{one.id}", "name": one.id, "type": f"{vault.type}/backupJobs",
        "properties": {
            "activityID": one.id, "backupInstanceFriendlyName": thing.name,
            "backupInstanceId": f"{vault.id}/backupInstances/{thing.name}", "dataSourceId": thing.id,
            "dataSourceLocation": estate.subscriptions.file["location"], "dataSourceName": thing.name,
            "dataSourceType": thing.type, "duration": f"PT{(one.ended - one.at).seconds}S",
            "startTime": stamp(one.at), "endTime": stamp(one.ended), "isUserTriggered": one.kind == "Restore",
            "operation": one.kind, "operationCategory": one.kind, "policyName": "disks", "progressEnabled": False,
            "sourceResourceGroup": thing.id.split("/")[4], "sourceSubscriptionID": thing.subscription.id,
            "status": "Completed" if one.succeeded else "Failed", "subscriptionId": thing.subscription.id,
            "supportedActions": [""], "vaultName": vault.name,
        },
    }


@table.on("recoveryservicessiterecovery.replication_jobs.list")
def _drills(estate: Estate, params: Params) -> Paged:
    vault = _vault(estate, params, "recovery_vaults")
    return Paged("value", _jobs(estate, vault, "TestFailover"), 100, lambda one: {
        "id": f"{vault.id}/replicationJobs/{one.id}", "name": one.id, "type": f"{vault.type}/replicationJobs",
        "properties": {
            "activityId": one.id, "scenarioName": "TestFailover", "friendlyName": "Test failover",
            "state": "Succeeded" if one.succeeded else "Failed", "targetInstanceType": "ProtectionEntity",
            "targetObjectId": one.resource.id, "targetObjectName": one.resource.name,
            "startTime": stamp(one.at), "endTime": stamp(one.ended), "tasks": [], "errors": [],
        },
    })


@table.on("recoveryservicessiterecovery.replication_protected_items.list")
def _replicas(estate: Estate, params: Params) -> Paged:
    vault = _vault(estate, params, "recovery_vaults")
    found = [one for one in estate.subscriptions.replicas if one.vault == vault]

    def told(one: Replica) -> Params:
        said = {"friendlyName": one.machine.name, "protectedItemType": "AzureVM", "protectionState": "Protected",
                "testFailoverState": one.state, "replicationHealth": one.health}
        tried = {} if one.tried is None else {"lastSuccessfulTestFailoverTime": stamp(one.tried)}
        return {
            "id": f"{vault.id}/replicationProtectedItems/{one.machine.name}", "name": one.machine.name,
            "type": f"{vault.type}/replicationFabrics/replicationProtectionContainers/replicationProtectedItems",
            "properties": {**said, **tried},
        }

    return Paged("value", found, 100, told)
