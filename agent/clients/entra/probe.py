"""Whether a permission is there: each declared call in its cheapest form, and what the answer says about it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from agent.clients.deadline import Deadline
from agent.clients.entra import answers, calls
from agent.clients.entra.failures import CAUGHT, Place, code_of, translate
from agent.clients.entra.wire import Wire
from agent.collector import Api

NOBODY = "00000000-0000-0000-0000-000000000000"
SECONDS = 30.0
State = Literal["ok", "denied", "unavailable", "unknown"]


@dataclass(frozen=True, slots=True)
class Probed:
    """What trying a call said of one permission, and what to do about it."""

    permission: str
    state: State
    remedy: str = ""
    detail: str = ""


def probe(api: Api, wire: Wire, tenant: str) -> list[Probed]:
    """Return one answer per permission of the call."""
    state, remedy, detail = _try(api, wire, tenant)
    return [Probed(permission, state, remedy, detail) for permission in api.permissions]


def _try(api: Api, wire: Wire, tenant: str) -> tuple[State, str, str]:
    ids = (NOBODY,) * api.call.split(".").count(calls.ITEM)
    try:
        if wire.paced:
            wire.sleep(min(wire.throttle.turn(api.call), SECONDS), threading.Event())
        query = {"top": 1} if calls.takes(wire.root(), api.call, ids, "top") else {}
        request = calls.request(wire.root(), api.call, ids, query)
        answers.read(wire.exchange(request, Deadline.after(SECONDS)))
    except CAUGHT as error:
        failure = translate(error, Place(api, tenant))
        reason, detail = failure.lacking.reason, failure.lacking.detail
        if reason == "denied":
            return "denied", failure.advice, detail
        if reason == "unavailable":
            return "unavailable", failure.advice, detail
        if reason == "failed" and code_of(error):  # refused for its made-up id, after it was allowed
            return ("unknown" if isinstance(error, answers.RefusedError) and error.status >= 500 else "ok"), "", ""
        return "unknown", failure.advice, detail
    return "ok", "", ""
