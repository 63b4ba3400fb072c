"""Whether a permission is there: each declared call in its cheapest form, and what the answer says about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from agent.clients.azure import answers
from agent.clients.azure.answers import RefusedError
from agent.clients.azure.client import AzureClient
from agent.clients.azure.failures import CAUGHT, Place, translate
from agent.clients.azure.methods import WHOLE, Method, asked
from agent.clients.azure.operations import METHODS
from agent.clients.azure.wire import Wire
from agent.clients.deadline import Deadline
from agent.clients.failure import CallError
from agent.clients.witness import Witness
from agent.collector import Api, Header

NOBODY = "00000000-0000-0000-0000-000000000000"
"""Stands for a name in a path: Azure first asks whether we may, then whether there is such a thing."""
SECONDS = 30.0
GRAPH, HELD = "resourcegraph.resources", "authorization.permissions.list"
VISIBLE = "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project id | order by id asc"
HEADER = Header(
    id="azure.doctor", title="Doctor", kind="configuration", provider="azure", per="boundary",
    population="Every permission that a collector declares.", calls=(Api(GRAPH, ("*/read",)), Api(HELD, ())),
)
State = Literal["ok", "denied", "unavailable", "unknown", "untried"]


@dataclass(frozen=True, slots=True)
class Probed:
    """What trying a call said of one permission, and what to do about it."""

    permission: str
    state: State
    remedy: str = ""
    detail: str = ""


def probe(api: Api, wire: Wire, boundary: str, chosen: tuple[str, ...]) -> Iterator[Probed]:
    """Yield one answer per permission of the call."""
    if api.call == GRAPH:
        client = AzureClient(wire, boundary, Witness(HEADER), Deadline.after(SECONDS), chosen)
        yield from _graph(api, client)
        return
    tried = _call(api, wire, boundary)
    for permission in api.permissions:
        yield Probed(permission, *tried)


def _graph(api: Api, client: AzureClient) -> Iterator[Probed]:
    """Ask what the identity holds: Resource Graph refuses nothing, it leaves out what may not be read."""
    try:
        seen = next(client.read(GRAPH, query=VISIBLE), None)
    except CallError as error:
        yield from (Probed(one, *_state(error)) for one in api.permissions)
        return
    held = _held(client) if client.subscription else None
    for one in api.permissions:
        if seen is None:
            yield Probed(one, "denied", f"Allow {one} there", "Resource Graph shows nothing")
        elif held is None:
            if one in ("*/read", "Microsoft.ResourceGraph/resources/read"):
                yield Probed(one, "ok")
            else:
                yield Probed(one, "unknown", "", "Resource Graph does not say what it hides")
        else:
            yield Probed(one, "ok") if allows(held, one) else Probed(one, "denied", f"Allow {one} there")


def _held(client: AzureClient) -> list[dict[str, Any]] | None:
    """Return the actions that the roles of the identity hold in a subscription, None where Azure does not tell."""
    try:
        return list(client.read(HELD))
    except CallError:
        return None


def allows(held: list[dict[str, Any]], action: str) -> bool:
    """Return whether one of these sets of actions holds an action, and does not take it out again."""

    def within(patterns: Any) -> bool:
        return any(fnmatchcase(action.lower(), str(one).lower()) for one in patterns or ())

    return any(within(one.get("actions")) and not within(one.get("notActions")) for one in held)


def _call(api: Api, wire: Wire, boundary: str) -> tuple[State, str, str]:
    method = METHODS[api.call]
    if method.host == "logs":
        return "untried", "", "a query needs a workspace"
    try:
        request = asked(method, wire.base(method), _parameters(method, boundary))
        answers.read(wire.exchange(method, request, Deadline.after(SECONDS)))
    except CAUGHT as error:
        if isinstance(error, RefusedError) and error.status in (400, 404, 409):
            return "ok", "", ""  # refused for its made-up name, after it was allowed
        return _state(translate(error, Place(api, boundary)))
    return "ok", "", ""


def _parameters(method: Method, boundary: str) -> dict[str, Any]:
    """Return made-up names for all parts of the path but the subscription."""
    given = {name: f"/subscriptions/{boundary}" if name in WHOLE else NOBODY for name in method.parts}
    return given | ({"subscriptionId": boundary} if "subscriptionId" in given else {})


def _state(failure: CallError) -> tuple[State, str, str]:
    reason = failure.lacking.reason
    if reason in ("denied", "unavailable"):
        return ("denied" if reason == "denied" else "unavailable"), failure.advice, failure.lacking.detail
    return "unknown", failure.advice, failure.lacking.detail
