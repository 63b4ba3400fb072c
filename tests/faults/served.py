"""A served estate in a process of its own, its faults armed by request, and one collector of each server run against it."""

from __future__ import annotations

import json
import ssl
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.assembly.providers import make
from agent.clients import Deadline, Witness
from agent.collector import Run
from agent.config import load
from agent.errors import AnnexaError
from agent.model import Boundary, Window
from agent.registry import Registry
from tests.lab import demo
from tests.lab.estate import Estate
from tests.lab.menu import PATH

PAGE = 20
"""The most items of a page, so that every list that is read here has several."""
SECONDS = 20.0
"""The most that one page may take; what asks to be waited for longer ends the run."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One server of the lab, by the collector that reads it: `call` is the list that faults are aimed at."""

    provider: str
    collector: str
    call: str
    boundary: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run."""

    outcome: str
    ids: tuple[str, ...]
    reasons: tuple[str, ...]
    said: str
    waited: float


@dataclass(slots=True)
class Served:
    """The served estate: what it says of itself, and the scopes connected to it."""

    about: Mapping[str, Any]
    config: Path
    registry: Registry = field(default_factory=Registry.load)
    waited: list[float] = field(default_factory=list)
    _providers: dict[str, Any] = field(default_factory=dict)

    def scope(self, provider: str) -> dict[str, Any]:
        """Return a scope as the configuration has it."""
        return next(dict(one) for one in self.about["scopes"] if one["provider"] == provider)

    def control(self, provider: str, verb: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask a server's control path."""
        url = self.scope(provider)["endpoint"] + PATH
        data = None if body is None else json.dumps(body).encode()
        context = ssl.create_default_context(cafile=self.about["environment"]["REQUESTS_CA_BUNDLE"])
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=verb)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        with opener.open(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def connected(self, provider: str, *, fresh: bool = False) -> Any:
        """Return the provider's client, with its own budgets and no patience lost; `fresh` has no token yet."""
        if fresh or provider not in self._providers:
            scopes = load(self.config, self.about["environment"]).scopes
            made = make(next(one for one in scopes if one.provider == provider))
            wire = made._wire  # type: ignore[attr-defined]  # every provider of ours has one
            wire.paced, wire.sleep, wire.call_seconds = False, self._wait, SECONDS
            if provider == "aws":
                wire.sessions.retry = "standard"  # the adaptive mode remembers a refusal for a minute
            if fresh:
                return made
            self._providers[provider] = made
        return self._providers[provider]

    def _wait(self, seconds: float, _stop: threading.Event) -> None:
        self.waited.append(seconds)

    @property
    def now(self) -> datetime:
        """Return the instant at which the estate stands."""
        return datetime.fromisoformat(self.about["now"]).astimezone(UTC)

    def run(self, subject: Subject, *, fresh: bool = False, window: Window | None = None) -> Ran:
        """Run the collector of a subject as the engine does, one of events on a window, the last ten days if not given."""
        collector = self.registry.get(subject.collector)
        provider = self.connected(subject.provider, fresh=fresh)
        now = self.now
        if collector.header.windows and window is None:
            window = Window(now - timedelta(days=10), now)
        regions = (subject.region,) if subject.region else ()
        above = subject.boundary.startswith("tenants/")
        boundary = Boundary("lab", subject.provider, subject.boundary, "lab", subject.region, regions, above)
        witness, ids = Witness(collector.header), list[str]()
        self.waited.clear()
        try:
            client = provider.open(boundary, subject.region, witness, Deadline.after(120))
            for record in collector.collect(Run(client, boundary, subject.region, window, now, witness)):
                ids.append(record.row.id)
                witness.yielded()
        except AnnexaError as error:
            witness.fail(error)
        closing = witness.close(len(ids))
        reasons = tuple(sorted({one.reason for one in closing.lacking}))
        said = " ".join((closing.error, *(one.detail for one in closing.lacking)))
        return Ran(str(closing.outcome), tuple(ids), reasons, said, sum(self.waited))


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    """Serve the example estate, in small pages unless told otherwise, with a configuration of it in a folder."""
    with demo.running(["--no-moto", *(options or ("--page", str(PAGE)))]) as about:
        yield Served(about, demo.prepare(Estate.load(), about, folder))
