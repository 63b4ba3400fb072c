"""IAM's authorization details, flattened to who can do what: one grant per principal and policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from agent.clients.aws import Aws
from agent.collector import Api, Header, Record, Run
from agent.model import Grant
from collectors.aws._policy import PRIVILEGED, UNREAD, Judged, judged, together
from collectors.aws._trust import trusted

DETAILS = "iam.get_account_authorization_details"
HEADER = Header(
    id="aws.iam_authorization_details",
    title="Who can do what (IAM)",
    kind="grant",
    population="Every policy that an IAM user, group or role of the account holds, directly, inline or through a "
    "group, and every principal that may assume a role.",
    provider="aws",
    per="boundary",
    calls=(
        Api(DETAILS, ("iam:GetAccountAuthorizationDetails",)),
        Api("iam.get_account_summary", ("iam:GetAccountSummary",)),
    ),
    exact=True,
    limits=(
        PRIVILEGED,
        "Service control policies, session policies and policies of resources are not taken into account.",
        "A permissions boundary is a row of its own, with the effect `boundary`: it lessens the other rows.",
        "A policy that both allows and denies is shown as `allow`; the artifact holds its text.",
    ),
)


class Held(NamedTuple):
    """One policy as somebody holds it."""

    id: str
    name: str
    said: Judged
    raw: dict[str, Any]


def collect(run: Run[Aws]) -> Iterator[Record]:
    """Yield the grants of each user, group and role."""
    local = run.client.read(DETAILS, key="Policies", Filter=["LocalManagedPolicy", "AWSManagedPolicy"])
    policies = {one["Arn"]: _managed(one) for one in local}
    listed = run.client.read(DETAILS, key="GroupDetailList", Filter=["Group"])
    groups = {one["GroupName"]: list(_held(one, "Group", policies)) for one in listed}
    count = 0
    for kind, item in run.client.population(DETAILS, key=_principals, Filter=["User", "Group", "Role"]):
        count += 1
        found = list(_records(kind, item, policies, groups))
        yield from found
        if not found:
            run.skip("it holds no policy")
    summary = run.client.ask("iam.get_account_summary")
    if summary is not None:
        expected = sum(summary["SummaryMap"].get(name, 0) for name in ("Users", "Groups", "Roles"))
        run.receipt("iam.get_account_summary, users, groups and roles", expected, count)


def _principals(page: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    kinds = ("User", "Group", "Role")
    return [(kind, item) for kind in kinds for item in page.get(f"{kind}DetailList") or ()]


def _managed(policy: dict[str, Any]) -> Held:
    """Return a managed policy in its default version, whose text the artifact keeps unless it is AWS's own."""
    versions = policy.get("PolicyVersionList") or ()
    document = next((one.get("Document") for one in versions if one.get("IsDefaultVersion")), None)
    raw = {name: policy.get(name) for name in ("PolicyName", "Arn", "DefaultVersionId", "UpdateDate")}
    if ":iam::aws:" not in policy["Arn"]:
        raw["Document"] = document
    return Held(policy["Arn"], policy["PolicyName"], judged(document), raw)


def _held(item: dict[str, Any], kind: str, policies: Mapping[str, Held]) -> Iterator[Held]:
    for one in item.get("AttachedManagedPolicies") or ():
        unread = Held(one["PolicyArn"], one["PolicyName"], UNREAD, one)
        yield policies.get(one["PolicyArn"], unread)
    for one in item.get(f"{kind}PolicyList") or ():
        yield Held(f"inline/{one['PolicyName']}", one["PolicyName"], judged(one.get("PolicyDocument")), one)


def _records(
    kind: str, item: dict[str, Any], policies: Mapping[str, Held], groups: Mapping[str, Iterable[Held]],
) -> Iterator[Record]:
    own = list(_held(item, kind, policies))
    entity = {key: value for key, value in item.items() if not key.endswith(("PolicyList", "Policies"))}
    for held in own:
        yield _record(kind, entity, held)
    for name in item.get("GroupList") or ():
        for held in groups.get(name, ()):
            yield _record(kind, entity, held, via=f"group:{name}")
    if boundary := item.get("PermissionsBoundary"):
        arn = boundary["PermissionsBoundaryArn"]
        yield _record(kind, entity, Held(f"boundary/{arn}", arn.split("/", 1)[-1], Judged("boundary"), boundary))
    if kind == "Role":
        yield from _assumed(entity, together(held.said for held in own))


def _record(kind: str, entity: dict[str, Any], held: Held, via: str | None = None) -> Record:
    row = Grant(
        f"{entity['Arn']}#{f'{via}/' if via else ''}{held.id}",
        principal=entity[f"{kind}Name"],
        principal_type=kind.lower(),
        role=held.name,
        resource=held.said.resource,
        effect=held.said.effect,
        via=via,
        privileged=held.said.privileged,
        conditional=held.said.conditional,
    )
    return Record(row, _raw(entity, held.raw))


def _assumed(role: dict[str, Any], power: Judged) -> Iterator[Record]:
    """Yield who may assume a role, each with the role's own power."""
    for one in trusted(role.get("AssumeRolePolicyDocument")):
        row = Grant(
            f"{role['Arn']}#trust/{one.effect}/{one.principal}",
            principal=one.principal,
            principal_type=one.type,
            role=role["RoleName"],
            resource=role["Arn"],
            effect=one.effect,
            via="trust policy",
            privileged=power.privileged,
            conditional=one.conditional,
        )
        yield Record(row, _raw(role, {"Trusted": one.principal}))


def _raw(*items: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"operation": DETAILS, "item": item} for item in items]
