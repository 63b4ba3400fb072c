"""docs/lab.md does what it says: its commands are run against a lab, and its menu is the lab's."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.faults.served import served
from tests.lab import demo
from tests.lab.menu import MENU
from tests.needs import need

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "lab.md").read_text(encoding="utf-8")


def test_the_commands(tmp_path: Path) -> None:
    need("curl")
    menu, denied, whole = re.findall(r"```sh\n(.+?)```", PAGE, re.DOTALL)
    with served(tmp_path / demo.PLACE) as lab:
        demo.variables(lab.about, tmp_path / demo.PLACE)

        def run(block: str) -> subprocess.CompletedProcess[str]:
            text = block.replace(".venv/bin/annexa", f"'{sys.executable}' -m agent.cli")
            script = f". {demo.PLACE}/clouds.env\n{text}"
            environ = {**demo.environment(lab.about), "PYTHONPATH": str(ROOT)}
            return subprocess.run(["sh", "-eu"], input=script, cwd=tmp_path, env=environ, text=True,
                                  capture_output=True, check=False, timeout=300)

        for cloud in ("ENTRA", "AWS", "GCP", "AZURE"):
            assert set(json.loads(run(menu.replace("LAB_ENTRA", f"LAB_{cloud}")).stdout)["menu"]) == set(MENU)
        refused = run(denied)
        assert refused.returncode == 3, refused.stderr
        assert "User.Read.All" in refused.stdout + refused.stderr
        assert run(whole).returncode == 0


def test_the_menu() -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(MENU)
