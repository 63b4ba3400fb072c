"""A double of AWS: one HTTP endpoint for every service, driven by botocore's models.

The service comes from the credential scope, the account from the access key, the region from the
scope. Answers are plain dicts under boto3's names; the models make the wire. What has no answer
here goes to `fallthrough`, a moto server's URL or its WSGI application.
"""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import boto3
from botocore.config import Config

from tests.lab import menu
from tests.lab.aws import sts
from tests.lab.aws.answers import Call, Context, Handler, Pages, page_of_answer, request_id, spoilt
from tests.lab.aws.faults import Armed, Fault
from tests.lab.aws.http import Fallthrough, Reply, Server
from tests.lab.aws.paging import make_token, page_of, paging
from tests.lab.aws.wire import Answer, ErrorAnswer, Incoming, Parsed, parse, write, write_error
from tests.lab.made import Made

ACCOUNT = "123456789012"
Where = tuple[str, str | None, str | None]
_making = threading.Lock()


@functools.cache
def _session() -> Any:
    return boto3.session.Session()


@dataclass
class Double:
    """Serves scripts and handlers on 127.0.0.1; `accounts` maps access keys, all keys are one account where empty."""

    handlers: Mapping[str, Handler] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    fallthrough: Fallthrough = None
    port: int = 0

    def __post_init__(self) -> None:
        self.calls: list[Call] = []
        self.unserved: list[str] = []
        self.revoked: set[str] = set()
        self.sessions: dict[str, str] = {}
        self.roles: dict[str, str] = {}
        self._lock = threading.Lock()
        self._counts: dict[Where, itertools.count[int]] = {}
        self._armed: list[Armed] = []
        self._answers: dict[Where, Handler] = {("sts." + n, None, None): h for n, h in sts.HANDLERS.items()}
        for name, handler in self.handlers.items():
            self.handle(name, handler)
        self.board = menu.Board(menu.AWS, self._armed, self._lock, _armed)
        self._server = Server(self.port, self._reply, self.fallthrough, self.board.answer)
        self.url = self._server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def script(self, pages: Mapping[str, Pages], account: str | None = None, region: str | None = None) -> None:
        """Answer operations with these pages, by token; a list for an operation without tokens answers call by call."""
        for name, scripted in pages.items():
            self.handle(name, _always(scripted), account, region)

    def handle(self, name: str, handler: Handler, account: str | None = None, region: str | None = None) -> None:
        """Answer an operation with what a function of its parameters returns."""
        self._answers[(name, account, region)] = handler

    def fault(
        self,
        operation: str,
        fault: Fault,
        page: int | None = None,
        request: int | None = None,
        account: str | None = None,
        region: str | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> None:
        """Let requests that meet all conditions fail; `operation` may be a pattern such as `backup.*`."""
        armed = Armed(fault, operation, page, request, account, region, where or {}, fault.times)
        self._armed.append(armed)

    def reset(self) -> None:
        """Forget the faults and the calls; scripts stay."""
        with self._lock:
            self._armed.clear()
            self.calls.clear()
            self._counts.clear()

    def called(self, name: str, **params: Any) -> list[Call]:
        """Return the calls of an operation whose parameters include `params`."""
        return [c for c in list(self.calls) if c.name == name and params.items() <= dict(c.params).items()]

    def environ(self, account: str = ACCOUNT, region: str = "us-east-1") -> dict[str, str]:
        """Return the variables under which the AWS SDK speaks to this double as that account."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.key(account),
            "AWS_SECRET_ACCESS_KEY": "lab",
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def key(self, account: str) -> str:
        """Return a long-lived access key of an account."""
        listed = (key for key, owner in self.accounts.items() if owner == account and key.startswith("AKIA"))
        return next(listed, f"AKIA{account}LAB0")

    def client(self, service: str, account: str = ACCOUNT, region: str = "us-east-1", **config: Any) -> Any:
        """Return a boto3 client of this double, without retries unless asked."""
        options = {"retries": {"max_attempts": 0}, "inject_host_prefix": False, **config}
        if service == "s3control":  # its account id becomes part of the host, which no resolver knows
            options["proxies"] = {"http": self.url}
        with _making:
            return _session().client(
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id=self.key(account),
                aws_secret_access_key="lab",
                config=Config(**options),
            )

    def account_of(self, key: str) -> str | None:
        """Return whose access key it is; None where nobody's."""
        return self.sessions.get(key) or self.accounts.get(key) or (None if self.accounts else ACCOUNT)

    def _reply(self, item: Incoming) -> Reply | None:
        parsed = parse(item)
        if parsed is None:
            return None
        call = self._record(item, parsed)
        item.request.environ["HTTP_X_MOTO_ACCOUNT_ID"] = call.account
        fault = self._struck(call)
        handler = self._handler(call)
        error = self._refusal(item, call, parsed) or (fault and fault.says and fault.says(item.service, parsed))
        if error:
            return self._error(error, item, parsed, fault)
        if handler is None:
            return self._unserved(call, item, parsed, fault)
        result = self._result(handler, call, parsed, fault)
        if isinstance(result, ErrorAnswer):
            return self._error(result, item, parsed, fault)
        if isinstance(result, bytes):
            return Reply(Answer(200, {"Content-Type": "application/json"}, result), request_id(call), fault)
        return Reply(write(parsed, item.service, result, request_id(call)), request_id(call), fault)

    def _record(self, item: Incoming, parsed: Parsed) -> Call:
        account = self.account_of(item.key) or ""
        style = paging(item.service, parsed.model.name)
        page = page_of(style, f"{item.service}.{parsed.operation}", parsed.params)
        where = (f"{item.service}.{parsed.operation}", None, None)
        with self._lock:
            number = next(self._counts.setdefault(where, itertools.count(1)))
            call = Call(item.service, parsed.operation, parsed.params, account, item.region, page, item.key, number)
            self.calls.append(call)
        return call

    def _struck(self, call: Call) -> Fault | None:
        with self._lock:
            for armed in self._armed:
                meets = armed.strikes(call.name, call.page, call.number, call.account, call.region)
                if meets and armed.where.items() <= dict(call.params).items():
                    armed.left = None if armed.left is None else armed.left - 1
                    armed.struck += 1
                    return armed.fault
        return None

    def _handler(self, call: Call) -> Handler | None:
        places = ((call.account, call.region), (call.account, None), (None, call.region), (None, None))
        found = (self._answers.get((call.name, account, region)) for account, region in places)
        return next((handler for handler in found if handler), None)

    def _refusal(self, item: Incoming, call: Call, parsed: Parsed) -> ErrorAnswer | None:
        return sts.refusal(item.service, parsed, known=bool(call.account), revoked=item.key in self.revoked)

    def _unserved(self, call: Call, item: Incoming, parsed: Parsed, fault: Fault | None) -> Reply | None:
        if self.fallthrough is not None:
            return None if fault is None else Reply(None, request_id(call), fault)
        self.unserved.append(call.name)
        error = ErrorAnswer("NotServedByTheDouble", 400, f"{call.name} has no answer here")
        return self._error(error, item, parsed, fault)

    def _error(self, error: ErrorAnswer, item: Incoming, parsed: Parsed, fault: Fault | None) -> Reply:
        answer = write_error(error, item.service, parsed.protocol, number := f"lab-{len(self.calls):08d}")
        return Reply(answer, number, fault)

    def _result(
        self, handler: Handler, call: Call, parsed: Parsed, fault: Fault | None
    ) -> Mapping[str, Any] | ErrorAnswer | bytes:
        style = paging(call.service, parsed.model.name)
        if style.pages and call.page is None:
            return ErrorAnswer("InvalidNextToken", 400, "The page token is not valid")
        try:
            said = handler(dict(parsed.params), Context(call, self))
        except LookupError as error:  # what is asked for by a name that nothing has
            return ErrorAnswer("ResourceNotFoundException", 400, f"{call.name}: there is no {error} here")
        if isinstance(said, Made):
            return said.told(call.page or 1, lambda page: make_token(call.name, page))
        turn = (call.page or 1) if style.pages else call.number
        return spoilt(fault, style, call, lambda page: page_of_answer(said, style, call, page), turn)


def _armed(order: menu.Order, fault: Fault) -> Armed:
    return Armed(fault, order.match, order.page, order.request, order.account, order.region, order.where, fault.times)


def _always(pages: Pages) -> Handler:
    return lambda _params, _context: pages
