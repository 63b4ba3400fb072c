"""The application by which one scope signs in, where the configuration names it; imports no SDK."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _none() -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application of Microsoft Entra: its id, and its secret or the file of its certificate with the key.

    With neither, the id names a managed or a workload identity. `secret` is asked for when it is needed
    and kept nowhere. Without an id, the environment's credentials are used.
    """

    client_id: str = ""
    secret: Callable[[], str] = _none
    certificate: str = ""


NOBODY = Application()
