"""What the double says: one request as it came, what a handler knows, and the page that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.lab.aws.faults import Fault
from tests.lab.aws.paging import Listing, Paging, make_token, with_token
from tests.lab.aws.wire import ErrorAnswer
from tests.lab.made import Made

if TYPE_CHECKING:
    from tests.lab.aws.double import Double

Result = Mapping[str, Any] | ErrorAnswer | Listing
Pages = Result | Sequence[Result] | Made


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came: operation as boto3 spells it, page from 1 (None: a foreign token)."""

    service: str
    operation: str
    params: Mapping[str, Any]
    account: str
    region: str
    page: int | None
    key: str
    number: int
    """Counted from 1 within the operation."""

    @property
    def name(self) -> str:
        """Return `service.operation`."""
        return f"{self.service}.{self.operation}"


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler knows beside the parameters."""

    call: Call
    double: Double

    @property
    def account(self) -> str:
        """Return the caller's account."""
        return self.call.account

    @property
    def region(self) -> str:
        """Return the region asked."""
        return self.call.region


Handler = Callable[[dict[str, Any], Context], Pages]


def request_id(call: Call) -> str:
    """Return the request id of the answer."""
    return f"{call.service}-{call.operation}-{call.number}"


def page_of_answer(said: Pages, style: Paging, call: Call, turn: int) -> Mapping[str, Any] | ErrorAnswer:
    """Return one page with its token: of a listing, of a script, or the one answer there is."""
    assert not isinstance(said, Made), "the double sends these bytes itself"
    if isinstance(said, Listing):
        answer, more = said.page(style, call.params, turn)
    elif isinstance(said, Mapping | ErrorAnswer):
        return said
    else:
        chosen = said[min(turn, len(said)) - 1] if said else {}
        if isinstance(chosen, ErrorAnswer):
            return chosen
        if isinstance(chosen, Listing):
            raise TypeError("a script lists pages, not listings")
        answer, more = dict(chosen), style.pages and turn < len(said)
    return with_token(style, answer, make_token(call.name, turn + 1) if more else None)


def spoilt(
    fault: Fault | None,
    style: Paging,
    call: Call,
    page: Callable[[int], Mapping[str, Any] | ErrorAnswer],
    turn: int,
) -> Mapping[str, Any] | ErrorAnswer:
    """Return the page asked for, out of order where the fault says so."""
    kind = fault.paging if fault else ""
    if not kind:
        return page(turn)
    if kind == "empty":
        return with_token(style, {}, make_token(call.name, turn, f"e{call.number}"))
    answer = page(max(turn - 1, 1)) if kind == "repeat_page" else page(turn)
    if isinstance(answer, ErrorAnswer):
        return answer
    if kind == "reorder":
        return {k: v[::-1] if isinstance(v, list) else v for k, v in answer.items()}
    bare = {k: v for k, v in answer.items() if k not in (*style.outputs, style.more)}
    salt = f"r{call.number}" if kind == "repeat_page" else ""
    return with_token(style, bare, make_token(call.name, max(turn, 2), salt))
