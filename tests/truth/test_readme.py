"""What the README shows is what the agent answers of the demo's estate, to the letter; ids of artifacts apart."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.cli.screen import Column
from agent.cli.show import control
from agent.lake.output import table
from agent.lake.query import Asked
from tests.cli import drive
from tests.lab.demo import LEAVER
from tests.truth import collecting
from tests.truth.conftest import Firm

README = Path(__file__).parents[2] / "README.md"
PRODUCTION = "422222222222"
WIDTH = 80


def blocks() -> list[list[str]]:
    """Return what stands in the README as text that the program prints."""
    return [one.splitlines() for one in re.findall(r"```text\n(.*?)```", README.read_text("utf-8"), re.DOTALL)]


def test_the_page_of_a_control(firm: Firm) -> None:
    zone = ZoneInfo(firm.estate.file["organization"]["timezone"])
    (first,) = (one for one in firm.app.status(collecting.ANSWERED).controls if one.id == "8.13")
    of = [one.requirement.id for one in (*first.primary, *first.supporting)]
    (found,) = (one for one in firm.app.status(collecting.ANSWERED, of=of).controls if one.id == "8.13")
    screen, raw = drive.screen(WIDTH)
    control.control(screen, found, control.View(collecting.ANSWERED, zone, None))
    printed = [line.rstrip() for line in raw.getvalue().decode().split("\n")]
    titled = next(at for at, line in enumerate(printed) if line.startswith("Restore tests of backups"))
    start = next(at for at, line in enumerate(printed) if at > titled and f"Where        aws, {PRODUCTION}" in line)
    below = printed[start : printed.index("", start)]
    below = below[: next(at for at, line in enumerate(below) if line.lstrip().startswith("- id "))]  # the exceptions' rows
    head = [*printed[:3], printed[titled]]
    assert [*head, *(line for line in below if "sha256:" not in line)] == blocks()[0]


def test_what_somebody_holds_who_left(firm: Firm) -> None:
    screen, raw = drive.screen(WIDTH)
    with firm.app.lake.query(LEAVER, Asked(as_of=collecting.ANSWERED)) as found:
        rows = list(table(found, 100))
        screen.table([Column(name, flexible=True) for name in found.columns], rows)
    assert [line.rstrip() for line in raw.getvalue().decode().splitlines()] == blocks()[1]
