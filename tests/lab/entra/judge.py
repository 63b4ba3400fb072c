"""The real SDK as the judge of bodies: whatever its models do not know ends up in `additional_data`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from msgraph import GraphRequestAdapter
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient

from agent.clients.entra import calls


class _ToldError(Exception):
    def __init__(self, factory: Any) -> None:
        super().__init__()
        self.factory = factory


class _Asked(GraphRequestAdapter):  # type: ignore[misc]  # the SDK is left out of type checks
    async def send_async(self, request_info: Any, parsable_factory: Any, error_map: Any) -> Any:
        raise _ToldError(parsable_factory)


_ROOT = BaseGraphServiceClient(_Asked(AnonymousAuthenticationProvider()))


def model(call: str) -> Any:
    """Return the model that the SDK reads the answer of a call into."""
    builder = calls.builder(_ROOT, call, ("x",) * call.split(".").count(calls.ITEM))
    try:
        asyncio.run(builder.get())
    except _ToldError as told:
        return told.factory
    raise AssertionError(f"{call} answers with no model")


def unknown(call: str, body: dict[str, Any]) -> set[str]:
    """Return the members of a body that the SDK's model has no place for, `@odata` annotations apart."""
    node = JsonParseNodeFactory().get_root_parse_node("application/json", json.dumps(body).encode())
    return set(_additional(node.get_object_value(model(call))))


def _additional(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _additional(one)
    elif hasattr(value, "get_field_deserializers"):
        for name in getattr(value, "additional_data", None) or {}:
            if "@" not in name:
                yield f"{type(value).__name__}.{name}"
        for name in vars(value):
            if name not in ("additional_data", "backing_store"):
                yield from _additional(getattr(value, name))
