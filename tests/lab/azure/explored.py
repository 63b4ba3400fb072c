"""Azure Resource Graph over the estate: enough of its language for a table, its types and what is projected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.lab.estate import Estate
from tests.lab.subscriptions import Thing
from tests.lab.told import Paged, Table, stamp

Params = dict[str, Any]
table = Table()
_TYPES = re.compile(r"where type (?:in~ \(([^)]*)\)|=~ ('[^']*'))", re.DOTALL)
_WORD = re.compile(r"'([^']+)'")


@table.on("resourcegraph.resources")
def _rows(estate: Estate, params: Params) -> Paged:
    """Tell the resources; what other tables would hold the company does not have."""
    query = str(params["query"])
    size = (params.get("options") or {}).get("$top", 1000)
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
        "sku": {"name": "Standard_ZRS"}, "created": stamp(one.created), "state": "Succeeded", "machine": one.id.lower(),
        "status": "Succeeded", "counts": {"Security": missing, "Critical": 0, "Other": 0}, "reboot": False,
        "at": stamp(estate.ago("9h")), "zoneRedundant": True, "availability": "ZoneRedundant",
        "rules": [], "subnets": [subnet], "interfaces": [],
    }
