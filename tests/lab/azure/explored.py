"""Azure Resource Graph over the estate: enough of its language for a table, its types and what is projected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.lab.estate import Estate
from tests.lab.subscriptions import KINDS, Thing
from tests.lab.told import Paged, Table, stamp
from tests.lab.vaults import Job

Params = dict[str, Any]
table = Table()
_TYPES = re.compile(r"where type (?:in~ \(([^)]*)\)|=~ ('[^']*'))", re.DOTALL)
_WORD = re.compile(r"'([^']+)'")


@table.on("resourcegraph.resources")
def _rows(estate: Estate, params: Params) -> Paged:
    """Tell the resources; what other tables would hold the company does not have."""
    query = str(params["query"])
    size = (params.get("options") or {}).get("$top", 1000)
    if query.split(maxsplit=1)[0].lower() == "recoveryservicesresources":
        return Paged("data", _protected(estate, {one.lower() for one in params.get("subscriptions") or ()}), size)
    if query.split(maxsplit=1)[0].lower() == "resourcecontainers":
        if "resourcegroups" in query.lower():
            return Paged("data", [], size)
        asked = {one.lower() for one in params.get("subscriptions") or ()}
        return Paged("data", [{"id": one.path} for one in estate.subscriptions.all if not asked or one.id in asked], size)
    if query.split(maxsplit=1)[0].lower() != "resources":
        return Paged("data", [], size)
    types = {one.lower() for found in _TYPES.findall(query)[:1] for one in _WORD.findall(found[0] or found[1])}
    places = {one.lower() for one in params.get("subscriptions") or ()}
    rows = [
        one for one in estate.subscriptions.things
        if (not types or one.type.lower() in types) and (not places or one.subscription.id in places)
    ]
    names = list(_projected(query))
    return Paged("data", rows, size, lambda one: {k: v for k, v in _row(estate, one).items() if k in names or not names})


def _protected(estate: Estate, places: set[str]) -> list[dict[str, Any]]:
    """Return what the vaults protect, in the columns that a query of protected items projects."""
    held = estate.subscriptions
    newest = {one.resource.id: one for one in held.jobs if one.kind == "Backup"}
    return [
        _item(one, newest[one.id]) for one in held.things
        if one.backed_up and (not places or one.subscription.id in places)
    ]


def _item(one: Thing, last: Job) -> dict[str, Any]:
    machine = one.type == KINDS["machines"][0]
    state, policy = "Protected" if machine else "ProtectionConfigured", f"{last.vault.id}/backupPolicies/"
    below = ("backupFabrics/Azure/protectionContainers/machines/protectedItems" if machine else "backupInstances")
    return {
        "id": f"{last.vault.id}/{below}/{one.name}", "name": one.name,
        "type": f"{last.vault.type}/{'backupFabrics/protectionContainers/protectedItems' if machine else below}".lower(),
        "machine": one.id if machine else "", "source": "" if machine else one.id,
        "management": "AzureIaasVM" if machine else "", "state": state if machine else "",
        "current": "" if machine else state, "status": ("Completed" if last.succeeded else "Failed") if machine else "",
        "backed": stamp(last.ended) if machine else "", "policy": f"{policy}daily" if machine else "",
        "assigned": "" if machine else f"{policy}disks",
    }


def _projected(query: str) -> Iterator[str]:
    """Yield the columns of the last `project`."""
    last = re.split(r"\|\s*project\s", query)[1:]
    depth, word = 0, ""
    for sign in (last[-1].split("|")[0] if last else "") + ",":
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            yield word.partition("=")[0].strip()
            word = ""
        else:
            word += sign


def _row(estate: Estate, one: Thing) -> dict[str, Any]:
    missing = int(one.traits.get("missing_patches", 0))
    subnet = {"id": f"{one.id}/subnets/default", "name": "default", "properties": {"addressPrefix": "10.0.0.0/24",
                                                "networkSecurityGroup": {"id": f"{one.id}-nsg"}}}
    return {
        "id": one.id, "name": one.name, "type": one.type.lower(), "kind": "", "tags": dict(one.tags),
        "location": estate.subscriptions.file["location"], "resourceGroup": one.id.split("/")[4],
        "subscriptionId": one.subscription.id, "zones": ["1", "2", "3"], "identity": None, "managedBy": "",
        "sku": {"name": "Standard_ZRS"}, "created": stamp(one.created), "state": "Succeeded", "machine": _beneath(estate, one),
        "status": "Succeeded", "counts": {"Security": missing, "Critical": 0, "Other": 0}, "reboot": False,
        "at": stamp(estate.ago("9h")), "zoneRedundant": True, "availability": "ZoneRedundant",
        "rules": [], "subnets": [subnet], "interfaces": [], "redundancy": "Geo", "tls": "1.2", "network": "Disabled",
        "earliest": stamp(estate.ago(one.traits.get("restorable", "14d"))) if one.type.endswith("/databases") else "",
    }


def _beneath(estate: Estate, one: Thing) -> str:
    """Return the id of the machine that an SQL server runs on, '' of everything else."""
    named = one.traits.get("machine")
    return next((each.id for each in estate.subscriptions.of("machines", one.subscription.id) if each.name == named), "")
