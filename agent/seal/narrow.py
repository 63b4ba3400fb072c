"""Imports that leave optional parts of a library out, until they are asked for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Absent(MetaPathFinder):
    """Says to one thread that some packages are not installed."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._thread = threading.get_ident()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None,  # noqa: ARG002  the finder's signature
    ) -> ModuleSpec | None:
        """Refuse a package that is left out, and what is in it; leave the rest to the finders behind."""
        if threading.get_ident() == self._thread and any(
            fullname == name or fullname.startswith(f"{name}.") for name in self._names
        ):
            raise ModuleNotFoundError(f"{fullname} is left out of this import", name=fullname)
        return None


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Import what is in the block as if these packages were not installed; one that is loaded stays loaded."""
    absent = _Absent(names)
    sys.meta_path.insert(0, absent)
    try:
        yield
    finally:
        sys.meta_path.remove(absent)
