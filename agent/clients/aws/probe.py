"""Whether a permission is there: each declared call in its cheapest form, and what the answer says about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from agent.clients.aws.failures import CAUGHT, Place, translate
from agent.collector import Api

SAFE = ("Get", "List", "Describe", "Lookup", "Search", "Select", "Batch", "Head", "Filter", "Simulate")
"""First words of operations that change nothing; no other is tried."""
DEPTH = 4

State = Literal["ok", "denied", "unavailable", "unknown", "untried"]


@dataclass(frozen=True, slots=True)
class Probed:
    """What trying a call said of one permission, and what to do about it."""

    permission: str
    state: State
    remedy: str = ""
    detail: str = ""


def probe(api: Api, client: Any, account: str) -> Iterator[Probed]:
    """Yield one answer per permission of the call in an account; nothing that changes anything is called."""
    operation = api.call.partition(".")[2]
    name = client.meta.method_to_api_mapping.get(operation, "")
    if not name.startswith(SAFE):
        yield from (Probed(one, "untried", "", "the call is not a plain read") for one in api.permissions)
        return
    shape = client.meta.service_model.operation_model(name).input_shape
    parameters = _cheapest(shape) if shape is not None else {}
    if "AccountId" in parameters:
        parameters["AccountId"] = account  # of any other AWS says that it is denied, whatever is allowed here
    state, remedy, detail, named = _try(api, client, operation, parameters)
    for permission in api.permissions:
        other = state == "denied" and named in api.permissions and named != permission
        yield Probed(permission, "unknown" if other else state, "" if other else remedy, detail)


def _try(api: Api, client: Any, operation: str, parameters: dict[str, Any]) -> tuple[State, str, str, str]:
    try:
        getattr(client, operation)(**parameters)
    except CAUGHT as error:
        failure = translate(error, Place(api, "", client.meta.region_name))
        reason, detail = failure.lacking.reason, failure.lacking.detail
        if reason in ("denied", "unavailable"):
            state: State = "denied" if reason == "denied" else "unavailable"
            return state, failure.advice, detail, failure.lacking.permission
        if isinstance(error, ClientError) and reason == "failed":
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 500)
            if status < 500:  # refused for its made-up parameters, after it was allowed
                return "ok", "", "", ""
        return "unknown", failure.advice, detail, ""
    return "ok", "", "", ""


def _cheapest(shape: Any) -> dict[str, Any]:
    """Return parameters that ask for least; EC2 only says whether it would answer, else it lists everybody's images."""
    return _least(shape) | ({"DryRun": True} if "DryRun" in shape.members else {})


def _least(shape: Any, depth: int = 0) -> dict[str, Any]:
    """Return the required members of a structure with the least values that the model takes."""
    return {name: _value(shape.members[name], depth + 1) for name in shape.required_members if depth < DEPTH}


def _value(shape: Any, depth: int) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _least(shape, depth)
    if kind == "list":
        return [_value(shape.member, depth + 1)] if depth < DEPTH else []
    if kind == "map":
        return {}
    if kind == "string":
        return (shape.enum or ["0" * max(int(shape.metadata.get("min", 1)), 1)])[0]
    return {"boolean": False, "blob": b"", "timestamp": 0}.get(kind, int(shape.metadata.get("min", 1)))
