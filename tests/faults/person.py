"""What a person sees of the program: its exit status, its answer, and lines on stderr that are never a traceback."""

from __future__ import annotations

import json
from typing import Any

from tests.assembly.company import Company
from tests.cli.drive import Ended, process


def annexa(firm: Company, *argv: str, **environ: str) -> Ended:
    """Run a command on the company's configuration as it stands; whatever happens there is no traceback."""
    firm.write()
    done = process(*argv, cwd=firm.folder, **{**firm.environ, **environ})
    assert "Traceback" not in done.out + done.err
    for line in done.err.splitlines():
        assert line.startswith("annexa: "), line
        assert line.isprintable(), line
    return done


def collected(firm: Company, status: int, **environ: str) -> list[dict[str, Any]]:
    """Collect and return the runs by region."""
    done = annexa(firm, "collect", "--json", **environ)
    assert done.status == status, done.err
    runs: list[dict[str, Any]] = json.loads(done.out)["runs"]
    return sorted(runs, key=lambda run: run["region"])


def refused(done: Ended, status: int = 3) -> str:
    """Return the one line of a command that could not begin."""
    assert (done.status, done.out) == (status, ""), done
    (line,) = done.err.splitlines()
    return line.removeprefix("annexa: ")


def sound(firm: Company, **environ: str) -> None:
    """Check the whole store, as a person would."""
    done = annexa(firm, "store", "check", "--deep", **environ)
    assert (done.status, done.out) == (0, "what is kept is what was recorded\n"), done
