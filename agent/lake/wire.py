"""What goes over the line between the agent and the process that reads evidence.

Questions are pickled: the child trusts the agent that started it. Answers are JSON and bytes: the
agent does not trust a process in which persons' SQL runs, so that nothing of it is ever executed.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

import orjson

from agent import errors
from agent.errors import AnnexaError, ConfigurationError, Place
from agent.model import Conclusion
from agent.model.conclusions import Alternative, CheckResult

_LENGTH = struct.Struct("!Q")
LARGEST = 1 << 30
"""The longest message that is taken, in bytes."""
_PLAIN = 2**63
_TYPES: dict[str, Any] = {
    "datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat, "decimal": Decimal,
    "uuid": UUID, "bytes": bytes.fromhex, "int": int, "float": float,
}


def send(line: socket.socket, message: bytes) -> None:
    """Send one message."""
    line.sendall(_LENGTH.pack(len(message)))
    line.sendall(message)


def receive(line: socket.socket) -> bytes:
    """Return the next message; raises `EOFError` where the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(line, _LENGTH.size))
    if length > LARGEST:
        raise EOFError(f"a message of {length} bytes")
    return _exactly(line, length)


def _exactly(line: socket.socket, length: int) -> bytes:
    found = bytearray(length)
    view, at = memoryview(found), 0
    while at < length:
        count = line.recv_into(view[at:])
        if not count:
            raise EOFError("the line is closed")
        at += count
    return bytes(found)


def pack(value: Any) -> Any:
    """Return a value of a row of SQL as JSON has it; what JSON does not know is `{"$": [type, text]}`."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value if -_PLAIN <= value < _PLAIN else {"$": ["int", str(value)]}
    if isinstance(value, float):
        return value if isfinite(value) else {"$": ["float", repr(value)]}
    if isinstance(value, Mapping):
        return {"$": ["map", [[pack(key), pack(held)] for key, held in value.items()]]}
    if isinstance(value, list | tuple):
        return [pack(held) for held in value]
    if isinstance(value, bytes):
        return {"$": ["bytes", value.hex()]}
    if isinstance(value, datetime | date | time):
        return {"$": [type(value).__name__, value.isoformat()]}
    return {"$": [type(value).__name__.lower(), str(value)]}


def unpack(value: Any) -> Any:
    """Return the value that was packed; one of a type unknown here is its text."""
    if isinstance(value, list):
        return [unpack(held) for held in value]
    if not isinstance(value, dict):
        return value
    name, held = value["$"]
    if name == "map":
        return {unpack(key): unpack(one) for key, one in held}
    return _TYPES.get(name, str)(held)


def pack_checks(results: tuple[CheckResult, ...]) -> bytes:
    """Return what checks found as JSON."""
    return orjson.dumps([
        {
            "check": one.check, "title": one.title, "state": one.state.value, "count": one.count,
            "closed": one.closed, "records": one.records, "undated": one.undated, "reason": one.reason,
            "exceptions": [pack(row) for row in one.exceptions],
            "alternatives": [
                {
                    "collector": other.collector, "state": other.state.value, "count": other.count,
                    "records": other.records, "reason": other.reason,
                }
                for other in one.alternatives
            ],
        }
        for one in results
    ])


def unpack_checks(data: bytes) -> tuple[CheckResult, ...]:
    """Return what checks found."""
    return tuple(
        CheckResult(**{
            **one, "state": Conclusion(one["state"]), "exceptions": tuple(unpack(row) for row in one["exceptions"]),
            "alternatives": tuple(
                Alternative(**{**other, "state": Conclusion(other["state"])}) for other in one["alternatives"]
            ),
        })
        for one in orjson.loads(data)
    )


def pack_error(error: AnnexaError) -> bytes:
    """Return an error as JSON: which one, and what a person reads."""
    place = error.place if isinstance(error, ConfigurationError) else None
    return orjson.dumps({
        "error": type(error).__name__, "message": error.message, "advice": error.advice,
        "place": [place.file, place.line, place.column] if place else None,
    })


def unpack_error(data: bytes) -> AnnexaError:
    """Return the error; one of a name unknown here is an `AnnexaError`."""
    said = orjson.loads(data)
    found = getattr(errors, said["error"], None)
    if found is ConfigurationError:
        place = Place(*said["place"]) if said["place"] else None
        return ConfigurationError(said["message"], place=place, advice=said["advice"])
    if not isinstance(found, type) or not issubclass(found, AnnexaError) or issubclass(found, ConfigurationError):
        found = AnnexaError
    return found(said["message"], advice=said["advice"])
