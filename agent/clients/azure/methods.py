"""An operation of a published REST API: its path and version, how it pages, and the request for its first page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote, urlencode

_PART = re.compile(r"\{([A-Za-z]+)\}")
WHOLE = ("scope", "scopeId", "resourceUri")
"""Parts of a path that are paths themselves."""
ODATA = ("filter", "top", "select", "expand", "orderby")
PAGE = 1000
"""Rows of Resource Graph that one answer holds: as many as it gives."""


@dataclass(frozen=True, slots=True)
class Method:
    """One operation; `items` is the member that lists, `link` the one that leads on: an address, or a token to post.

    `host`: `arm` is Azure Resource Manager, `logs` Log Analytics.
    """

    verb: Literal["GET", "POST"]
    path: str
    version: str = ""
    items: str = "value"
    link: Literal["nextLink", "@odata.nextLink", "$skipToken", ""] = "nextLink"
    host: Literal["arm", "logs"] = "arm"

    @property
    def parts(self) -> list[str]:
        """Return the names of the parts of the path that differ."""
        return _PART.findall(self.path)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: where, and the body of a POST."""

    verb: str
    url: str
    body: Mapping[str, Any] | None = None

    def following(self, method: Method, token: str) -> Asked:
        """Return the request for the page that a link or token leads to."""
        if method.link == "$skipToken":
            body = dict(self.body or {})
            return replace(self, body={**body, "options": {**body.get("options", {}), "$skipToken": token}})
        return replace(self, url=token)


def asked(method: Method, base: str, parameters: Mapping[str, Any]) -> Asked:
    """Return the request for the first page; raises `ValueError` where a part of the path is missing."""
    rest = dict(parameters)

    def part(found: re.Match[str]) -> str:
        name = found[1]
        if not isinstance(rest.get(name), str) or not rest[name]:
            raise ValueError(f"needs the parameter {name}")
        value = str(rest.pop(name))
        return quote(value.strip("/"), safe="/:@()") if name in WHOLE else quote(value, safe="")

    url = base + _PART.sub(part, method.path)
    query = {"api-version": method.version} if method.version else {}
    if method.verb == "POST":
        query |= {f"${name}": str(rest.pop(name)) for name in ODATA if name in rest}
        return Asked("POST", _with(url, query), rest)
    query |= {f"${name}" if name in ODATA else name: str(value) for name, value in rest.items()}
    return Asked("GET", _with(url, query))


def _with(url: str, query: Mapping[str, str]) -> str:
    return f"{url}?{urlencode(query, safe='$', quote_via=quote)}" if query else url
