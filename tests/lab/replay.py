"""`python -m tests.lab.replay`: answers made once and sent many times, faster than any reader.

For benchmarks: N records in pages of P for four lists. A page is bytes before the first request
comes; only its number, which every id carries, and the number of the next, which is the token,
are put in. So ids are unique, and memory stays that of one page however many records there are.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

START = 1_760_000_000
"""Epoch seconds of the newest record."""
HERE, NEXT = "@@HERE@@", "@@NEXT@@"
"""Where a page's number and its token go, eight digits each."""

OPERATION = re.compile(rb"(?i)\r\nx-amz-target: [^\r\n]*\.(\w+)")
LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
TOKEN = re.compile(rb'(?:[?&]nextToken=|[&?]Marker=|"(?:NextToken|PaginationToken)": ?")(\d+)')


def _number(index: int) -> str:
    return f"{HERE}{index:06d}"


def tagged(index: int) -> str:
    """Return one mapping of the tagging API."""
    arn = f"arn:aws:ec2:eu-central-1:123456789012:instance/i-{_number(index)}"
    tags = '[{"Key":"owner","Value":"platform"},{"Key":"environment","Value":"production"}]'
    return f'{{"ResourceARN":"{arn}","Tags":{tags}}}'


def restored(index: int) -> str:
    """Return one restore job."""
    at = START - index * 60
    return (
        f'{{"AccountId":"123456789012","RestoreJobId":"{_number(index)}","RecoveryPointArn":"arn:aws:backup:rp",'
        f'"CreationDate":{at},"CompletionDate":{at + 600},"Status":"COMPLETED","ResourceType":"RDS",'
        f'"PercentDone":"100.00%","BackupSizeInBytes":1024,"ValidationStatus":"SUCCESSFUL"}}'
    )


def looked_up(index: int) -> str:
    """Return one management event, its detail a string of JSON as CloudTrail sends it."""
    detail = {"eventVersion": "1.11", "userIdentity": {"type": "IAMUser", "userName": "lab"}, "readOnly": False}
    text = json.dumps(json.dumps({**detail, "sourceIPAddress": "198.51.100.7", "eventID": _number(index)}))
    return (
        f'{{"EventId":"{_number(index)}","EventName":"RunInstances","EventSource":"ec2.amazonaws.com",'
        f'"EventTime":{START - index},"Username":"lab","Resources":[],"ReadOnly":"false","CloudTrailEvent":{text}}}'
    )


def user(index: int) -> str:
    """Return one IAM user."""
    name = f"user-{_number(index)}"
    return (
        f"<member><Path>/</Path><UserName>{name}</UserName><UserId>AIDA{_number(index)}</UserId>"
        f"<Arn>arn:aws:iam::123456789012:user/{name}</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate></member>"
    )


@dataclass(frozen=True, slots=True)
class Feed:
    """One list: `item` writes a record, `frame` a page around records and a token ('' on the last page)."""

    item: Callable[[int], str]
    joined: str
    frame: Callable[[str, str], str]
    content: str

    def page(self, size: int, *, last: bool) -> bytes:
        """Return the whole HTTP answer of a page of `size` records, its numbers still to be put in."""
        items = self.joined.join(self.item(n) for n in range(size))
        body = self.frame(items, "" if last else NEXT).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {self.content}\r\nContent-Length: {len(body)}\r\n"
        return f"{head}x-amzn-RequestId: {HERE}\r\n\r\n".encode() + body


def _json(key: str, token: str) -> Callable[[str, str], str]:
    def frame(items: str, after: str) -> str:
        more = f',"{token}":"{after}"' if after else ""
        return f'{{"{key}":[{items}]{more}}}'

    return frame


def _users(items: str, after: str) -> str:
    marker = f"<IsTruncated>true</IsTruncated><Marker>{after}</Marker>" if after else "<IsTruncated>false</IsTruncated>"
    return (
        '<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult>'
        f"<Users>{items}</Users>{marker}</ListUsersResult>"
        "<ResponseMetadata><RequestId>replay</RequestId></ResponseMetadata></ListUsersResponse>"
    )


AMZ = "application/x-amz-json-1.1"
FEEDS = {
    "GetResources": Feed(tagged, ",", _json("ResourceTagMappingList", "PaginationToken"), AMZ),
    "LookupEvents": Feed(looked_up, ",", _json("Events", "NextToken"), AMZ),
    "ListRestoreJobs": Feed(restored, ",", _json("RestoreJobs", "NextToken"), "application/json"),
    "ListUsers": Feed(user, "", _users, "text/xml"),
}
IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::123456789012:user/replay</Arn><UserId>AIDAREPLAY</UserId><Account>123456789012</Account>"
    "</GetCallerIdentityResult><ResponseMetadata><RequestId>replay</RequestId></ResponseMetadata>"
    "</GetCallerIdentityResponse>"
)


def whole(status: str, content: str, body: str) -> bytes:
    """Return one HTTP answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content}\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


class Pages:
    """The pages of all feeds: one full page of each and its last, as templates."""

    def __init__(self, records: int, size: int) -> None:
        self.count = max(1, -(-records // size))
        rest = records - (self.count - 1) * size
        self._full = {name: feed.page(size, last=False) for name, feed in FEEDS.items()}
        self._last = {name: feed.page(rest, last=True) for name, feed in FEEDS.items()}

    def answer(self, name: str, number: int) -> bytes:
        """Return page `number` (from 0) of a feed as it goes over the wire."""
        page = self._full[name] if number < self.count - 1 else self._last[name]
        return page.replace(HERE.encode(), b"%08d" % number).replace(NEXT.encode(), b"%08d" % (number + 1))


class Replay(asyncio.Protocol):
    """One connection: requests in, bytes out; nothing is parsed but operation, token and length."""

    def __init__(self, pages: Pages) -> None:
        self.pages, self.held = pages, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self.held += data
        while (end := self.held.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self.held, 0, end + 2)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self.held) < stop:
                return
            request, self.held = self.held[:stop], self.held[stop:]
            self.transport.write(self.answer(request))

    def answer(self, request: bytes) -> bytes:
        """Return the answer to one request."""
        target = OPERATION.search(request)
        token = TOKEN.search(request)
        number = int(token[1]) if token else 0
        if target and target[1].decode() in FEEDS:
            return self.pages.answer(target[1].decode(), number)
        if request.startswith(b"GET /restore-jobs"):
            return self.pages.answer("ListRestoreJobs", number)
        if b"Action=ListUsers" in request:
            return self.pages.answer("ListUsers", number)
        if b"Action=GetCallerIdentity" in request:
            return whole("200 OK", "text/xml", IDENTITY)
        said = '{"__type":"NotServedByTheReplay","message":"only four lists are replayed"}'
        return whole("400 Bad Request", AMZ, said)


async def serve(records: int, page: int, port: int = 0) -> None:
    """Serve until SIGTERM or SIGINT; one JSON line says where."""
    loop = asyncio.get_running_loop()
    pages = Pages(records, page)
    server = await loop.create_server(lambda: Replay(pages), "127.0.0.1", port, backlog=256)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    place = server.sockets[0].getsockname()
    told = {"endpoint": f"http://{place[0]}:{place[1]}", "records": records, "page": page, "pages": pages.count}
    print(json.dumps(told), flush=True)
    await stop.wait()
    server.close()


def main(argv: list[str] | None = None) -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.replay")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--page", type=int, default=1000)
    parser.add_argument("--port", type=int, default=0)
    chosen = parser.parse_args(argv)
    asyncio.run(serve(chosen.records, chosen.page, chosen.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
