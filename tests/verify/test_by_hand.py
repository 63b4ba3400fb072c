"""The commands of docs/verify.md, run as they stand there: they pass on an export, and fail on spoiled ones."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.tsa import Expired
from tests.needs import need
from tests.verify.world import World

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"


def by_hand(world: World, tmp_path: Path, only: int = 0) -> subprocess.CompletedProcess[str]:
    need("jq", "openssl", "xxd", "sha256sum")
    found = re.search(r"<!-- begin by-hand -->\n```sh\n(.*?)```\n<!-- end -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    script = found[1].replace("/tmp/", f"{tmp_path}/")
    if only:
        script = script[script.index(f"# {only}. ") :]
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

    importlib.import_module(f"tests.vectors.attacks.{name}.attack").attack(world)
    assert by_hand(world, tmp_path).returncode != 0


def test_the_time_stamp_passes_after_its_authority_has_expired(
    expired_authority: Expired, world: World, tmp_path: Path
) -> None:
    """Step 7 as it stands there, on an export whose token is of an authority that has expired since."""
    for token in (expired_authority.alone, expired_authority.chained):
        (world.export / "checkpoint").write_bytes(expired_authority.data)
        (world.export / "checkpoint.tsr").write_bytes(token)
        done = by_hand(world, tmp_path, only=7)
        assert done.returncode == 0, done.stderr
        assert "Verification: OK" in done.stdout
        late = expired_authority.authority.stamp(expired_authority.data)
        (world.export / "checkpoint.tsr").write_bytes(late)
        assert by_hand(world, tmp_path, only=7).returncode != 0
