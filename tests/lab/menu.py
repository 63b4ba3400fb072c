"""The fault menu of the lab, by request: each server of a served estate takes faults over HTTP, on its own port.

    GET    /_lab/faults    the menu, and what is armed: how often each fault has struck
    POST   /_lab/faults    arms one: {"fault": "throttled", "match": "backup.*", "page": 2, "times": 3}
    DELETE /_lab/faults    takes back all that was armed by request; what the estate itself denies stays

How each provider says a fault is in its own `faults`; here is what all of them share: names, options, the path.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tests.lab.aws import faults as aws
from tests.lab.azure import faults as azure
from tests.lab.entra import faults as entra
from tests.lab.gcp import faults as gcp

PATH = "/_lab/faults"
TOKEN = "token"
"""The name under which the token endpoints of Google and Microsoft are matched; AWS's are operations of `sts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for: a fault, the calls that it strikes (a pattern), and how; `times` None is for good."""

    fault: str
    match: str = "*"
    page: int | None = None
    request: int | None = None
    times: int | None = None
    after: float = 1
    """Seconds of Retry-After."""
    seconds: float = 2
    """How late, or how far the clock is off."""
    size: int = 100_000_000
    link: str = "https://elsewhere.example/next"
    project: str = ""
    """The project of Google whose API is switched off."""
    account: str | None = None
    region: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dish:
    """A fault of the menu: what it is, and what is meant where the request does not say."""

    about: str
    usual: Mapping[str, Any] = field(default_factory=lambda: {"times": 1})


MENU = {
    "throttled": Dish("refused for rate, with no time named"),
    "throttled_after": Dish("refused for rate, with a Retry-After of `after` seconds"),
    "throttled_long": Dish("refused for rate, with a Retry-After above 180 seconds", {"after": 300}),
    "quota": Dish("a quota is used up, in the provider's own form"),
    "unavailable": Dish("503"),
    "failed_page": Dish("a page that fails however often it is asked for", {"page": 2}),
    "expired_page": Dish("a page token that has expired", {"page": 2}),
    "empty_page": Dish("a page without items, with a token that leads on", {"page": 2, "times": 1}),
    "repeated_page": Dish("a page that comes twice", {"page": 2, "times": 1}),
    "repeated_token": Dish("a page with the token that led to it", {"page": 2}),
    "changed_order": Dish("the items of a page in another order", {}),
    "denied": Dish("a permission is lacking", {}),
    "unlicensed": Dish("a licence, or a subscription, is lacking", {}),
    "not_configured": Dish("the service was never switched on", {}),
    "expired_credentials": Dish("the credentials are over", {}),
    "cut": Dish("the connection is cut in the middle of an answer"),
    "truncated": Dish("half an answer as if it were the whole"),
    "rubbish": Dish("bytes that are no document, with status 200"),
    "huge": Dish("an answer made `size` bytes longer"),
    "slow": Dish("an answer that comes `seconds` late"),
    "skewed": Dish("a clock that is off by `seconds`", {"seconds": 3600}),
    "foreign_link": Dish("a link, or a redirection, that leads to another host: `link`", {}),
}
Makers = Mapping[str, Callable[[Order], Any]]

AWS: Makers = {
    "throttled": lambda one: aws.throttle(one.times),
    "throttled_after": lambda one: aws.throttle(one.times, int(one.after)),
    "throttled_long": lambda one: aws.throttle(one.times, int(one.after)),
    "quota": lambda one: aws.error("LimitExceededException", 429, "The request quota of the account is used up.", one.times),
    "unavailable": lambda one: aws.unavailable(one.times),
    "failed_page": lambda one: aws.broken(one.times),
    "expired_page": lambda one: aws.expired_page_token(one.times),
    "empty_page": lambda one: aws.empty_page(one.times),
    "repeated_page": lambda one: aws.repeated_page(one.times),
    "repeated_token": lambda one: aws.repeated_token(one.times),
    "changed_order": lambda one: aws.reordered(one.times),
    "denied": lambda one: aws.denied(one.times),
    "unlicensed": lambda _one: aws.subscription_required(),
    "not_configured": lambda _one: aws.opt_in_required(),
    "expired_credentials": lambda one: aws.expired_credentials(one.times),
    "cut": lambda one: aws.cut(one.times),
    "truncated": lambda one: aws.truncated(one.times),
    "rubbish": lambda one: aws.rubbish(one.times),
    "huge": lambda one: aws.huge(one.size, one.times),
    "slow": lambda one: aws.slow(one.seconds, one.times),
    "skewed": lambda one: aws.clock_skew(one.times),
    "foreign_link": lambda one: aws.redirected(one.link, one.times),
}
GCP: Makers = {
    "throttled": lambda one: gcp.throttle(one.times),
    "throttled_after": lambda one: gcp.throttle(one.times, one.after),
    "throttled_long": lambda one: gcp.throttle(one.times, one.after),
    "quota": lambda one: gcp.old_throttle(one.times),
    "unavailable": lambda one: gcp.unavailable(one.times),
    "failed_page": lambda one: gcp.broken(one.times),
    "expired_page": lambda one: gcp.error("INVALID_ARGUMENT", 400, "The page token has expired.", one.times),
    "empty_page": lambda one: gcp.empty_page(one.times),
    "repeated_page": lambda one: gcp.repeated_page(one.times),
    "repeated_token": lambda one: gcp.repeated_token(one.times),
    "changed_order": lambda one: gcp.reordered(one.times),
    "denied": lambda one: gcp.denied(one.times),
    "unlicensed": lambda _one: gcp.unlicensed(),
    "not_configured": lambda one: gcp.switched_off(one.project, one.times),
    "expired_credentials": lambda one: gcp.expired_credentials(one.times),
    "cut": lambda one: gcp.cut(one.times),
    "truncated": lambda one: gcp.truncated(one.times),
    "rubbish": lambda one: gcp.rubbish(one.times),
    "huge": lambda one: gcp.huge(one.size, one.times),
    "slow": lambda one: gcp.slow(one.seconds, one.times),
    "skewed": lambda one: gcp.Fault("skewed", times=one.times),
    "foreign_link": lambda one: gcp.elsewhere(one.link, one.times),
}
_WIRE: Makers = {  # what breaks on the wire is the same for both of Microsoft's servers
    "empty_page": lambda one: entra.empty_page(one.times),
    "repeated_page": lambda one: entra.repeated_page(one.times),
    "repeated_token": lambda one: entra.repeated_link(one.times),
    "changed_order": lambda one: entra.reversed_page(one.times),
    "cut": lambda one: entra.cut(one.times),
    "truncated": lambda one: entra.truncated(one.times),
    "rubbish": lambda one: entra.rubbish(one.times),
    "huge": lambda one: entra.huge(one.size, one.times),
    "slow": lambda one: entra.slow(one.seconds, one.times),
    "skewed": lambda one: entra.skewed(one.seconds),
    "foreign_link": lambda one: entra.foreign_link(one.link, one.times),
}
AZURE: Makers = {
    **_WIRE,
    "throttled": lambda one: azure.throttle(one.times, None),
    "throttled_after": lambda one: azure.throttle(one.times, int(one.after)),
    "throttled_long": lambda one: azure.throttle(one.times, int(one.after)),
    "quota": lambda one: azure.quota(one.times),
    "unavailable": lambda one: azure.unavailable(one.times),
    "failed_page": lambda one: azure.broken(one.times),
    "expired_page": lambda one: azure.expired_page_token(one.times),
    "denied": lambda one: azure.denied("Microsoft.Lab/things/read", one.times),
    "unlicensed": lambda one: azure.no_licence(one.times),
    "not_configured": lambda one: azure.not_registered(one.times),
    "expired_credentials": lambda one: azure.expired_credentials(one.times),
}
ENTRA: Makers = {
    **_WIRE,
    "throttled": lambda one: entra.throttle(one.times, None),
    "throttled_after": lambda one: entra.throttle(one.times, int(one.after)),
    "throttled_long": lambda one: entra.throttle(one.times, int(one.after)),
    "quota": lambda one: entra.quota(one.times, int(one.after)),
    "unavailable": lambda one: entra.unavailable(one.times),
    "failed_page": lambda one: entra.broken(one.times),
    "expired_page": lambda one: entra.expired_page_token(one.times),
    "denied": lambda one: entra.denied(one.times),
    "unlicensed": lambda one: entra.no_licence(one.times),
    "not_configured": lambda one: entra.not_provisioned(one.times),
    "expired_credentials": lambda one: entra.expired_credentials(one.times),
}
_KNOWN = {one.name for one in fields(Order)}


class Board:
    """What one server has on the menu, and what was ordered.

    `arm` makes of an order and its fault what the server's list `armed` holds; `undo` takes back what is not there.
    """

    def __init__(
        self, makers: Makers, armed: list[Any], lock: Any, arm: Callable[[Order, Any], Any],
        undo: Callable[[], None] = lambda: None,
    ) -> None:
        self._makers, self._armed, self._arm, self._undo = makers, armed, arm, undo
        self._lock: threading.Lock = lock
        self._ordered: list[tuple[Order, Any]] = []

    def answer(self, verb: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Return status and body of the answer to a request for `PATH`."""
        if verb == "GET":
            return 200, {"menu": {name: MENU[name].about for name in MENU if name in self._makers},
                         "armed": self._told()}
        if verb == "DELETE":
            self._clear()
            return 200, {"armed": []}
        if verb != "POST":
            return 405, {"error": f"{verb} is none of GET, POST and DELETE"}
        try:
            self._take(_order(body))
        except ValueError as error:
            return 400, {"error": str(error)}
        return 200, {"armed": self._told()}

    def _take(self, order: Order) -> None:
        armed = self._arm(order, self._makers[order.fault](order))
        with self._lock:
            self._armed.insert(0, armed)  # before what the estate itself denies
            self._ordered.append((order, armed))

    def _clear(self) -> None:
        with self._lock:
            ours = {id(armed) for _, armed in self._ordered}
            self._armed[:] = [one for one in self._armed if id(one) not in ours]
            self._ordered.clear()
        self._undo()

    def _told(self) -> list[dict[str, Any]]:
        return [{"fault": order.fault, "match": order.match, "page": order.page, "request": order.request,
                 "left": armed.left, "struck": armed.struck} for order, armed in self._ordered]


def _order(body: bytes) -> Order:
    """Return the order of a request; raises `ValueError` with what is wrong with it."""
    said = json.loads(body or b"{}")
    if not isinstance(said, dict) or said.get("fault") not in MENU:
        raise ValueError(f"fault is one of: {', '.join(MENU)}")
    strange = sorted(set(said) - _KNOWN)
    if strange:
        raise ValueError(f"no option {', '.join(strange)}; there are: {', '.join(sorted(_KNOWN))}")
    return Order(**{**MENU[said["fault"]].usual, **said})
