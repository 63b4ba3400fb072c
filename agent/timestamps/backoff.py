"""Who outside failed last, and when they are asked again: longer each time, kept over restarts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from agent import canonical
from agent.errors import AnnexaError
from agent.store.faults import reaching
from agent.store.files import write_new

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Failed:
    """How often somebody failed in a row, what they said, and when they are asked again."""

    times: int
    error: str
    until: datetime


@dataclass(slots=True)
class Backoff:
    """The failures of those who are asked, by their address, in a file."""

    file: Path
    clock: Callable[[], datetime]
    failed: dict[str, Failed] = field(default_factory=dict)

    def read(self) -> Backoff:
        """Take what the file says; a damaged one counts as none, and everybody is simply asked again."""
        self.failed = read(self.file)
        return self

    def waits(self, address: str) -> bool:
        """Return whether somebody failed lately and is left alone for a while."""
        failed = self.failed.get(address)
        return failed is not None and self.clock() < failed.until

    def failure(self, address: str, error: AnnexaError) -> None:
        """Note a failure: the next question comes later than after the one before."""
        before = self.failed.get(address)
        times = before.times + 1 if before else 1
        wait = min(LONGEST, FIRST * 2 ** min(times - 1, 20))
        self.failed[address] = Failed(times, error.message, self.clock() + wait)

    def success(self, address: str) -> None:
        """Forget the failures of somebody who answered."""
        self.failed.pop(address, None)

    def keep(self) -> None:
        """Write the file."""
        body = canonical.document({address: asdict(one) for address, one in self.failed.items()})
        with reaching(f"keep {self.file.name}"):
            if self.failed or self.file.exists():
                write_new(self.file, body)


def read(file: Path) -> dict[str, Failed]:
    """Return the failures that a file holds."""
    try:
        data = canonical.loads(file.read_bytes())
        return {
            str(address): Failed(int(one["times"]), str(one["error"]), datetime.fromisoformat(one["until"]))
            for address, one in data.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
