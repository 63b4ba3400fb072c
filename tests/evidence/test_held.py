"""Every unit answered at once has the answers that it has alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from agent.assembly import App
from agent.evidence.report import Holding
from agent.model import Boundary
from agent.store import ArtifactRow

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CONFIG = """
organization: Example Ltd
timezone: Europe/Berlin
certificate: {kind: initial, decided: 2026-01-01}
scopes:
  - {name: one, provider: aws, regions: [eu-west-1]}
  - {name: two, provider: aws, regions: [eu-west-1]}
"""


def row(index: int, scope: str, boundary: str, collector: str, kind: str, *, outcome: str = "succeeded"
        ) -> dict[str, object]:
    at = NOW - timedelta(days=index)
    return {
        "id": f"sha256:{index:064x}", "leaf": 1000 + index, "object": "0" * 64, "path": "none", "size": 0,
        "stored_size": 0, "envelope": "0" * 64, "collector": collector, "collector_version": "1", "kind": kind,
        "scope": scope, "boundary": boundary, "region": "eu-west-1", "source": "provider", "outcome": outcome,
        "records": 0, "collected_at": at, "finished_at": at, "recorded_at": at, "lacking": 0, "masked": 0,
        "error": "", "void_reason": "", "voided_by": "",
    }


def told(holding: Holding) -> tuple[object, ...]:
    return (holding.requirement.id, holding.scope, holding.boundary, holding.freshness, holding.coverage,
            holding.forecast)


def test_the_whole_answer_is_that_of_each_unit_alone_and_in_the_same_order(tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    with App.open(str(tmp_path / "annexa.yaml"), {}, writer=True, clock=lambda: NOW) as app:
        for name in ("one", "two"):
            app.store.expect(name, [Boundary(name, "aws", f"{name}-{n}", regions=("eu-west-1",)) for n in range(2)],
                             NOW - timedelta(days=300))
        app.owes_anew()
        places = [(name, f"{name}-{n}") for name in ("one", "two") for n in range(2)]
        with app.store.transaction() as session:
            session.execute(insert(ArtifactRow), [
                row(index, *places[index % 4], collector, "asset", outcome="failed" if index % 5 == 4 else "succeeded")
                for index, collector in enumerate(["aws.resource_tags", "aws.resource_tags", "aws.ec2_instances"] * 6)
            ])
        audit = app.audit(NOW)
        together = app.holdings(NOW, audit, conclusions=False)
        names = sorted({holding.requirement.id for holding in together})
        alone = [one for name in names for one in app.holdings(NOW, audit, conclusions=False, requirements=[name])]
    assert sorted(map(repr, map(told, together))) == sorted(map(repr, map(told, alone)))
    assert [holding.requirement.id for holding in together] == [
        requirement for requirement in app.mapping.requirements
        for holding in together if holding.requirement.id == requirement]
    assert {holding.freshness.state for holding in together} > {"missing"}, "something is held"


def test_of_a_state_the_newest_of_each_collector_is_judged_until_it_is_stale_by_itself(tmp_path: Path) -> None:
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    every = ["aws.resource_explorer", "aws.config_inventory", "aws.resource_explorer", "aws.resource_tags"]
    with App.open(str(tmp_path / "annexa.yaml"), {}, writer=True, clock=lambda: NOW) as app:
        app.store.expect("one", [Boundary("one", "aws", "one", regions=("eu-west-1",))], NOW - timedelta(days=300))
        app.owes_anew()
        with app.store.transaction() as session:
            session.execute(insert(ArtifactRow), [
                row(days, "one", "one", name, "asset") for days, name in enumerate(every)
            ])
            elsewhere = row(9, "one", "one", "aws.resource_explorer", "asset")
            session.execute(insert(ArtifactRow), [elsewhere | {"region": "gone-1", "collected_at": NOW}])
        unit = next(one for one in app.units.all if one.key == ("asset-inventory", "one", "one"))

        def judged(days: float) -> set[str]:
            held = app.held(NOW + timedelta(days=days), app.mapping)
            return {one.collector for one in held.judged(unit)}

        both = {"aws.resource_explorer", "aws.config_inventory"}
        assert judged(0) == judged(6 - 1e-6) == both
        assert judged(6) == judged(7 - 1e-6) == {"aws.resource_explorer"}
        assert judged(7) == set()
        assert {one.region for one in app.held(NOW, app.mapping).judged(unit)} == {"eu-west-1"}
