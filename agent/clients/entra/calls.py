"""From a declared call to the SDK's request: its builders know the paths and the query parameters."""

from __future__ import annotations

import re
from typing import Any

from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph.generated.base_graph_service_client import BaseGraphServiceClient

ITEM = "item"
"""The word that stands for an id in a call, as in the SDK's own folders."""
_BY = re.compile(r"by_\w+")


class UnknownCallError(Exception):
    """The SDK has no such path or query parameter."""


def builder(root: BaseGraphServiceClient, call: str, ids: tuple[str, ...]) -> Any:
    """Return the SDK's request builder behind a call; raises `UnknownCallError`."""
    found: Any = root
    rest = list(ids)
    for word in call.split("."):
        name = _by(type(found)) if word == ITEM else word
        step = getattr(found, name, None)
        if step is None or (word == ITEM and not rest):
            raise UnknownCallError(f"the SDK has no {call} with {len(ids)} ids")
        found = step(rest.pop(0)) if word == ITEM else step
    if rest:
        raise UnknownCallError(f"{call} takes {len(ids) - len(rest)} ids")
    return found


def _by(kind: type) -> str:
    return next((name for name in dir(kind) if _BY.fullmatch(name)), "")


def request(root: BaseGraphServiceClient, call: str, ids: tuple[str, ...], query: dict[str, Any]) -> RequestInformation:
    """Return the request for the first page of a call."""
    found = builder(root, call, ids)
    try:
        asked = _parameters(type(found))(**query)
    except TypeError as error:
        raise UnknownCallError(f"{call}: {error}") from None
    made = found.to_get_request_information(RequestConfiguration(query_parameters=asked))
    made.path_parameters["baseurl"] = root.request_adapter.base_url
    return made


def _parameters(kind: type) -> Any:
    return next(getattr(kind, name) for name in dir(kind) if name.endswith("GetQueryParameters"))


def takes(root: BaseGraphServiceClient, call: str, ids: tuple[str, ...], parameter: str) -> bool:
    """Return whether a call has a query parameter."""
    return hasattr(_parameters(type(builder(root, call, ids))), parameter)


def following(link: str) -> RequestInformation:
    """Return the request for the page that a link leads to."""
    found = RequestInformation(Method.GET)
    found.url = link
    found.headers.try_add("Accept", "application/json")
    return found


def path(root: BaseGraphServiceClient, call: str) -> str:
    """Return the path of a call below the version, with `{id}` for each id."""
    template = str(builder(root, call, ("x",) * call.split(".").count(ITEM)).url_template)
    return re.sub(r"\{[^}]*\}", "{id}", template.removeprefix("{+baseurl}").partition("{?")[0])
