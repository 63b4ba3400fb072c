"""The whole way of a sample by the command line: plan, draw, record, evaluate, list, show."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli import drive

CONFIG = """\
organization: Example Ltd
timezone: UTC
mappings: {directories: [own]}
audits: [{kind: surveillance, starts: 2027-12-07, ends: 2027-12-09, period: {from: 2026-01-01, to: 2027-12-07}}]
"""
NAMES = [f"Policy {n:02d}" for n in range(12)]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    (tmp_path / "own").mkdir()
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    (tmp_path / "list.yaml").write_text("".join(
        f"- {{requirement: security-policy, title: {name}, owner: o{at % 3}, approved: 2026-02-{at + 1:02d}}}\n"
        for at, name in enumerate(NAMES)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*argv: str) -> drive.Ended:
        return drive.here(capfdbinary, *argv)

    assert call("evidence", "add", "--list", "list.yaml").status == 0
    return call


def answer(run: Any, *argv: str) -> Any:
    ended = run("sample", *argv, "--json")
    assert (ended.status, ended.err) == (0, "")
    return json.loads(ended.out)


DRAW = ("draw", "--requirement", "security-policy")


def test_the_root_comes_before_the_seed_and_the_seed_before_the_items(run: Any) -> None:
    first = answer(run, *DRAW)
    population = first["population"]
    assert (population["name"], population["size"], first["sample"]) == ("P1", 12, None)
    assert population["completeness"]["complete"] is True
    found = answer(run, "draw", "--population", "P1", "--seed", "dice 4 2 6", "-n", "5")["sample"]
    assert found["leaf"] > population["leaf"]
    run("sample", "show", "P1", "--records", "all.ndjson")
    lines = Path("all.ndjson").read_bytes().splitlines()
    digests = [hashlib.sha256(line).hexdigest() for line in lines]
    keyed = sorted(digests, key=lambda one: hashlib.sha256(f"dice 4 2 6\n{one}".encode()).digest())
    assert [item["digest"] for item in found["items"]] == keyed[:5]
    again = answer(run, "draw", "--population", "p1", "--seed", "dice 4 2 6", "-n", "5", "--by", "other")["sample"]
    assert again["leaf"] == found["leaf"]
    other = answer(run, "draw", "--population", "P1", "--seed", "another", "-n", "5")["sample"]
    assert other["name"] == "S2"


def test_every_draw_on_the_same_records_is_listed(run: Any) -> None:
    for seed in ("a", "b"):
        answer(run, *DRAW, "--seed", seed, "-n", "2")
    one, two = answer(run, "list")["populations"]
    assert one["root"] == two["root"]
    for population in (one, two):
        assert [(draw["name"], draw["seed"]) for draw in population["draws"]] == [("S1", "a"), ("S2", "b")]
    text = run("sample", "list").out
    assert "'a'" in text
    assert "S2" in text


def test_results_and_what_they_show(run: Any) -> None:
    drawn = answer(run, *DRAW, "--seed", "s", "--tolerable", "20%", "--confidence", "90%")["sample"]
    # Of 12, with 3 deviating: 6 items without one happen in 84 of 924 draws, 5 items in 126 of 792.
    assert len(drawn["items"]) == 6
    assert answer(run, "evaluate", "S1")["conclusion"] == "open"
    for number in range(1, 7):
        kept = answer(run, "record", "S1", str(number), "pass", "--by", "Ada")
        assert (kept["tester"], kept["result"]) == ("Ada", "pass")
    done = answer(run, "evaluate", "S1")
    assert (done["conclusion"], done["tested"], done["upper_limit"]) == ("accepted", 6, 2 / 12)
    answer(run, "record", "S1", drawn["items"][2]["digest"][:12], "deviation", "--note", "not signed")
    worse = answer(run, "evaluate", "S1")
    assert (worse["conclusion"], worse["deviation"]) == ("not_accepted", 1)
    shown = answer(run, "show", "S1", "--content")["items"][2]
    assert (shown["result"], shown["results"], shown["note"]) == ("deviation", 2, "not signed")
    assert shown["record"]["title"] in NAMES
    answer(run, "record", "S1", "3", "not-applicable", "--note", "withdrawn")
    rest = answer(run, "evaluate", "S1")
    assert (rest["not_applicable"], rest["tested"], rest["conclusion"]) == (1, 5, "not_accepted")
    (row,) = [line for line in run("sample", "list").out.splitlines() if line.startswith("  S1")]
    assert row.split()[-2:] == ["5", "0"]  # as many tested as `evaluate` says
    assert "not accepted" in run("sample", "evaluate", "S1").out
    assert run("store", "check", "--deep").status == 0


def test_strata_systematic_and_judgement(run: Any) -> None:
    strata = answer(run, *DRAW, "--seed", "s", "-n", "6", "--stratify", "owner")["sample"]
    assert strata["allocation"] == {"o0": 2, "o1": 2, "o2": 2}
    assert [item["stratum"] for item in strata["items"]] == ["o0", "o0", "o1", "o1", "o2", "o2"]
    even = answer(run, "draw", "--population", "P1", "--seed", "s", "-n", "4", "--systematic")["sample"]
    assert len({item["digest"] for item in even["items"]}) == 4
    ours = strata["items"][0]["id"]
    judged = answer(run, "draw", "--population", "P1", "--item", ours, "--why", "the riskiest")["sample"]
    assert [item["id"] for item in judged["items"]] == [ours]
    answer(run, "record", judged["name"], "1", "pass")
    said = answer(run, "evaluate", judged["name"], "--confidence", "95%", "--tolerable", "5%")
    assert said["conclusion"] == "no_statement"
    assert "the riskiest" in run("sample", "show", judged["name"]).out


def test_a_filter_and_a_frequency(run: Any) -> None:
    drawn = answer(run, *DRAW, "--where", "owner = 'o1'", "--seed", "s", "--frequency", "quarterly")
    assert drawn["population"]["size"] == 4
    assert len(drawn["sample"]["items"]) == 2
    assert "convention" in drawn["sample"]["basis"]["note"]


def test_plans(run: Any) -> None:
    assert answer(run, "plan", "--tolerable", "5%")["size"] == 59
    assert answer(run, "plan", "--tolerable", "0.05", "--allowed", "1")["size"] == 93
    assert answer(run, "plan", "--tolerable", "5%", "--population", "100")["size"] == 45
    assert "Test 45 items of 100" in run("sample", "plan", "--tolerable", "5%", "--population", "100").out
    table = answer(run, "plan")
    assert table["frequencies"][0] == {"frequency": "annual", "population": 1, "least": 1, "most": 1,
                                       "note": "agreed by every source"}
    assert "not statistics" in table["convention"]
    Path("own/frequencies.csv").write_text("frequency,population,least,most,note\nhourly,8760,30,40,ours\n")
    assert [one["frequency"] for one in answer(run, "plan")["frequencies"]] == ["hourly"]
    Path("own/frequencies.csv").write_text("frequency,population,least,most,note\nhourly,8760,30,x,ours\n")
    ended = run("sample", "plan")
    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert "frequencies.csv:2" in ended.err


@pytest.mark.parametrize(("argv", "said"), [
    (["plan", "--tolerable", "5%", "--expected", "5%"], "below the tolerable"),
    (["plan", "--tolerable", "five"], "no rate"),
    (["plan", "--confidence", "95%"], "--tolerable"),
    (["draw"], "--requirement"),
    (["draw", "--requirement", "security-polizy"], "security-policy"),
    (["draw", "--requirement", "security-policy", "--scope", "nope"], "no scope"),
    (["draw", "--requirement", "security-policy", "--where", "nope = 1"], "nope"),
    (["draw", "--requirement", "security-policy", "--where", "false"], "no record"),
    (["draw", "--requirement", "security-policy", "--from", "2027-01-01", "--to", "2026-01-01"], "ends before"),
    (["draw", "--requirement", "security-policy", "-n", "2", "--tolerable", "5%"], "name one of"),
    (["draw", "--requirement", "security-policy", "--item", "x"], "--why"),
    (["draw", "--requirement", "security-policy", "--stratify", "nope", "--seed", "s", "-n", "2"], "no column"),
    (["draw", "--population", "P7", "--seed", "s", "-n", "2"], "no population"),
    (["draw", "--population", "P7", "--where", "true"], "filter already"),
    (["show", "S7"], "no sample"), (["evaluate", "S7"], "no sample"), (["record", "S7", "1", "pass"], "no sample"),
    (["record", "S7", "1", "fine"], "not one of"),
])
def test_what_is_wrong_is_one_line(run: Any, argv: list[str], said: str) -> None:
    ended = run("sample", *argv)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_results_that_are_refused(run: Any) -> None:
    answer(run, *DRAW, "--seed", "s", "-n", "2")
    for argv, said in ((["S1", "9", "pass"], "no item"), (["S1", "1", "deviation"], "needs a note"),
                       (["S1", "1", "pass", "--by", "a\x1bb"], "control characters")):
        ended = run("sample", "record", *argv)
        assert ended.status == 2
        assert said in ended.err
    long = run("sample", "draw", "--population", "P1", "--seed", "x" * 1000, "-n", "2")
    assert (long.status, long.err.count("\n")) == (3, 1)


def test_a_later_artifact_leaves_the_population_as_it_was(run: Any) -> None:
    root = answer(run, *DRAW)["population"]["root"]
    run("evidence", "add", "security-policy", "--title", "Later", "--approved", "2026-03-03", "-q")
    assert answer(run, "draw", "--population", "P1", "--seed", "s", "-n", "2")["sample"]["root"] == root
    assert answer(run, *DRAW)["population"]["root"] != root


def test_a_population_that_cannot_be_made_again(run: Any) -> None:
    ended = run("sample", *DRAW, "--where", "random() < 2 AND extract('epoch' FROM now()) % 2 >= 0")
    assert ended.status == 0
    answer(run, *DRAW, "--where", "hash(id || now()::VARCHAR) % 2 = 0 OR title = 'Policy 01'")
    wrong = [run("sample", "draw", "--population", "P2", "--seed", str(n), "-n", "1") for n in range(3)]
    assert any(one.status == 3 and "cannot be made again" in one.err for one in wrong)


def test_nothing_yet(run: Any) -> None:
    assert run("sample", "list").out.startswith("No population yet")
    assert answer(run, "list") == {"populations": []}


def test_rebuilt_from_the_log(run: Any, tmp_path: Path) -> None:
    answer(run, *DRAW, "--seed", "s", "-n", "2")
    answer(run, "record", "S1", "1", "pass")
    before = answer(run, "list")
    for file in tmp_path.glob("annexa-data/annexa.db*"):
        file.unlink()
    assert run("store", "rebuild").status == 0
    assert answer(run, "list") == before


def test_a_draw_that_was_taken_out_of_the_catalog_stops_the_list(run: Any) -> None:
    answer(run, *DRAW, "--seed", "one", "-n", "2")
    with sqlite3.connect("annexa-data/annexa.db") as connection:
        connection.execute("DELETE FROM sampling WHERE step = 'draw'")
    ended = run("sample", "list")
    assert ended.status == 3
    assert "draw S1: the log has it as leaf" in ended.err
