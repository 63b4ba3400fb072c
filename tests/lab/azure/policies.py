"""The policies that reach into the company's subscriptions and who is exempt from them, as Resource Manager tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.lab.azure.manager import here
from tests.lab.estate import Estate
from tests.lab.governed import group_path
from tests.lab.told import Paged, Table, stamp

Params = dict[str, Any]
table = Table()
BELOW = "providers/Microsoft.Authorization"
ISO = "/providers/Microsoft.Authorization/policySetDefinitions/89c6cddc-1c73-4ac1-b19c-54d1a15a42f2"
"""The built-in set of ISO 27001:2013."""


def _reaching(estate: Estate, params: Params, section: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what is assigned at a subscription or above it, each with the path where it is."""
    held, where = estate.subscriptions, here(estate, params)
    places = {where.name: where.path, held.file["management_group"]: group_path(held)}
    for entry in held.file[section]:
        if entry["at"] in places:
            yield places[entry["at"]], entry


@table.on("policy.policy_assignments.list")
def _assignments(estate: Estate, params: Params) -> Paged:
    return Paged("value", list(_reaching(estate, params, "policies")), 100, lambda one: {
        "id": f"{one[0]}/{BELOW}/policyAssignments/{one[1]['name']}", "name": one[1]["name"],
        "type": "Microsoft.Authorization/policyAssignments",
        "properties": {
            "displayName": one[1]["name"], "policyDefinitionId": ISO, "scope": one[0], "notScopes": [], "parameters": {},
            "enforcementMode": "Default" if one[1].get("enforced", True) else "DoNotEnforce",
        },
    })


@table.on("policy.policy_exemptions.list")
def _exemptions(estate: Estate, params: Params) -> Paged:
    def told(one: tuple[str, Mapping[str, Any]]) -> Params:
        path, entry = one
        above = f"{group_path(estate.subscriptions)}/{BELOW}/policyAssignments/{entry['policy']}"
        said = {"policyAssignmentId": above, "policyDefinitionReferenceIds": [], "exemptionCategory": "Waiver"}
        return {
            "id": f"{path}/{BELOW}/policyExemptions/{entry['name']}", "name": entry["name"],
            "type": "Microsoft.Authorization/policyExemptions",
            "properties": {**said, **({"expiresOn": stamp(estate.ago(entry["ends"]))} if "ends" in entry else {})},
        }

    return Paged("value", list(_reaching(estate, params, "exemptions")), 100, told)
