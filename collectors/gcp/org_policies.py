"""Organization policies: which constraints are set where, and to what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._settings import setting

CALLS = {kind: f"orgpolicy.{kind}.policies.list" for kind in ("organizations", "folders", "projects")}
HEADER = Header(
    id="gcp.org_policies",
    title="Organization policies",
    kind="configuration",
    population="Every organization policy that is set on the project, folder or organization itself.",
    provider="gcp",
    per="boundary",
    calls=tuple(
        Api(call, ("orgpolicy.policies.list",), unavailable={"SERVICE_DISABLED": "the Organization Policy API is off"})
        for call in CALLS.values()
    ),
    limits=(
        "What holds in the end, with what is inherited from above, is not worked out.",
        "A constraint that nobody set has no record, whatever its default.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per policy: `enforced` as true or false where its one rule says so, else the rules."""
    parent = run.client.parent
    policies = run.client.population(CALLS[parent.partition("/")[0]], key="policies", parent=parent, pageSize=1000)
    for item in policies:
        name = str(item["name"]).rpartition("/policies/")[2]
        resource = f"//cloudresourcemanager.googleapis.com/{parent}"
        yield Record(setting(resource, name, _value(item.get("spec") or {})), item)


def _value(spec: dict[str, Any]) -> Any:
    rules = spec.get("rules") or []
    if len(rules) == 1 and set(rules[0]) <= {"enforce"}:
        return rules[0].get("enforce", False)
    if spec.get("reset"):
        return "reset"
    return {"rules": rules, "inherit_from_parent": spec.get("inheritFromParent", False)} if rules else None
