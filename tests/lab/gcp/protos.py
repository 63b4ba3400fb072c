"""Writes the discovery document of an API that google-api-python-client does not ship, out of its message classes.

`python -m tests.lab.gcp.protos FOLDER` needs google-cloud-privilegedaccessmanager beside the tests' own packages;
`tests.lab.gcp.extract` then finds the document in FOLDER. Only what the extract keeps is written.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

SCALARS = {
    FieldDescriptor.TYPE_BOOL: "boolean", FieldDescriptor.TYPE_DOUBLE: "number", FieldDescriptor.TYPE_FLOAT: "number",
    FieldDescriptor.TYPE_INT32: "integer", FieldDescriptor.TYPE_UINT32: "integer",
}
"""JSON types of scalar fields; everything else is a string: texts, bytes, long integers, enumerations."""
KNOWN = {"google.protobuf.Timestamp": "string", "google.protobuf.Duration": "string", "google.protobuf.Struct": "object"}
"""Messages that JSON writes in a form of their own."""
ACCESS = "privilegedaccessmanager"


def schemas(message: Descriptor) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a message and every message within it, each by its name."""
    yield message.name, {"properties": {one.json_name: _shape(one) for one in message.fields}}
    for one in message.fields:
        if one.message_type is not None and one.message_type.full_name not in KNOWN:
            yield from schemas(one.message_type)


def _shape(field: FieldDescriptor) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": SCALARS.get(field.type, "string")}
    if field.message_type is not None:
        known = KNOWN.get(field.message_type.full_name)
        inner = {"type": known} if known else {"$ref": field.message_type.name}
    return {"type": "array", "items": inner} if field.is_repeated else inner


def access_manager() -> dict[str, Any]:
    """Return the document of Privileged Access Manager: its two lists, in projects, folders and organizations."""
    types = importlib.import_module(f"google.cloud.{ACCESS}_v1.types")
    lists = (("", "entitlements", "ListEntitlements"), (".grants", "grants", "ListGrants"))
    found: dict[str, Any] = {"methods": {}, "schemas": {}}
    for inner, last, name in lists:
        asked, answer = (getattr(types, f"{name}{part}").pb().DESCRIPTOR for part in ("Request", "Response"))
        found["schemas"] |= dict(schemas(answer))
        places = {one.json_name: {"location": "path" if one.name == "parent" else "query"} for one in asked.fields}
        for kind in ("organizations", "folders", "projects"):
            identifier = f"{ACCESS}.{kind}.locations.entitlements{inner}.list"
            found["methods"][identifier] = {
                "id": identifier, "httpMethod": "GET", "path": f"v1/{{+parent}}/{last}", "parameters": places,
                "response": {"$ref": answer.name},
            }
    version = importlib.metadata.version(f"google-cloud-{ACCESS}")
    return {"revision": version, "rootUrl": f"https://{ACCESS}.googleapis.com/", "servicePath": "", **found}


if __name__ == "__main__":
    (Path(sys.argv[1]) / f"{ACCESS}.v1.json").write_text(json.dumps(access_manager()))
