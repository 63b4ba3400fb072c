"""Whether a permission is there: each declared call in its cheapest form, and what the answer says about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an identity holds in a boundary: whether Resource Graph shows anything, and which actions.

    `actions` None: Azure does not tell. `error`: Resource Graph could not be asked.
    """

    visible: bool
    actions: list[dict[str, Any]] | None = None
    error: CallError | None = None


def holdings(client: AzureClient) -> Holdings:
    """Ask what the identity holds: Resource Graph refuses nothing, it leaves out what may not be read."""
    try:
        seen = next(client.read(GRAPH, query=VISIBLE), None)
    except CallError as error:
        return Holdings(visible=False, error=error)
    return Holdings(visible=seen is not None, actions=_actions(client) if client.subscription else None)


def _actions(client: AzureClient) -> list[dict[str, Any]] | None:
    try:
        return list(client.read(HELD))
    except CallError:
        return None


def witness() -> Witness:
    """Return the witness of a probe."""
    return Witness(HEADER)


def probe(api: Api, wire: Wire, boundary: str, held: Callable[[], Holdings]) -> Iterator[Probed]:
    """Yield one answer per permission of the call; `held` is asked for those of Resource Graph."""
    if api.call == GRAPH:
        yield from (_shown(one, held()) for one in api.permissions)
        return
    tried = _call(api, wire, boundary)
    for permission in api.permissions:
        yield Probed(permission, *tried)


def _shown(action: str, held: Holdings) -> Probed:
    if held.error is not None:
        return Probed(action, *_state(held.error))
    if not held.visible:
        return Probed(action, "denied", f"Allow {action} there", "Resource Graph shows nothing")
    if held.actions is not None:
        allowed = allows(held.actions, action)
        return Probed(action, "ok") if allowed else Probed(action, "denied", f"Allow {action} there")
    if action in ("*/read", "Microsoft.ResourceGraph/resources/read"):
        return Probed(action, "ok")
    return Probed(action, "unknown", "", "Resource Graph does not say what it hides")


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
