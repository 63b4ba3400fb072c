"""Who may do what: every binding of every IAM policy below the organization, folder or project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Grant
from collectors.gcp._members import mark, strong, until, who

HEADER = Header(
    id="gcp.iam_policies",
    title="IAM bindings",
    kind="grant",
    population="Every member of every role that an IAM policy below the parent of the scope binds, one record each.",
    provider="gcp",
    per="organization",
    calls=(Api("cloudasset.search_all_iam_policies", ("cloudasset.assets.searchAllIamPolicies",)),),
    limits=(
        "Who belongs to a group is not told here: a group is one principal.",
        "Rights inherited from above the parent of the scope are not among them.",
        "`privileged` has no value for custom roles, whose permissions are not read.",
        "Deny policies and roles within databases and clusters are not read.",
    ),
)


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one grant per resource, role, member and condition."""
    found = run.client.population(
        "cloudasset.search_all_iam_policies", key="results", scope=run.client.parent, page_size=500,
    )
    for item in found:
        rows = {row.id: row for row in _rows(item)}
        if not rows:
            run.skip("a policy that binds nobody")
        for row in rows.values():
            yield Record(row, item)


def _rows(item: dict[str, Any]) -> Iterator[Grant]:
    for binding in (item.get("policy") or {}).get("bindings") or ():
        for member in binding.get("members") or ():
            yield _row(item["resource"], binding, member)


def _row(resource: str, binding: dict[str, Any], member: str) -> Grant:
    role, condition = binding["role"], binding.get("condition") or {}
    expression = condition.get("expression", "")
    name, kind = who(member)
    return Grant(
        f"{resource}#{role}#{member}{mark(expression)}",
        principal=name,
        principal_type=kind,
        role=role,
        resource=resource,
        effect="allow",
        privileged=strong(role),
        expires_at=until(expression),
        conditional=bool(expression),
    )
