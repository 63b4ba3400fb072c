"""A double of AWS: one HTTP endpoint for every service, driven by botocore's models.

The service comes from the credential scope, the account from the access key, the region from the
scope. Answers are plain dicts under boto3's names; the models make the wire. What has no answer
here goes to `fallthrough`, a moto server's URL or its WSGI application.
"""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import boto3
from botocore.config import Config

from tests.lab.aws import sts
from tests.lab.aws.faults import Armed, Fault
from tests.lab.aws.http import Fallthrough, Reply, Server
from tests.lab.aws.paging import Listing, Paging, make_token, page_of, paging, with_token
from tests.lab.aws.wire import ErrorAnswer, Incoming, Parsed, parse, write, write_error

ACCOUNT = "123456789012"
Result = Mapping[str, Any] | ErrorAnswer | Listing
Pages = Result | Sequence[Result]
Where = tuple[str, str | None, str | None]
_making = threading.Lock()


@functools.cache
def _session() -> Any:
    return boto3.session.Session()


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came: operation as boto3 spells it, page from 1 (None: a foreign token)."""

    service: str
    operation: str
    params: Mapping[str, Any]
    account: str
    region: str
    page: int | None
    key: str
    number: int
    """Counted from 1 within the operation."""

    @property
    def name(self) -> str:
        """Return `service.operation`."""
        return f"{self.service}.{self.operation}"


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler knows beside the parameters."""

    call: Call
    double: Double

    @property
    def account(self) -> str:
        """Return the caller's account."""
        return self.call.account

    @property
    def region(self) -> str:
        """Return the region asked."""
        return self.call.region


Handler = Callable[[dict[str, Any], Context], Pages]


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
        self._server = Server(self.port, self._reply, self.fallthrough)
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
            self.handle(name, lambda _params, _context, answer=scripted: answer, account, region)

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
        return Reply(write(parsed, item.service, result, _request_id(call)), _request_id(call), fault)

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
            return None if fault is None else Reply(None, _request_id(call), fault)
        self.unserved.append(call.name)
        error = ErrorAnswer("NotServedByTheDouble", 400, f"{call.name} has no answer here")
        return self._error(error, item, parsed, fault)

    def _error(self, error: ErrorAnswer, item: Incoming, parsed: Parsed, fault: Fault | None) -> Reply:
        answer = write_error(error, item.service, parsed.protocol, request_id := f"lab-{len(self.calls):08d}")
        return Reply(answer, request_id, fault)

    def _result(
        self, handler: Handler, call: Call, parsed: Parsed, fault: Fault | None
    ) -> Mapping[str, Any] | ErrorAnswer:
        style = paging(call.service, parsed.model.name)
        if style.pages and call.page is None:
            return ErrorAnswer("InvalidNextToken", 400, "The page token is not valid")
        said = handler(dict(parsed.params), Context(call, self))
        turn = (call.page or 1) if style.pages else call.number
        return _spoilt(fault, style, call, lambda page: _page(said, style, call, page), turn)


def _request_id(call: Call) -> str:
    return f"{call.service}-{call.operation}-{call.number}"


def _page(said: Pages, style: Paging, call: Call, turn: int) -> Mapping[str, Any] | ErrorAnswer:
    """Return one page with its token: of a listing, of a script, or the one answer there is."""
    if isinstance(said, Listing):
        answer, more = said.page(style, call.params, turn)
    elif isinstance(said, Mapping | ErrorAnswer):
        return said
    else:
        chosen = said[min(turn, len(said)) - 1] if said else {}
        if isinstance(chosen, ErrorAnswer):
            return chosen
        if isinstance(chosen, Listing):
            raise TypeError("a script lists pages, not listings")
        answer, more = dict(chosen), style.pages and turn < len(said)
    return with_token(style, answer, make_token(call.name, turn + 1) if more else None)


def _spoilt(
    fault: Fault | None,
    style: Paging,
    call: Call,
    page: Callable[[int], Mapping[str, Any] | ErrorAnswer],
    turn: int,
) -> Mapping[str, Any] | ErrorAnswer:
    """Return the page asked for, out of order where the fault says so."""
    kind = fault.paging if fault else ""
    if not kind:
        return page(turn)
    if kind == "empty":
        return with_token(style, {}, make_token(call.name, turn, f"e{call.number}"))
    answer = page(max(turn - 1, 1)) if kind == "repeat_page" else page(turn)
    if isinstance(answer, ErrorAnswer):
        return answer
    bare = {k: v for k, v in answer.items() if k not in (*style.outputs, style.more)}
    salt = f"r{call.number}" if kind == "repeat_page" else ""
    return with_token(style, bare, make_token(call.name, max(turn, 2), salt))
