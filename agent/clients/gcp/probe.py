"""Whether permissions are there: Google is asked which of them the caller holds, which needs none itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.clients.failure import CallError
from agent.clients.gcp.client import GcpClient
from agent.clients.witness import Witness
from agent.collector import Api, Header

BATCH = 100
"""The most permissions that one question takes."""
CALLS = {
    kind: f"cloudresourcemanager.{kind}.testIamPermissions" for kind in ("organizations", "folders", "projects")
}
HEADER = Header(
    id="gcp.probe", title="Probe", kind="configuration", provider="gcp", per="boundary",
    population="Every permission that a collector declares.", calls=tuple(Api(call, ()) for call in CALLS.values()),
)

State = Literal["ok", "denied", "unavailable", "unknown", "untried"]


@dataclass(frozen=True, slots=True)
class Probed:
    """What Google said of one permission, and what to do about it."""

    permission: str
    state: State
    remedy: str = ""
    detail: str = ""


def probe(client: GcpClient, permissions: Sequence[str]) -> Iterator[Probed]:
    """Yield one answer per permission; `unknown` where Google does not tell it of this sort of parent."""
    for start in range(0, len(permissions), BATCH):
        yield from _batch(client, permissions[start:start + BATCH])


def _batch(client: GcpClient, asked: Sequence[str]) -> Iterator[Probed]:
    call = CALLS[client.parent.partition("/")[0]]
    try:
        answer = client.ask(call, resource=client.parent, permissions=list(asked)) or {}
    except CallError as error:
        if len(asked) == 1 or error.lacking.reason != "failed":
            yield from (Probed(one, "unknown", error.advice, error.lacking.detail) for one in asked)
            return
        for one in asked:  # one of them is none that this sort of parent knows: they are tried one by one
            yield from _batch(client, [one])
        return
    held = set(answer.get("permissions") or ())
    for one in asked:
        yield Probed(one, "ok") if one in held else Probed(one, "denied", f"Allow {one} on {client.parent}")


def witness() -> Witness:
    """Return the witness of a probe."""
    return Witness(HEADER)
