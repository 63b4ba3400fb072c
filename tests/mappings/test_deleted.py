"""What was deleted accuses nobody: the packaged checks over collections before and after, through the lake."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agent.lake.checks import Population, run_checks
from agent.lake.pieces import Piece
from agent.mapping import load_mapping
from tests.lake.made import Maker, day, z


def database(name: str, at: datetime) -> dict[str, Any]:
    """Return the automated backup of a database that could be restored to five minutes before the collection."""
    return {"id": f"{name}#automated", "resource": name, "outcome": "completed", "encrypted": True,
            "occurred_at": z(at - timedelta(minutes=5))}


def exceptions(pieces: list[Piece], as_of: datetime) -> dict[str, list[Any]]:
    found = run_checks(load_mapping().requirements["database-backups"], Population("backup", pieces, as_of))
    return {one.check: [row["resource"] for row in one.exceptions] for one in found}


def test_the_last_database_of_a_region_is_deleted(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    pieces = []
    for number in range(6):
        at = day(10 + number)
        pieces.append(maker.piece("backup", [database("stays", at)], collected=at, region="eu"))
        pieces.append(maker.piece("backup", [database("goes", at)] if number < 2 else [], collected=at, region="us"))
        said = exceptions(pieces, at + timedelta(hours=1))
        assert not any(said.values()), f"on day {number}: {said}"


def test_a_database_whose_backups_stopped_is_told_for_as_long_as_it_exists(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    stuck = database("stuck", day(10))
    pieces = [maker.piece("backup", [stuck], collected=day(10 + number)) for number in range(4)]
    assert exceptions(pieces[:3], day(12))["database-restorable"] == ["stuck"]  # 48 hours and five minutes
    assert exceptions(pieces[:2], day(11))["database-restorable"] == []
    pieces.append(maker.piece("backup", [], collected=day(15)))
    assert exceptions(pieces[:4], day(13))["database-restorable"] == ["stuck"]
    assert exceptions(pieces, day(15))["database-restorable"] == []
