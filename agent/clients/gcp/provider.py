"""A scope of Google Cloud: which projects it holds, who reads them, and the client for each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.clients.deadline import Deadline
from agent.clients.expansion import Expansion
from agent.clients.gcp.client import GcpClient
from agent.clients.gcp.discovery import Tree, tree
from agent.clients.gcp.needed import ON_A_BUCKET
from agent.clients.gcp.probe import Probed, least, probe, probe_bucket, standing, trying
from agent.clients.gcp.probe import witness as probing
from agent.clients.gcp.scope import GcpScope
from agent.clients.gcp.throttle import Throttle
from agent.clients.gcp.wire import Wire
from agent.clients.text import plain
from agent.clients.throttle import SHARED
from agent.clients.witness import Witness
from agent.collector import Api, Header
from agent.model import Boundary

EXPANSION_SECONDS = 900.0
PROBE_SECONDS = 120.0


@dataclass(slots=True)
class GcpProvider:
    """The provider of one scope; `wire` may be given for tests."""

    scope: GcpScope
    wire: Wire | None = None
    _tried: dict[tuple[str, str, bool], Probed | None] = field(default_factory=dict)

    @property
    def _wire(self) -> Wire:
        if self.wire is None:
            budget = f"{self.scope.quota_project} {self.scope.endpoint}".strip()
            self.wire = Wire(self.scope, SHARED.of("gcp", budget, Throttle))
        return self.wire

    def expand(self) -> Expansion:
        """Return the parent and the projects below it; raises `AnnexaError` where nobody can be asked.

        An organization and each folder are boundaries of their own beside the projects: they have logs,
        policies and bindings of their own. What is read once for all is read at the parent of the scope.
        """
        deadline = Deadline.after(EXPANSION_SECONDS)
        found = tree(
            lambda witness: GcpClient(self._wire, self.scope.parent, witness, deadline),
            self.scope.parent, self.scope.exclude,
        )
        boundaries = [*map(self._folder, found.folders),
                      *(self._boundary(one, alone=self._single) for one in found.projects)]
        if not self._single:
            boundaries.insert(0, self._top(found))
        return Expansion(tuple(boundaries), tuple(found.lacking), tuple(found.notes))

    @property
    def _single(self) -> bool:
        return self.scope.parent.startswith("projects/")

    def _top(self, found: Tree) -> Boundary:
        parent = self.scope.parent
        return Boundary(self.scope.name, "gcp", parent, plain(found.top.get("displayName", "")), organization=True)

    def _folder(self, folder: dict[str, str]) -> Boundary:
        return Boundary(self.scope.name, "gcp", str(folder["name"]), plain(folder.get("displayName", "")))

    def _boundary(self, project: dict[str, str], *, alone: bool) -> Boundary:
        name = str(project["projectId"])
        self._wire.numbers[name] = str(project.get("name", "")).removeprefix("projects/")
        return Boundary(self.scope.name, "gcp", name, plain(project.get("displayName", "")), organization=alone)

    def open(
        self, boundary: Boundary, region: str, witness: Witness, deadline: Deadline,  # noqa: ARG002 no region to choose
    ) -> GcpClient:
        """Return the client for one boundary; Google's lists span all regions."""
        self._wire.identity.credentials()
        return GcpClient(self._wire, _parent(boundary), witness, deadline)

    def identity(self, boundary: Boundary) -> str:  # noqa: ARG002 the same one reads everywhere
        """Return the service account that reads, '' where the credentials do not tell."""
        return self._wire.identity.name()

    def clock(self) -> datetime | None:
        """Return what time it is at Google, None until it was asked for something."""
        return self._wire.clock()

    def probe(self, header: Header, boundary: Boundary, region: str) -> list[Probed]:
        """Return which of the permissions that a collector declares are held in a boundary, and can be used there."""
        deadline = Deadline.after(PROBE_SECONDS)
        asked = [one for one in header.permissions if one not in ON_A_BUCKET]
        client = self.open(boundary, region, probing(), deadline)
        found = {one.permission: one for one in probe(client, asked)}
        inside = [one for one in header.permissions if one in ON_A_BUCKET]
        if inside and (export := self.scope.asset_export):
            found |= {one.permission: one for one in probe_bucket(client, export.bucket, inside)}
        for api in header.calls:
            why = self._standing(api, boundary, deadline)
            for permission in api.permissions if why else ():
                if why and permission in found and found[permission].state != "denied":
                    found[permission] = replace(why, permission=permission)
        return list(found.values())

    def _standing(self, api: Api, boundary: Boundary, deadline: Deadline) -> Probed | None:
        """Return what stands in the way of an API in a boundary; each API is tried once."""
        if not least(api.call, _parent(boundary))[0]:
            return None
        key = (boundary.id, api.call.partition(".")[0], "SERVICE_DISABLED" in api.answers)
        if key not in self._tried:
            client = self.open(boundary, "", trying(api, _parent(boundary)), deadline)
            self._tried[key] = standing(client, api)
        return self._tried[key]


def _parent(boundary: Boundary) -> str:
    return boundary.id if "/" in boundary.id else f"projects/{boundary.id}"
