"""The published shapes: which request is which method, and what may stand in an answer."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a discovery document, with the schemas of the document."""

    id: str
    verb: str
    path: str
    parameters: dict[str, str]
    request: str
    response: str
    schemas: dict[str, Any]
    root: str
    media: bool = False

    @property
    def pages(self) -> bool:
        """Return whether it takes a page token."""
        return "pageToken" in self.parameters

    def pattern(self) -> re.Pattern[str]:
        """Return what its paths look like; bytes are asked for there, or below `/download`, as Google's own client does."""
        text = ("(?:/download)?" if self.media else "") + re.escape("/" + self.path).replace(r"\{", "{").replace(r"\}", "}").replace(r"\+", "+")
        text = re.sub(r"\{\+(\w+)\}", r"(?P<\1>[^:?]+)", text)
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/:?]+)", text))


@functools.cache
def methods() -> dict[str, Method]:
    """Return every method by its id."""
    said = json.loads((Path(__file__).parent / "discovery.json").read_text())
    return {
        identifier: Method(
            identifier, one["verb"], one["path"], one["parameters"], one["request"], one["response"],
            document["schemas"], document["root"], one.get("media", False),
        )
        for document in said.values() for identifier, one in document["methods"].items()
    }


def candidates(verb: str, path: str, host: str = "") -> Iterator[tuple[Method, dict[str, str]]]:
    """Yield each method that a request may be by its path as it came, with the parameters in it; no host: any."""
    for method in methods().values():
        meant = method.verb == verb and host in ("", urlsplit(method.root).netloc)
        found = method.pattern().fullmatch(path) if meant else None
        inner = {name: unquote(value) for name, value in found.groupdict().items()} if found else {}
        if found and all(_fits(method, name, value) for name, value in inner.items()):
            yield method, inner


_PARTS = {"organizations", "folders", "projects", "locations", "serviceAccounts", "keyRings", "backupVaults",
          "dataSources", "backupPlans", "restorePlans", "sources", "entitlements", "recommenders", "activityTypes",
          "instances", "clusters", "deliveryPipelines", "releases"}


def _fits(method: Method, name: str, value: str) -> bool:
    """Return whether a resource name is of the collection that the method's id speaks of."""
    if "{+" + name + "}" not in method.path:
        return True
    spoken = [part for part in method.id.split(".")[1:-1] if part in _PARTS]
    last = method.path.rpartition("}/")[2].partition(":")[0]
    spoken = spoken[:-1] if spoken and spoken[-1] == last else spoken
    parts = value.split("/")
    return len(parts) % 2 == 0 and parts[::2] == spoken


def strangers(shape: Any, value: Any, schemas: dict[str, Any], place: str = "") -> Iterator[str]:
    """Yield each member of an answer that its published shape does not have, and each of another type."""
    if isinstance(shape, str) and shape.startswith("#"):
        yield from strangers(schemas[shape[1:]], value, schemas, place)
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{place} is no object"
            return
        for name, inner in value.items():
            if name in shape or "*" in shape:
                yield from strangers(shape.get(name, shape.get("*")), inner, schemas, f"{place}.{name}")
            else:
                yield f"{place}.{name} is not published"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for inner in value:
            yield from strangers(shape[0], inner, schemas, f"{place}[]")
    elif shape in _TYPES and not isinstance(value, _TYPES[shape]):
        yield f"{place} is no {shape}"


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "boolean": (bool,), "integer": (int,), "number": (int, float), "object": (dict,),
}
