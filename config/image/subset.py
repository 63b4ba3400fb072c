# ruff: noqa: INP001 - a script that runs before anything is installed
"""Prints the part of a lock file that some packages need, hashes included.

    subset.py LOCK --project pyproject.toml --extras aws,postgres
    subset.py LOCK hatchling

The closure follows the `# via` comments that uv writes. Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: str) -> dict[str, str]:
    """Return each package's entry of a lock file, with its hashes and comments."""
    found: dict[str, str] = {}
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", lock):
        if name := NAME.match(block):
            found[_normal(name[0])] = block
    return found


def parents(entry: str) -> set[str]:
    """Return the names of what needs a package, as its `# via` comment says."""
    via = re.findall(r"(?m)^ +# +(?:via )?([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?(?: \(.*\))?$", entry)
    return {_normal(name) for name in via if name != "via"}


def closure(found: dict[str, str], roots: Iterable[str]) -> set[str]:
    """Return the names of the roots and of everything that they need."""
    needs: dict[str, set[str]] = {}
    for name, entry in found.items():
        for parent in parents(entry):
            needs.setdefault(parent, set()).add(name)
    kept: set[str] = set()
    waiting = [_normal(root) for root in roots]
    while waiting:
        name = waiting.pop()
        if name in found and name not in kept:
            kept.add(name)
            waiting += needs.get(name, ())
    return kept


def roots(project: str, extras: Iterable[str]) -> list[str]:
    """Return the names of a project's own dependencies and of those of some extras; raises `KeyError`."""
    about = tomllib.loads(project)["project"]
    wanted = [*about["dependencies"]]
    for extra in extras:
        wanted += about["optional-dependencies"][extra]
    return [found[0] for item in wanted if (found := NAME.match(item)) and _normal(found[0]) != about["name"]]


def main() -> int:
    """Print the subset; 2 where an extra or a package is not known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--project", type=Path)
    parser.add_argument("--extras", default="")
    given = parser.parse_args()
    found = entries(given.lock.read_text("utf-8"))
    try:
        extras = [extra for extra in given.extras.split(",") if extra]
        wanted = [*given.names, *(roots(given.project.read_text("utf-8"), extras) if given.project else ())]
    except KeyError as error:
        sys.stderr.write(f"there is no extra {error}\n")
        return 2
    if absent := [name for name in wanted if _normal(name) not in found]:
        sys.stderr.write(f"{given.lock} has no {', '.join(absent)}\n")
        return 2
    sys.stdout.write("".join(found[name] for name in sorted(closure(found, wanted))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
