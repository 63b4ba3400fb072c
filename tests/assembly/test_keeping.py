"""What void, hold, retention and the access log make of the answers, through the whole agent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from agent.assembly import custody, history, keeping
from agent.errors import StoreError
from agent.lake.query import Asked
from agent.store import Flip
from tests.assembly.company import NOW, Company, restore
from tests.assembly.test_answers import MAY, holding

QUERY = "SELECT id FROM backup_test"


def collected(firm: Company) -> list[str]:
    firm.restores(restore("r-1", MAY), region="eu-west-1")
    firm.collect()
    with firm.app(writer=False) as app:
        return [row.id for row in app.store.artifacts() if row.records]


def ids(app: Any, **asked: Any) -> list[str]:
    with app.lake.query(QUERY, Asked(**asked)) as answer:
        return [row[0] for batch in answer.batches for row in batch]


def test_a_void_artifact_is_no_evidence_from_then_on_and_was_before(firm: Company) -> None:
    (mine,) = collected(firm)
    firm.now = NOW + timedelta(days=1)
    with firm.app() as app:
        row = keeping.void(app, mine[:18], "a test of the test account", "Ada")
        assert (row.voided_at, row.voided_by) == (firm.now, "Ada")
        with pytest.raises(StoreError, match="is void already"):
            keeping.void(app, mine, "again", "Ada")
    with firm.app(writer=False) as app:
        assert holding(app.status()).freshness.state == "missing"
        assert holding(app.status(as_of=firm.now - timedelta(seconds=1))).freshness.evidence_time == MAY
        assert ids(app) == []
        assert ids(app, as_of=firm.now - timedelta(seconds=1)) == ["r-1"]
        (access,) = app.store.accesses(mine)
        assert (access.action, access.why) == ("void", "a test of the test account")
        assert access.who.startswith("Ada as ")
        assert access.leaf is not None
        assert app.store.check(deep=True) == []


def test_what_is_past_its_retention_goes_and_the_answers_of_then_stay(firm: Company) -> None:
    firm.more = "retention: {backup_test: P1Y, default: P4Y}"
    (mine,) = collected(firm)
    with firm.app() as app:
        before = holding(app.status(as_of=NOW)).freshness
        assert keeping.hold(app, mine, "a case", "Ada")
    firm.now = NOW + timedelta(days=366)
    with firm.app() as app:
        found = keeping.past(app)
        assert found.held == {mine: ("H1",)}
        keeping.release(app, mine, "", "the case is over", "Ada")
        assert keeping.run(app, "cron").held == {}
        assert app.store.check(deep=True) == []
    with firm.app(writer=False) as app:
        assert all(row.deleted_at == firm.now for row in app.store.artifacts())
        assert holding(app.status(as_of=NOW)).freshness == before
        assert ids(app, as_of=NOW) == []
        told = history.history(app, mine)
    assert told["preservation"]["deleted_at"] == firm.now
    assert told["preservation"]["retention"] == "P1Y"
    chain = [(link["what"], link["who"].partition(" as ")[0]) for link in told["chain"]]
    assert sorted(chain) == sorted([
        ("sealed and recorded", "annexa"), ("hold", "Ada"), ("hold placed H1", "Ada"), ("release", "Ada"),
        ("hold released H1", "Ada"), ("retention deletion", "cron"), ("deleted under retention P1Y", "cron"),
    ])
    assert [link["at"] for link in told["chain"]] == sorted(link["at"] for link in told["chain"])
    assert all(link["leaf"] is not None for link in told["chain"])


def test_a_scope_that_nobody_knows_takes_no_hold(firm: Company) -> None:
    collected(firm)
    with firm.app() as app:
        with pytest.raises(StoreError, match="There is no scope 'prd'"):
            keeping.hold(app, "scope:prd", "a case", "Ada")
        assert keeping.hold(app, "scope:prod", "a case", "Ada")


def test_what_another_process_asks_for_waits_for_the_one_who_records(firm: Company) -> None:
    (mine,) = collected(firm)
    with firm.app() as agent, firm.app(writer=False) as beside:
        assert keeping.hold(beside, mine, "a case", "Ada") is None
        assert keeping.void(beside, mine, "a mistake", "Ada").voided_at is None
        assert agent.store.holds() == []
        agent.store.drain()
        assert [one.subject for one in agent.store.holds()] == [mine]
        assert agent.store.artifact(mine).void_reason == "a mistake"
        assert [one.action for one in agent.store.accesses(mine) if one.leaf] == ["hold", "void"]
        assert agent.store.check(deep=True) == []


def test_another_configuration_is_in_the_access_log(firm: Company) -> None:
    collected(firm)
    with firm.app() as app:
        assert app.store.accesses() == []
    firm.more = "retention: P7Y"
    with firm.app() as app:
        app.store.drain()
        (access,) = app.store.accesses()
        assert (access.action, access.leaf is not None) == ("configuration", True)
        before, _, after = access.detail.partition(" to ")
        assert before != after
        assert after.startswith("sha256:")


def test_the_terminal_and_the_remote_login_are_told() -> None:
    told = custody.actor({"SUDO_USER": "ada", "SSH_CONNECTION": "192.0.2.7 50000 192.0.2.1 22"})
    assert told.who.endswith(" (sudo by ada)")
    assert told.client.endswith(", from 192.0.2.7")


def test_after_an_erasure_what_rests_on_seals_stays_and_what_reads_records_is_unknown(firm: Company) -> None:
    firm.more = "encryption: file:wrapping.key"
    (mine,) = collected(firm)
    with firm.app() as app:
        before = holding(app.status())
        assert (before.freshness.state, before.conclusion.state) == ("fresh", "no_exceptions")
        row = app.store.artifact(mine)
        assert row.path.endswith(".enc")
        assert ids(app) == ["r-1"]
        with pytest.raises(StoreError, match="nowhere"):
            keeping.erase(app, "nowhere", "asked for", "Ada")
        act = keeping.erase(app, row.scope, "asked for", "Ada")
        assert app.store.check(deep=True) == []
    with firm.app(writer=False) as app:
        after = holding(app.status())
        assert (after.freshness, after.conclusion.state) == (before.freshness, "unknown")
        assert holding(app.status(as_of=NOW)).freshness.state == "fresh"
        assert ids(app) == []
        assert any(f"the records of {row.scope} up to" in one for one in app.status().warnings)
        assert keeping.erased(app, "another") == []
        told = history.history(app, mine)
        with app.store.reading() as session:
            concluded = session.exec(select(Flip).where(col(Flip.axis) == "conclusion").order_by(col(Flip.id))).all()
        assert [(one.before, one.after) for one in concluded if one.requirement == "backup-restore-tests"][-1] == (
            "no_exceptions", "unknown")
    assert ("erased with its scope, data key " + act.name) in [link["what"] for link in told["chain"]]
    assert told["preservation"]["deleted_at"] == act.recorded_at
    firm.now = NOW + timedelta(days=1)
    firm.collect()
    with firm.app(writer=False) as app:
        assert holding(app.status()).conclusion.state == "no_exceptions", "the next collection can be read again"


def test_wrapping_anew_is_in_the_access_log_and_needs_encryption(firm: Company) -> None:
    collected(firm)
    with firm.app() as app, pytest.raises(StoreError, match="Nothing is encrypted here"):
        keeping.rewrap(app, "file:other.key", "every year", "Ada")
    firm.more = "encryption: file:wrapping.key"
    firm.collect()
    with firm.app() as app:
        with pytest.raises(StoreError, match="with a reason and by somebody"):
            keeping.rewrap(app, "file:other.key", " ", "Ada")
        keeping.rewrap(app, f"file:{firm.folder}/other.key", "every year", "Ada")
        assert [(one.action, one.why) for one in app.store.accesses() if "wrapping" in one.action] == [
            ("wrapping key change", "every year")]
