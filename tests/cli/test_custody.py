"""Void, hold, release, retention and history as a person types them."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.cli import drive
from tests.cli.drive import Ended

CONFIG = "organization: Example Ltd\ntimezone: Europe/Berlin\nretention: {document: P7Y}\n"
Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Return a way to run commands on a store with one document."""
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    added = drive.here(capfdbinary, "evidence", "add", "security-policy", "--title", "Policy", "--approved",
                       "2026-02-03", "--json")
    assert added.status == 0
    return lambda *argv: drive.here(capfdbinary, *argv)


def artifact(run: Run) -> str:
    return str(json.loads(run("evidence", "list", "--json").out)["artifacts"][0]["artifact"])


def test_hold_release_and_their_list(run: Run) -> None:
    mine = artifact(run)
    assert run("evidence", "holds").out == "No hold is in force.\n"
    assert run("evidence", "hold", mine[:20], "--reason", "a case", "--by", "Ada").out == f"Hold H1 is on {mine}\n"
    placed = json.loads(run("evidence", "hold", "--scope", "organization", "--reason", "a merger", "--json").out)
    assert (placed["hold"]["name"], placed["hold"]["subject"]) == ("H2", "scope:organization")
    assert [one["name"] for one in json.loads(run("evidence", "holds", "--json").out)["holds"]] == ["H1", "H2"]
    assert "Ada: a case" in run("evidence", "holds").out
    done = run("evidence", "release", mine, "--reason", "over")
    assert (done.status, done.out) == (0, "Hold H1 is released\n")
    refused = run("evidence", "release", mine, "--reason", "over")
    assert refused.status == 2
    assert "There is no hold on" in refused.err
    assert run("evidence", "hold", "--reason", "nothing named").status == 2
    assert run("evidence", "hold", mine, "--scope", "organization", "--reason", "both").status == 2


def test_void_needs_a_reason_and_is_shown(run: Run) -> None:
    mine = artifact(run)
    assert run("evidence", "void", mine).status == 2
    done = run("evidence", "void", mine, "--reason", "the wrong file", "--by", "Ada")
    assert (done.status, " ".join(done.out.split())) == (0, f"{mine} is void, by Ada: the wrong file")
    assert "the wrong file" in run("evidence", "show", mine).out
    shutil.copy("annexa-data/keys/signing-key.pub", "trust.pem")
    told = run("verify", "--key", "trust.pem")
    assert told.status == 0, told.out
    assert "void, by Ada: the wrong file" in " ".join(told.out.split())
    assert "void since" in run("verify", mine, "--key", "trust.pem").out


def test_the_retention_is_told_before_it_is_done(run: Run) -> None:
    assert run("retention", "run", "--dry-run").out == "0 objects would be deleted\n"
    config = Path("annexa.yaml")
    config.write_text(CONFIG.replace("P7Y", "PT1S"))
    mine = artifact(run)
    subprocess.run(["sleep", "1.1"], check=True)
    told = json.loads(run("retention", "run", "--dry-run", "--json").out)
    assert (told["deleted"], [one["artifacts"] for one in told["objects"]]) == (False, [[mine]])
    assert run("evidence", "show", mine).status == 0
    assert "1 object deleted" in run("retention", "run").out
    gone = run("evidence", "show", mine)
    assert gone.status == 3
    assert "deleted under retention on 20" in gone.err
    assert run("store", "check", "--deep").status == 0
    shutil.copy("annexa-data/keys/signing-key.pub", "trust.pem")
    for subject in ([], [mine]):
        verified = run("verify", *subject, "--key", "trust.pem")
        assert verified.status == 0, verified.out
        assert "deleted under retention" in " ".join(verified.out.split())
    Path("annexa-data/annexa.db").unlink()
    assert run("store", "rebuild").status == 0
    assert run("store", "check", "--deep").status == 0


def test_history_tells_who_looked_and_who_took_a_copy(run: Run) -> None:
    mine = artifact(run)
    run("evidence", "show", mine, "--why", "sample S1, item 4")
    run("evidence", "export", mine, "--to", "out")
    told = json.loads(run("evidence", "history", mine, "--json").out)
    chain = [(link["what"], link["checked_out"], link["why"]) for link in told["chain"]]
    assert chain == [
        ("sealed and recorded", False, ""), ("add", False, ""), ("view", False, "sample S1, item 4"),
        ("export", True, ""),
    ]
    assert [link["leaf"] is None for link in told["chain"]] == [False, True, True, True]
    assert told["identification"]["unique_identifier"] == mine
    run("evidence", "hold", mine, "--reason", "a case")
    told = json.loads(run("evidence", "history", mine, "--json").out)
    assert all(link["leaf"] is not None for link in told["chain"])
    page = run("evidence", "history", mine).out
    for word in ("Identification", "Collection", "Acquisition", "Preservation", "a copy went out", "sample S1, item 4"):
        assert word in page
    assert "masked before sealing none" in " ".join(page.split())


def test_an_auditor_who_can_only_read_sees_and_is_told_that_it_is_not_written_down(
    postgres: str, tmp_path: Path
) -> None:
    config = tmp_path / "annexa.yaml"
    config.write_text(f"{CONFIG}database: {postgres}\n")
    added = drive.process("evidence", "add", "security-policy", "--title", "Policy", "--approved", "2026-02-03",
                          "--json", cwd=tmp_path)
    mine = json.loads(added.out)["artifact"]
    role = f"auditor_{secrets.token_hex(4)}"
    engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for grant in (f"CREATE ROLE {role} LOGIN", f"GRANT USAGE ON SCHEMA public TO {role}",
                      f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"):
            connection.execute(text(grant))
    config.write_text(f"{CONFIG}database: {make_url(postgres).set(username=role).render_as_string(False)}\n")
    done = drive.process("evidence", "show", mine, cwd=tmp_path)
    assert done.status == 0, done.err
    assert mine[:30] in done.out
    assert "this access is not in the access log" in done.err
    assert "permission denied for table access" in done.err
    done = drive.process("evidence", "hold", mine, "--reason", "a case", cwd=tmp_path)
    assert (done.status, "Traceback" in done.err) == (3, False)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM access WHERE action = 'view'")).scalar_one() == 0
        connection.execute(text(f"GRANT INSERT, SELECT ON access TO {role}"))
        connection.execute(text(f"GRANT USAGE ON SEQUENCE access_id_seq TO {role}"))
    done = drive.process("evidence", "show", mine, cwd=tmp_path)
    assert (done.status, done.err) == (0, "")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM access WHERE action = 'view'")).scalar_one() == 1
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))
    engine.dispose()


def test_a_key_is_changed_and_the_trust_root_names_both(run: Run) -> None:
    Path("trust.pem").write_text(run("keys", "trust").out)
    assert run("keys", "rotate").status == 2, "a reason is needed"
    changed = run("keys", "rotate", "--reason", "every year", "--by", "Ada")
    assert (changed.status, "signs from here on" in changed.out) == (0, True), changed.err
    assert run("evidence", "hold", "--scope", "organization", "--reason", "a case").status == 0
    assert run("verify", "--key", "trust.pem").status == 3, "the old key alone vouches for nothing new"
    Path("trust.pem").write_text(run("keys", "trust").out)
    told = run("verify", "--key", "trust.pem", "--json")
    assert told.status == 0, told.out
    assert "2 key(s)" in json.loads(told.out)["trust"]
    assert any("signs from here on" in line for line in json.loads(told.out)["done"])
    mine = artifact(run)
    run("evidence", "export", mine, "--to", "out")
    assert run("verify", "out", "--key", "trust.pem").status == 0
