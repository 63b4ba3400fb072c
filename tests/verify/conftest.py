"""The world that attacks are made on, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.tsa import Authority
from tests.verify.world import World, build, copied


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, made_authority: Authority) -> World:
    return build(tmp_path_factory.mktemp("world") / "it", made_authority)


@pytest.fixture
def world(built: World, tmp_path: Path) -> World:
    """A copy of the world for one test."""
    return copied(built, tmp_path / "world")
