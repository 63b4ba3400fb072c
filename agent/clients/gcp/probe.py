"""Whether permissions are there, which Google tells without any, and whether the APIs are switched on and licensed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from agent.clients.failure import CallError
from agent.clients.gcp.client import GcpClient
from agent.clients.gcp.failures import SWITCH
from agent.clients.gcp.methods import METHODS, Rpc
from agent.clients.witness import Witness
from agent.collector import Api, Header

BATCH = 100
"""The most permissions that one question takes."""
CALLS = {
    kind: f"cloudresourcemanager.{kind}.testIamPermissions" for kind in ("organizations", "folders", "projects")
}
ON_BUCKET = "storage.buckets.testIamPermissions"
HEADER = Header(
    id="gcp.probe", title="Probe", kind="configuration", provider="gcp", per="boundary",
    population="Every permission that a collector declares.",
    calls=tuple(Api(call, ()) for call in (*CALLS.values(), ON_BUCKET)),
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


def probe_bucket(client: GcpClient, bucket: str, permissions: Sequence[str]) -> Iterator[Probed]:
    """Yield one answer per permission that is needed on one bucket; `unknown` where the bucket does not tell."""
    try:
        held = set((client.ask(ON_BUCKET, bucket=bucket, permissions=list(permissions)) or {}).get("permissions") or ())
    except CallError as error:
        yield from (Probed(one, "unknown", error.advice, error.lacking.detail) for one in permissions)
        return
    for one in permissions:
        yield Probed(one, "ok") if one in held else Probed(one, "denied", f"Allow {one} on gs://{bucket}")


def witness() -> Witness:
    """Return the witness of a probe."""
    return Witness(HEADER)


def standing(client: GcpClient, api: Api) -> Probed | None:
    """Return why an API gives no evidence though its permissions may be held, None where nothing stands in the way.

    One call in its cheapest form tells: an API that is switched off, or not licensed, says so before anything else.
    """
    call, parameters = least(api.call, client.parent)
    if not call:
        return None
    try:
        client.ask(call, **parameters)
    except CallError as error:
        off, own = error.advice.startswith(SWITCH), error.lacking.reason == "unavailable"
        if (not off and not own) or (off and own and "SERVICE_DISABLED" in api.answers):
            return None  # it answered; or that it is switched off is itself an answer
        return Probed("", "unavailable", error.advice, error.lacking.detail)
    return None


def least(call: str, parent: str) -> tuple[str, dict[str, Any]]:
    """Return a call of the same API that costs little, with its parameters; '' where there is none for this parent."""
    service, method = call.partition(".")[0], METHODS.get(call)
    if isinstance(method, Rpc):
        return _LEAST[service](parent)
    if method is None or method.verb != "GET" or method.media or service == "cloudresourcemanager":
        return "", {}
    kind, _, name = parent.partition("/")
    parts = call.split(".")[1:-1]
    if parts[0] in CALLS and parts[0] != kind:
        return "", {}
    if service == "storage":
        return "storage.buckets.list", {"project": name, "maxResults": 1}
    last = method.url.rpartition("}/")[2].partition(":")[0]
    inner = parts[1:-1] if parts[-1] == last else parts[1:]
    place = parent + "".join(f"/{part}/-" for part in inner)
    known = {"project": name, "projectId": name, "instance": "-", "parent": place, "name": place}
    return call, {one: known[one] for one in re.findall(r"\{\+?(\w+)\}", method.url)}


_LEAST: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "cloudasset": lambda parent: ("cloudasset.search_all_resources", {"scope": parent, "page_size": 1}),
    "logging": lambda parent: ("logging.list_sinks", {"parent": parent, "page_size": 1}),
}
"""Few questions are to be had of some methods of these: another one is asked in their place."""


def trying(api: Api, parent: str) -> Witness:
    """Return the witness of `standing`."""
    tried = Api(least(api.call, parent)[0], api.permissions, unavailable=api.unavailable)
    return Witness(replace(HEADER, calls=(tried,)))
