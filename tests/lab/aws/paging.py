"""Page tokens, from botocore's paginators and, where an operation has none, from its shapes."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.core.loaders import create_loader
from moto.core.utils import get_service_model

from tests.lab.told import Paged

TOKENS = (
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("Marker", "Marker"),
    ("Marker", "NextMarker"),
    ("NextMarker", "NextMarker"),
    ("marker", "nextMarker"),
    ("marker", "marker"),
    ("ContinuationToken", "NextContinuationToken"),
    ("PaginationToken", "PaginationToken"),
    ("position", "position"),
)
LIMITS = ("MaxResults", "maxResults", "MaxRecords", "MaxItems", "Limit", "limit", "PageSize", "ResourcesPerPage")


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation pages: members of the request and of the answer; empty where it does not."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    more: str = ""
    limit: str = ""
    keys: tuple[str, ...] = ()

    @property
    def pages(self) -> bool:
        """Return whether the operation has a page token at all."""
        return bool(self.inputs)


def _names(value: Any) -> tuple[str, ...]:
    """Return the plain member names of one or several JMESPath expressions, the first alternative of each."""
    listed = value if isinstance(value, list) else [value] if value else []
    return tuple(re.split(r"\s*\|\|\s*", str(name))[0] for name in listed)


@functools.cache
def _paginators(service: str) -> Mapping[str, Any]:
    loader = create_loader()
    if "paginators-1" not in _types(service):
        return {}
    found: Mapping[str, Any] = loader.load_service_model(service, "paginators-1")["pagination"]
    return found


@functools.cache
def _types(service: str) -> frozenset[str]:
    loader = create_loader()
    kinds = ("service-2", "paginators-1")
    return frozenset(kind for kind in kinds if service in loader.list_available_services(kind))


@functools.cache
def paging(service: str, operation: str) -> Paging:
    """Return how `operation` (as the model spells it) pages."""
    declared = _paginators(service).get(operation)
    if declared:
        return Paging(
            _names(declared["input_token"]),
            _names(declared["output_token"]),
            declared.get("more_results", ""),
            declared.get("limit_key", ""),
            _names(declared.get("result_key")),
        )
    model = get_service_model(service).operation_model(operation)
    asks = model.input_shape.members if model.input_shape else {}
    tells = model.output_shape.members if model.output_shape else {}
    pair = next(((i, o) for i, o in TOKENS if i in asks and o in tells), None)
    if pair is None:
        return Paging(keys=_lists(tells))
    limit = next((name for name in LIMITS if name in asks), "")
    return Paging((pair[0],), (pair[1],), "IsTruncated" if "IsTruncated" in tells else "", limit, _lists(tells))


def _lists(members: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, shape in members.items() if shape.type_name == "list")[:1]


def make_token(operation: str, index: int, salt: str = "") -> str:
    """Return the opaque token of page `index` (from 1) of an operation; a salt makes another token of the same page."""
    return base64.urlsafe_b64encode(f"{operation}|{salt}|{index}".encode()).decode()


def read_token(operation: str, token: Any) -> int | None:
    """Return the page that a token names; None where it was not issued for this operation."""
    try:
        name, _, index = base64.urlsafe_b64decode(str(token)).decode().rpartition("|")
    except ValueError:
        return None
    return int(index) if name.split("|")[0] == operation and index.isdigit() else None


def page_of(style: Paging, operation: str, params: Mapping[str, Any]) -> int | None:
    """Return which page a request asks for: 1 without a token, None for a token that is not ours."""
    token = next((params[name] for name in style.inputs if params.get(name)), None)
    return 1 if token is None else read_token(operation, token)


def put(answer: dict[str, Any], path: str, value: Any) -> None:
    """Set a member of an answer, `a.b` inside a structure."""
    *above, last = path.split(".")
    for name in above:
        answer = answer.setdefault(name, {})
    answer[last] = value


def with_token(style: Paging, answer: Mapping[str, Any], token: str | None) -> dict[str, Any]:
    """Return the answer with the token of the next page, or marked as the last where it is None."""
    marked = dict(answer)
    if style.more and style.more not in marked:
        put(marked, style.more, token is not None)
    for name in style.outputs if token is not None else ():
        if name not in marked:
            put(marked, name, token)
    return marked


@dataclass(frozen=True, slots=True)
class Listing:
    """Items served page by page: `size` at most a page, fewer where the request asks for fewer.

    `key` is the member that lists them, the first result of the operation's paginator if empty;
    `first` is merged into every page.
    """

    items: Sequence[Any]
    size: int = 100
    key: str = ""
    first: Mapping[str, Any] | None = None

    def page(self, style: Paging, params: Mapping[str, Any], page: int) -> tuple[dict[str, Any], bool]:
        """Return page number `page` and whether another follows."""
        size = min(self.size, int(params.get(style.limit) or self.size), Paged.most) if style.pages else len(self.items)
        start = (page - 1) * size
        answer: dict[str, Any] = dict(self.first or {})
        put(answer, self.key or style.keys[0], list(self.items[start : start + size]))
        return answer, start + size < len(self.items)
