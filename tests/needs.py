"""What a test needs from the machine beside Python: skipped by name where it is absent, failed under CI=true."""

from __future__ import annotations

import os
import shutil

import pytest


def need(*tools: str, why: str = "") -> None:
    """Go on where every tool is on PATH; else skip by name, or fail under CI where it could be installed."""
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if not absent:
        return
    reason = f"needs {', '.join(absent)}{f' ({why})' if why else ''}"
    if os.environ.get("CI", "").lower() in {"1", "true"} and _can_install():
        pytest.fail(f"{reason}, which tests/setup.sh installs")
    pytest.skip(reason)


def _can_install() -> bool:
    """Return whether this machine could have had the tools: Debian's packages, as root."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0
