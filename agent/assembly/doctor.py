"""The configuration against reality: credentials, permissions, clock, disk, time stamps, alert routes, mappings."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Literal

from agent.assembly import collecting, encrypting, permissions, redact_lint, stamping, witnessing
from agent.assembly.app import Parts
from agent.assembly.permissions import Checked
from agent.collector import Header
from agent.errors import AnnexaError
from agent.run import Connected

SKEW = timedelta(minutes=2)
"""A clock that is off by more than this makes evidence times doubtful; providers refuse at five to fifteen minutes."""
LOW_DISK = 1 << 30
TIMEOUT = 10.0


def doctor(app: Parts, *, send: bool = False) -> list[Checked]:
    """Return every check, the configuration first; `send` sends a test message to each alert route."""
    return [
        *_references(app), *_collectors(app), *_disk(app), *_lock(app), *encrypting.doctor(app), *_scopes(app),
        *_stamps(app), *_witnesses(app), *_routes(app, send),
    ]


def _references(app: Parts) -> Iterator[Checked]:
    # One that is not known stops the agent before any check: `naming`.
    yield Checked(check="configuration", state="ok", what=f"{app.path}: every name in it is known")
    for doubt in redact_lint.doubts(app.config, app.mapping):
        yield Checked(check="redaction", state="warn", what=doubt.line())
    if not app.config.scopes:
        yield Checked(check="configuration", state="warn", what="nothing is connected", remedy="Add a scope")
    if not app.dated(app.clock()):
        yield Checked(
            check="configuration", state="warn", what="no audit is known, so nothing can be foreseen",
            remedy="Add certificate: or audits:",
        )


def _collectors(app: Parts) -> Iterator[Checked]:
    for name, error in app.registry.broken.items():
        yield Checked(check=f"collector {name}", state="fail", what=error.message, remedy=error.advice)


def _disk(app: Parts) -> Iterator[Checked]:
    data = app.config.data
    if not os.access(data, os.W_OK):
        yield Checked(check="disk", state="fail", what=f"{data} cannot be written", remedy="Let the agent's user write")
        return
    free = shutil.disk_usage(data).free
    state: Literal["ok", "warn"] = "ok" if free >= LOW_DISK else "warn"
    yield Checked(
        check="disk", state=state, what=f"{data}: {free / (1 << 30):.1f} GiB free",
        remedy="" if state == "ok" else "Make room: a full disk stops collection",
    )


def _lock(app: Parts) -> Iterator[Checked]:
    """Ask the bucket of a write-once store how it is locked."""
    if not app.config.write_once:
        return
    from agent.store.worm import COMPLIANCE, WriteOnce

    objects = app.store.objects
    assert isinstance(objects, WriteOnce)
    check, remedy = "object lock", "Make a bucket with Object Lock, and a default retention in compliance mode"
    try:
        lock = objects.lock()
    except AnnexaError as error:
        yield Checked(check=check, state="fail", what=error.message, remedy=error.advice)
        return
    if not lock.enabled:
        yield Checked(check=check, state="fail", what="the bucket has no Object Lock: it can be changed", remedy=remedy)
    elif lock.mode != COMPLIANCE:
        what = f"new objects are locked in the mode {lock.mode}, which can be lifted" if lock.mode else (
            "new objects are locked only once annexa has set their own retention")
        yield Checked(check=check, state="fail" if lock.mode else "warn", what=what, remedy=remedy)
    else:
        yield Checked(check=check, state="ok", what=f"compliance mode, {lock.days} days by default")
    if app.config.retention.default is None:
        yield Checked(
            check=check, state="warn", what="what the retention does not name is locked by the bucket's default alone",
            remedy="Set retention: {default: …}",
        )


def _scopes(app: Parts) -> Iterator[Checked]:
    for connected in collecting.connected_scopes(app).values():
        boundaries = connected.expand()
        check = f"scope {connected.name}"
        if connected.error is not None:
            yield Checked(check=check, state="fail", what=connected.error.message, remedy=connected.error.advice)
            continue
        regions = sum(len(boundary.regions) for boundary in boundaries)
        who = connected.identity(boundaries[0].id) if boundaries else ""
        yield Checked(
            check=check, state="ok", what=f"reached as {who}: {len(boundaries)} boundaries, {regions} regions"
        )
        for lacking in connected.lacking:
            yield Checked(check=check, state="warn", what=f"{lacking.what}: {lacking.reason} {lacking.detail}".strip())
        yield from _clock(app, connected)
        for boundary in boundaries:
            yield from permissions.check(connected, boundary, _enabled(app, connected.name))


def _clock(app: Parts, connected: Connected) -> Iterator[Checked]:
    """Compare the clock with the provider's, as the provider's own answers carry it."""
    theirs = connected.clock()
    if theirs is None:
        return
    skew = abs(app.clock() - theirs)
    if skew > SKEW:
        yield Checked(
            check="clock", state="fail", what=f"this machine is {skew.total_seconds():.0f} s away from the provider",
            remedy="Let the machine keep time by NTP",
        )
    else:
        yield Checked(check="clock", state="ok", what=f"within {skew.total_seconds():.0f} s of {connected.name}")


def _enabled(app: Parts, scope: str) -> list[Header]:
    """Return the headers of the collectors that are switched on for a scope."""
    enabled = next((rule.enabled for rule in app.rules.scopes if rule.name == scope), frozenset[str]())
    return [app.headers[name] for name in sorted(enabled)]


def _stamps(app: Parts) -> Iterator[Checked]:
    for address in app.config.tsa:
        yield _answers("time stamps", address, "Correct tsa:, or see whether a proxy is in the way")
    for line in stamping.warnings(app):
        yield Checked(check="time stamps", state="warn", what=line, remedy="annexa collect and annexa serve ask again")


def _witnesses(app: Parts) -> Iterator[Checked]:
    for known in witnessing.known(app):
        yield _answers("witnesses", known.address, "Correct witnesses:, or see whether a proxy is in the way")
    for line in witnessing.warnings(app):
        yield Checked(check="witnesses", state="warn", what=line, remedy="annexa collect and annexa serve ask again")


def _answers(check: str, address: str, remedy: str) -> Checked:
    request = urllib.request.Request(address, method="HEAD")  # noqa: S310 the configuration has checked the scheme
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310 as above
            return Checked(check=check, state="ok", what=f"{address} answers")
    except urllib.error.HTTPError:
        return Checked(check=check, state="ok", what=f"{address} answers")  # it wants a POST, and is there
    except (OSError, ValueError) as error:
        return Checked(check=check, state="fail", what=f"{address} does not answer: {error}", remedy=remedy)


def _routes(app: Parts, send: bool) -> Iterator[Checked]:
    if not app.config.alerts.routes:
        yield Checked(check="alerts", state="warn", what="nobody is told of anything", remedy="Add alerts: routes:")
    for route in app.config.alerts.routes:
        yield _route(route.name, route.to.reveal, app.config.organization if send else "")


def _route(name: str, reveal: Callable[[], str], sender: str) -> Checked:
    """Check a route's address; where `sender` names the organization, send a test message through it."""
    import apprise

    from agent.alerts.deliver import apprise_channel

    check = f"alerts {name}"
    try:
        address = reveal()
    except AnnexaError as error:
        return Checked(check=check, state="fail", what=error.message, remedy=error.advice)
    if not apprise.Apprise().add(address):
        return Checked(
            check=check, state="fail", what="its address is none that Apprise knows",
            remedy="See the forms at the Apprise project; the address itself is not shown here",
        )
    if not sender:
        what = "its address is understood; no message was sent (--send-test sends one)"
        return Checked(check=check, state="ok", what=what)
    if apprise_channel(address, f"annexa · {sender}: test", "This is a test of annexa doctor; nothing is wrong."):
        return Checked(check=check, state="ok", what="a test message was taken")
    return Checked(
        check=check, state="fail", what="it did not take a test message",
        remedy="See whether its server is reached from here, and whether its user and password are right",
    )
