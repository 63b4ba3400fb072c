"""`verify.sh`, without annexa, over a package from which something was left out: refused, in plain commands."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.seal import EMPTY, leaf_hash
from agent.seal.tiles import bundle, unbundle
from tests.export.conftest import Office
from tests.export.test_attacks import (
    edited_void_in_the_entries,
    entries_left_out,
    hidden_draw,
    hidden_result,
    hidden_void,
    hidden_void_with_its_entry,
    of_tomorrow,
    of_yesterday,
    other_entries,
    sums,
    swapped_entries,
)
from tests.needs import need


def script(office: Office, folder: Path, *runs: str) -> subprocess.CompletedProcess[str]:
    """Run the script as its README says, with SHA256SUMS as the attacker would write it."""
    need("openssl", "jq", "xxd", "sha256sum")
    sums(folder)
    return subprocess.run(["sh", "verify.sh", str(office.trust), *runs], cwd=folder, capture_output=True, text=True,
                          check=False)


def cut_entries(folder: Path) -> None:
    file = folder / "entries" / "000000000"
    file.write_bytes(file.read_bytes()[:-1])


def lengthened_entries(folder: Path) -> None:
    file = folder / "entries" / "000000000"
    file.write_bytes(bundle([*unbundle(file.read_bytes()), b"{}"]))


def entries_of_another_number(folder: Path) -> None:
    (folder / "entries" / "000000000").rename(folder / "entries" / "000000001")


def hidden_selection(folder: Path) -> None:
    """Take the entry of a selection out of `log/`, and nothing else."""
    for entry in (folder / "log").glob("*.json"):
        said = json.loads(entry.read_bytes())
        if said["type"] == "sampling" and (said["name"], said["step"]) == ("S2", "selection"):
            entry.unlink()
            entry.with_suffix(".tlog-proof").unlink()


@pytest.mark.parametrize(("attack", "said"), [
    (entries_left_out, "entries/ has 0 entries, the log "), (hidden_void_with_its_entry, "entries, the log "),
    (edited_void_in_the_entries, "the entries make another root"), (swapped_entries, "the entries make another root"),
    (other_entries, "the entries make another root"), (cut_entries, "entries/000000000 is cut off"),
    (lengthened_entries, "entries, the log "), (entries_of_another_number, "there are not 256 entries before"),
    (hidden_void, "was left out of log/"), (hidden_draw, "a step of a sample, is in the log and was left out"),
    (hidden_result, "a step of a sample, is in the log and was left out"),
    (hidden_selection, "a step of a sample, is in the log and was left out"),
    (of_tomorrow, "package.json is told as of another instant"),
], ids=lambda value: getattr(value, "__name__", ""))
def test_the_script_finds_it(office: Office, folder: Path, attack: Callable[[Path], None], said: str) -> None:
    attack(folder)
    done = script(office, folder)
    assert done.returncode == 1
    assert done.stderr.startswith("REFUSED: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert "holds" not in done.stdout


def test_for_named_runs_the_entries_are_not_read_and_that_is_said(office: Office, folder: Path) -> None:
    run = json.loads((folder / "evidence.ndjson").read_text().splitlines()[0])["artifact"]
    done = script(office, folder, run)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("entries/ was not read, for runs were named: that nothing was left out was not asked\n")
    assert "entries/ was not read" not in script(office, folder).stdout


def test_the_entries_of_a_log_of_many_files_make_its_root(tmp_path: Path) -> None:
    """Steps and counts at the borders of the files and of the levels of the tree, against the tree of the log itself."""
    need("jq", "xxd", "sha256sum")
    text = (Path(__file__).parents[2] / "agent" / "export" / "files" / "verify.sh").read_text()
    step = text[text.index("whole() {"):text.index("\n}\n", text.index("whole() {")) + 3]
    head = 'set -eu; tmp=$(mktemp -d); refuse() { echo "REFUSED: $*" >&2; exit 1; }; size=$1; root=$2\n'
    (tmp_path / "log").mkdir()
    (tmp_path / "package.json").write_text('{"as_of": "2026-01-01T00:00:00Z", "audit": {"ends": "2026-01-01T00:00:00.5Z"}}')
    for size in (1, 2, 255, 256, 257, 513):
        entries = [json.dumps({"type": "artifact", "index": at, "recorded_at": "2026-01-01T00:00:00Z", "x": "ß" * (at % 70)},
                              ensure_ascii=False, separators=(",", ":")).encode() for at in range(size)]
        for number in range(0, size, 256):
            file = tmp_path / "entries" / f"{number // 256:09}"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(bundle(entries[number:number + 256]))
        root = EMPTY.extend(map(leaf_hash, entries)).root().hex()
        for wanted, status in ((root, 0), (root[:-1] + ("0" if root[-1] != "0" else "1"), 1)):
            done = subprocess.run(["sh", "-c", f"{head}{step}whole", "sh", str(size), wanted], cwd=tmp_path,
                                  capture_output=True, text=True, check=False)
            assert done.returncode == status, (size, done.stderr)


WITHOUT = [
    ('[ "$bundle" = "$(printf', '[ -n "$(printf', entries_of_another_number),
    ('[ "$(cat "$tmp/level")" = "$root" ]', "true", swapped_entries),
    ('[ -e "log/$leaf.json" ]', "true", hidden_void), ('[ -z "$hidden" ]', "true", hidden_draw),
    ('.as_of == ([$last, .audit.ends] | min_by(time))', "true", of_tomorrow),
    ('.as_of == ([$last, .audit.ends] | min_by(time))', ".as_of <= ([$last, .audit.ends] | min_by(time))", of_yesterday),
]
"""A check of the script, what takes it away, and the attack that it alone finds."""


@pytest.mark.parametrize(("old", "new", "attack"), WITHOUT, ids=lambda value: getattr(value, "__name__", ""))
def test_a_check_of_the_script_that_is_taken_away_is_missed(
    office: Office, folder: Path, old: str, new: str, attack: Callable[[Path], None]
) -> None:
    file = folder / "verify.sh"
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    attack(folder)
    done = script(office, folder)
    assert (done.returncode, done.stderr) == (0, "")
