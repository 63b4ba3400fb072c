"""Who holds power over the cloud in the end: through groups, and through what is inherited."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from agent.model import Grant
from collectors.gcp._members import mark, until, who

CALL = "cloudasset.analyze_iam_policy"
HEADER = Header(
    id="gcp.iam_analyze",
    title="Who holds power in the end",
    kind="grant",
    population="Every person, group and service account that can, below the parent of the scope, hand out rights, make "
    "or borrow the credentials of service accounts, remove logs, keys or organization policies; one record per role "
    "and resource where it is bound.",
    provider="gcp",
    per="organization",
    calls=(
        Api(CALL, ("cloudasset.assets.analyzeIamPolicy", "cloudasset.assets.searchAllIamPolicies",
                   "cloudasset.assets.searchAllResources")),
    ),
    cadence="P1W",
    limits=(
        "Groups of over a thousand members, and those that the agent may not look into, make the run partial.",
        "`via` is one way by which the right comes; there may be others.",
        "Ten permissions are asked about; what others amount to is not.",
        "Google answers twenty such questions a day without a licence for Security Command Center.",
    ),
)
POWERS = (
    "resourcemanager.organizations.setIamPolicy", "resourcemanager.folders.setIamPolicy",
    "resourcemanager.projects.setIamPolicy", "iam.serviceAccountKeys.create", "iam.serviceAccounts.getAccessToken",
    "iam.roles.update", "logging.sinks.delete", "logging.buckets.delete", "cloudkms.cryptoKeyVersions.destroy",
    "orgpolicy.policy.set",
)
"""What amounts to power over everything else; one question takes ten."""
SECONDS = 120


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one grant per binding and identity that it reaches."""
    query = {
        "scope": run.client.parent, "access_selector": {"permissions": list(POWERS)},
        "options": {"expand_groups": True, "output_group_edges": True},
    }
    results = run.client.population(
        CALL, key="mainAnalysis.analysisResults", analysis_query=query, execution_timeout={"seconds": SECONDS},
    )
    for result in results:
        rows = {row.id: row for row in _rows(result)}
        if not rows:
            run.skip("a binding that reaches nobody")
        for row in rows.values():
            yield Record(row, result)


def _rows(result: dict[str, Any]) -> Iterator[Grant]:
    binding, found = result.get("iamBinding") or {}, result.get("identityList") or {}
    ways = _ways(binding.get("members") or [], found.get("groupEdges") or [])
    expression = (binding.get("condition") or {}).get("expression", "")
    for identity in found.get("identities") or ():
        member = identity["name"]
        name, kind = who(member)
        yield Grant(
            f"{result['attachedResourceFullName']}#{binding.get('role')}#{member}{mark(expression)}",
            principal=name,
            principal_type=kind,
            role=binding.get("role"),
            resource=result["attachedResourceFullName"],
            effect="allow",
            via=ways.get(member),
            privileged=True,
            expires_at=until(expression),
            conditional=bool(expression),
        )


def _ways(members: list[str], edges: list[dict[str, str]]) -> dict[str, str]:
    """Return the shortest chain of groups to each identity that is no member of the binding itself."""
    inner: dict[str, list[str]] = {}
    for edge in edges:
        inner.setdefault(edge.get("sourceNode", ""), []).append(edge.get("targetNode", ""))
    found, waiting, seen = dict[str, str](), deque((one, one) for one in members), set(members)
    while waiting:
        group, way = waiting.popleft()
        for one in inner.get(group, ()):
            if one not in seen:
                seen.add(one)
                found[one] = way
                waiting.append((one, f"{way} > {one}"))
    return found
