"""Fills the generated parts of configuration.md: run it after a change of the keys or of the example."""

from __future__ import annotations

import re
from pathlib import Path

from agent.config.reference import reference

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "configuration.md"


def filled(page: str) -> str:
    """Return the page with the example and the reference as they are now."""
    example = (ROOT / "config" / "annexa.yaml").read_text("utf-8")
    parts = {"example": f"```yaml\n{example}```\n", "reference": reference()}

    def put(found: re.Match[str]) -> str:
        return f"{found[1]}\n{parts[found[2]]}{found[3]}"

    return re.sub(r"(<!-- begin (\w+) -->)\n.*?(<!-- end -->)", put, page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
