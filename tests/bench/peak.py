"""The most memory that this process has had."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_mb() -> float:
    """Return megabytes of resident memory at the peak; `ru_maxrss` knows that of the process that started this one."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
