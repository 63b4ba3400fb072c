"""Pages and their tokens: which page a token asks for, and the page itself, out of order where a fault says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.lab.gcp.faults import ErrorAnswer

Page = Mapping[str, Any] | ErrorAnswer
Pages = Page | Sequence[Page]


def make_token(name: str, page: int, salt: str = "") -> str:
    """Return the token that asks for a page."""
    return f"{name}~{page}~{salt}"


def begin(name: str, token: str) -> int | None:
    """Return the page that a token asks for, 1 without one, None for a foreign one."""
    if not token:
        return 1
    parts = token.split("~")
    return int(parts[1]) if len(parts) == 3 and parts[0] == name and parts[1].isdigit() else None


def spoilt(kind: str, said: Pages, name: str, page: int, number: int, *, pages: bool) -> dict[str, Any] | ErrorAnswer:
    """Return a page with the token of the next; a list for a method that does not page answers call by call."""
    if kind == "empty":
        return {"nextPageToken": make_token(name, page, f"e{number}")}
    if kind == "reorder":
        answer = _page(said, name, page, number, pages=pages)
        return answer if isinstance(answer, ErrorAnswer) else _reordered(answer)
    if kind == "repeat_page":
        answer = _page(said, name, max(page - 1, 1), number, pages=pages)
        token = make_token(name, max(page, 2), f"r{number}")
    else:
        answer = _page(said, name, page, number, pages=pages)
        token = make_token(name, max(page, 2))
    if not kind or isinstance(answer, ErrorAnswer):
        return answer
    return {**answer, "nextPageToken": token}


def _reordered(page: dict[str, Any]) -> dict[str, Any]:
    """Return a page with its lists, and the places of an aggregated one, the other way round."""
    def turned(value: Any) -> Any:
        return dict(reversed(value.items())) if isinstance(value, dict) else value[::-1]

    return {key: turned(value) if isinstance(value, (dict, list)) else value for key, value in page.items()}


def _page(said: Pages, name: str, page: int, number: int, *, pages: bool) -> dict[str, Any] | ErrorAnswer:
    if isinstance(said, ErrorAnswer):
        return said
    if isinstance(said, Mapping):
        return dict(said)
    if not said:
        return {}
    turn = page if pages else number
    chosen = said[min(turn, len(said)) - 1]
    if isinstance(chosen, ErrorAnswer):
        return chosen
    more = pages and turn < len(said)
    return {**chosen, **({"nextPageToken": make_token(name, turn + 1)} if more else {})}
