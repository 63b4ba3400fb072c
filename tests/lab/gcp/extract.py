"""Cuts what the double serves out of Google's discovery documents: `python -m tests.lab.gcp.extract FOLDER`.

FOLDER holds the documents as google-api-python-client ships them. Methods, their paths, parameters
and the names and types of every member of their answers are kept; prose is not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.clients.gcp.methods import METHODS, Rest

DOCUMENTS = (
    "alloydb.v1", "backupdr.v1", "bigtableadmin.v2", "certificatemanager.v1", "cloudbuild.v1", "clouddeploy.v1",
    "cloudkms.v1", "cloudresourcemanager.v3", "compute.v1", "container.v1", "containeranalysis.v1", "file.v1",
    "firestore.v1", "gkebackup.v1", "iam.v1", "monitoring.v3", "orgpolicy.v2", "osconfig.v1", "policyanalyzer.v1",
    "privilegedaccessmanager.v1", "recommender.v1", "secretmanager.v1", "securitycenter.v1", "spanner.v1",
    "sqladmin.v1", "storage.v1",
)
TARGET = Path(__file__).parent / "discovery.json"


def methods(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every method of a document."""
    yield from resource.get("methods", {}).values()
    for child in resource.get("resources", {}).values():
        yield from methods(child)


def shape(schema: dict[str, Any]) -> Any:
    """Return a schema as `type`, `[items]`, `{member: …}`, `{"*": values}` or `#Name`."""
    if "$ref" in schema:
        return f"#{schema['$ref']}"
    if "items" in schema:
        return [shape(schema["items"])]
    if "additionalProperties" in schema:
        return {"*": shape(schema["additionalProperties"])}
    if "properties" in schema:
        return {name: shape(one) for name, one in schema["properties"].items()}
    return schema.get("type", "any")


def names(found: Any) -> Iterator[str]:
    """Yield the schemas that a shape refers to."""
    if isinstance(found, str) and found.startswith("#"):
        yield found[1:]
    for inner in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from names(inner)


def document(text: str, wanted: set[str]) -> dict[str, Any]:
    """Return what is wanted of one document."""
    said = json.loads(text)
    found: dict[str, Any] = {"revision": said["revision"], "root": said["rootUrl"], "methods": {}, "schemas": {}}
    waiting = []
    for method in methods(said):
        if method["id"] in wanted:
            parameters = {name: one["location"] for name, one in method.get("parameters", {}).items()}
            found["methods"][method["id"]] = {
                "verb": method["httpMethod"], "path": said["servicePath"] + method["path"], "parameters": parameters,
                "response": method["response"]["$ref"], "request": method.get("request", {}).get("$ref", ""),
                **({"media": True} if method.get("supportsMediaDownload") else {}),
            }
            waiting += [one["$ref"] for one in (method["response"], method.get("request")) if one]
    while waiting:
        name = waiting.pop()
        if name not in found["schemas"]:
            found["schemas"][name] = shape(said["schemas"][name])
            waiting += names(found["schemas"][name])
    return found


def main() -> None:
    """Write the file."""
    wanted = {call for call, method in METHODS.items() if isinstance(method, Rest)}
    folder = Path(sys.argv[1])
    cut = {name: document((folder / f"{name}.json").read_text(), wanted) for name in DOCUMENTS}
    lacking = wanted - {call for one in cut.values() for call in one["methods"]}
    if lacking:
        raise SystemExit(f"no document has {', '.join(sorted(lacking))}")
    TARGET.write_text(json.dumps(cut, sort_keys=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
