"""The commands of docs/verify.md, run as they stand there: they pass on an export, and fail on spoiled ones."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.needs import need
from tests.verify.world import World

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"


def by_hand(world: World, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    need("jq", "openssl", "xxd", "sha256sum")
    found = re.search(r"<!-- begin by-hand -->\n```sh\n(.*?)```\n<!-- end -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    script = found[1].replace("/tmp/", f"{tmp_path}/")
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=world.export, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "KEY": str(world.root / "trust.pem")},
    )


def test_the_commands_pass_on_an_export(world: World, tmp_path: Path) -> None:
    done = by_hand(world, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Signature Verified Successfully") == 2
    assert "records.ndjson: OK" in done.stdout
    assert "Verification: OK" in done.stdout
    assert "Time stamp:" in done.stdout


@pytest.mark.parametrize("name", [
    "export_with_a_changed_record", "export_with_a_changed_proof", "export_with_another_entry",
    "export_with_the_envelope_of_another", "export_of_an_unknown_key", "export_with_a_token_for_another_checkpoint",
    "export_with_a_damaged_file",
])
def test_the_commands_fail_on_a_spoiled_export(world: World, tmp_path: Path, name: str) -> None:
    import importlib

    importlib.import_module(f"tests.verify.attacks.{name}").attack(world)
    assert by_hand(world, tmp_path).returncode != 0
