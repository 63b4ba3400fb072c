"""A scope of the configuration, connected to its provider and expanded into boundaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from agent.clients import Deadline, Expansion, Witness
from agent.collector import Header
from agent.errors import AnnexaError, FatalError
from agent.model import Boundary, Lacking


class Probed(Protocol):
    """What trying a call said of one permission; state is ok, denied, unavailable, unknown or untried."""

    @property
    def permission(self) -> str:
        """The permission as the provider spells it."""
    @property
    def state(self) -> str:
        """How the provider answered."""
    @property
    def remedy(self) -> str:
        """What to do about it."""
    @property
    def detail(self) -> str:
        """What the provider said, '' where it allowed the call."""


class Provider(Protocol):
    """What a provider's client offers to the engine; `agent.clients` has one for each provider."""

    def expand(self) -> Expansion:
        """Return the boundaries of the scope, with what could not be listed."""

    def open(self, boundary: Boundary, region: str, witness: Witness, deadline: Deadline) -> Any:
        """Return the client that a collector is given."""

    def identity(self, boundary: Boundary) -> str:
        """Return who reads: an ARN, application id or service account; '' where it is not known."""


    def probe(self, header: Header, boundary: Boundary, region: str) -> Sequence[Probed]:
        """Return what trying each declared call says of its permissions."""

    def clock(self) -> datetime | None:
        """Return what time it is at the provider."""


@dataclass(slots=True)
class Connected:
    """One scope: its provider, and its boundaries once they were asked for.

    A scope that cannot be expanded keeps the boundaries that it is known to have (`known`), so
    that each of them has a failed run rather than silence.
    """

    name: str
    provider: str
    make: Callable[[], Provider]
    known: tuple[Boundary, ...] = ()
    error: AnnexaError | None = None
    lacking: tuple[Lacking, ...] = ()
    _client: Provider | None = None
    _boundaries: dict[str, Boundary] = field(default_factory=dict)

    def expand(self) -> tuple[Boundary, ...]:
        """Ask the provider for the boundaries, and keep them; never raises, `error` says what went wrong."""
        try:
            self._client = self._client or self.make()
            expansion = self._client.expand()
        except AnnexaError as error:
            self.error, self.lacking = error, ()
            boundaries = self.known or (Boundary(self.name, self.provider, self.name),)
        else:
            self.error, self.lacking, boundaries = None, expansion.lacking, expansion.boundaries
        self._boundaries = {boundary.id: boundary for boundary in boundaries}
        return boundaries

    def boundary(self, boundary: str) -> Boundary:
        """Return a boundary; raises what went wrong when the scope was expanded."""
        if self.error is not None:
            raise self.error
        if boundary not in self._boundaries:
            raise FatalError(
                f"scope {self.name} has no boundary {boundary}",
                advice="It may have been closed or excluded since the run was planned",
            )
        return self._boundaries[boundary]

    def open(self, boundary: Boundary, region: str, witness: Witness, deadline: Deadline) -> Any:
        """Return the client for one boundary and region."""
        assert self._client is not None, "expand() comes before open()"
        return self._client.open(boundary, region, witness, deadline)

    def probe(self, header: Header, boundary: Boundary, region: str) -> Sequence[Probed]:
        """Return what trying each declared call says of its permissions in one boundary and region."""
        assert self._client is not None, "expand() comes before probe()"
        return self._client.probe(header, boundary, region)

    def clock(self) -> datetime | None:
        """Return what time it is at the provider, None where it was never reached."""
        return self._client.clock() if self._client is not None else None

    def identity(self, boundary: str) -> str:
        """Return who reads in a boundary, '' where it is not known."""
        found = self._boundaries.get(boundary)
        return self._client.identity(found) if self._client is not None and found is not None else ""


def connect(
    scopes: Iterable[tuple[str, str, Callable[[], Provider]]],
    known: Callable[[str], tuple[Boundary, ...]] = lambda _scope: (),
) -> dict[str, Connected]:
    """Return each (name, provider, make) as a connected scope; no network is touched yet."""
    return {name: Connected(name, provider, make, known(name)) for name, provider, make in scopes}
