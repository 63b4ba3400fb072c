"""What is stored, as Cloud Storage hands it out: the bytes of a range, with the range, the size and the version."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

from tests.lab.gcp.faults import Fault
from tests.lab.gcp.http import Incoming, Outgoing

_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


def start(item: Incoming) -> int:
    """Return the first byte that is asked for, 0 where no range is."""
    found = _RANGE.fullmatch(item.headers.get("range", ""))
    return int(found[1]) if found else 0


def stored(answer: Mapping[str, Any]) -> bytes:
    """Return the bytes of `{"lines": [objects]}` or `{"text": …}`, one object a line."""
    if "text" in answer:
        return str(answer["text"]).encode()
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in answer.get("lines") or ())


def piece(item: Incoming, answer: Mapping[str, Any], request: Mapping[str, str], fault: Fault | None) -> Outgoing:
    """Return what Cloud Storage answers: all, the range that is asked for, or that there is no such range."""
    data = stored(answer)
    headers = {**request, "x-goog-generation": str(answer.get("generation") or zlib.crc32(data))}
    found = _RANGE.fullmatch(item.headers.get("range", ""))
    if found is None:
        return Outgoing(200, {}, headers, fault, data)
    first, last = int(found[1]), min(int(found[2]), len(data) - 1)
    if fault and fault.paging == "repeat_token":  # the piece that came first, whichever is asked for
        first, last = 0, last - first
    if first >= len(data):
        return Outgoing(416, {}, {**headers, "Content-Range": f"bytes */{len(data)}"}, fault, b"")
    told = {**headers, "Content-Range": f"bytes {first}-{last}/{len(data)}"}
    return Outgoing(206, {}, told, fault, data[first:last + 1])
