"""The company's databases of Azure SQL as Resource Manager tells them: kept how long, encrypted, audited."""

from __future__ import annotations

from typing import Any

from tests.lab.estate import Estate
from tests.lab.subscriptions import Thing
from tests.lab.told import Paged, Table

Params = dict[str, Any]
table = Table()
NEVER = "PT0S"


def _of(estate: Estate, params: Params, section: str, name: str) -> Thing:
    found = estate.subscriptions.of(section, params["subscriptionId"].lower())
    return next(one for one in found if one.name == params[name])


@table.on("sql.long_term_retention_policies.list_by_database")
def _kept(estate: Estate, params: Params) -> Paged:
    one = _of(estate, params, "databases", "databaseName")
    return Paged("value", [one], 100, lambda one: {
        "id": f"{one.id}/backupLongTermRetentionPolicies/default", "name": "default",
        "type": f"{one.type}/backupLongTermRetentionPolicies",
        "properties": {"weeklyRetention": NEVER, "monthlyRetention": NEVER, "weekOfYear": 1,
                       "yearlyRetention": one.traits.get("long_term", NEVER)},
    })


@table.on("sql.transparent_data_encryptions.list_by_database")
def _encrypted(estate: Estate, params: Params) -> Paged:
    one = _of(estate, params, "databases", "databaseName")
    return Paged("value", [one], 100, lambda one: {
        "id": f"{one.id}/transparentDataEncryption/current", "name": "current",
        "type": f"{one.type}/transparentDataEncryption",
        "properties": {"state": "Enabled" if one.traits.get("encrypted", True) else "Disabled"},
    })


@table.on("sql.server_blob_auditing_policies.list_by_server")
def _audited(estate: Estate, params: Params) -> Paged:
    one = _of(estate, params, "servers", "serverName")
    on = one.traits.get("audited", True)
    return Paged("value", [one], 100, lambda one: {
        "id": f"{one.id}/auditingSettings/default", "name": "default", "type": f"{one.type}/auditingSettings",
        "properties": {"state": "Enabled" if on else "Disabled", "retentionDays": 0, "storageEndpoint": "",
                       "isAzureMonitorTargetEnabled": on},
    })
