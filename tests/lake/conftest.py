from __future__ import annotations

from pathlib import Path

import pytest

from tests.lake.made import Maker


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    root = tmp_path / "objects"
    root.mkdir()
    return Maker(root)
