"""How an operation pages: from botocore's paginators, or from the model where it has a token and no paginator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jmespath  # type: ignore[import-untyped]  # it ships no types

from agent.clients.cycle import Cycle
from agent.clients.cycle import RepeatedError as TokenRepeatedError

__all__ = ["Cycle", "Paging", "Pagings", "TokenLostError", "TokenRepeatedError", "by_model"]

INPUT_OF = {
    "nexttoken": ("nexttoken",),
    "marker": ("marker",),
    "nextmarker": ("marker", "nextmarker"),
    "paginationtoken": ("paginationtoken",),
    "nextpagetoken": ("pagetoken", "nextpagetoken"),
    "pagetoken": ("pagetoken",),
    "nextcontinuationtoken": ("continuationtoken",),
    "position": ("position",),
}
"""Which input member takes the token of which output member, both in lower case."""


class TokenLostError(Exception):
    """The provider says that there is more, and gives no token to ask for it."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Input members, the expressions that find their tokens in a page, and the one that says there is more."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[Any, ...] = ()
    more: Any = None

    def after(self, page: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters that ask for the next page, {} after the last one."""
        if not self.inputs:
            return {}
        more = self.more.search(page) if self.more is not None else None
        if more is False:
            return {}
        found = {
            name: token
            for name, output in zip(self.inputs, self.outputs, strict=True)
            if (token := output.search(page)) not in (None, "")
        }
        if more and not found:
            raise TokenLostError
        return found


@dataclass(slots=True)
class Pagings:
    """How each operation pages, worked out once."""

    paginators: Callable[[str], Mapping[str, Any]]
    """Returns the paginators of a service by operation, {} where it has none."""
    _known: dict[str, Paging] = field(default_factory=dict)

    def of(self, service_model: Any, operation: str) -> Paging:
        """Return how the operation (`ListUsers`) of a service pages."""
        key = f"{service_model.service_name}.{operation}"
        if key not in self._known:
            self._known[key] = self._find(service_model, operation)
        return self._known[key]

    def _find(self, service_model: Any, operation: str) -> Paging:
        config = self.paginators(service_model.service_name).get(operation)
        if config is None:
            return by_model(service_model.operation_model(operation))
        more = config.get("more_results")
        return Paging(
            inputs=_tuple(config["input_token"]),
            outputs=tuple(jmespath.compile(one) for one in _tuple(config["output_token"])),
            more=jmespath.compile(more) if more else None,
        )


def by_model(operation_model: Any) -> Paging:
    """Return the paging of an operation that has a token and no paginator; empty where it has no token."""
    given, taken = operation_model.output_shape, operation_model.input_shape
    if given is None or taken is None:
        return Paging()
    inputs = {name.lower(): name for name, shape in taken.members.items() if shape.type_name == "string"}
    for name, shape in given.members.items():
        if shape.type_name != "string":
            continue
        for wanted in INPUT_OF.get(name.lower(), ()):
            if wanted in inputs:
                more = jmespath.compile("IsTruncated") if "IsTruncated" in given.members else None
                return Paging((inputs[wanted],), (jmespath.compile(name),), more)
    return Paging()


def _tuple(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
