"""The texts that go into a package as they are: README, style, and the scripts that need no annexa."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def text(name: str) -> str:
    """Return a text by its file's name."""
    return (files("agent.export") / "files" / name).read_text("utf-8")
