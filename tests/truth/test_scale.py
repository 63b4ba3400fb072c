"""Eight times the estate: at most eight times the requests and the work. Counted, not timed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.truth.conftest import run

TIMES = 8
COLLECTORS = (
    "aws.backup_*", "aws.iam_users_mfa", "aws.iam_authorization_details", "aws.ec2_inventory", "aws.config_*",
    "aws.securityhub_findings", "aws.inspector_findings", "aws.resource_explorer", "aws.identity_center_*",
)
"""Collectors whose records grow with the estate and whose calls nobody holds back to some a second."""


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the estate costs the agent as it is, and eight times as large; each in a process of its own."""
    chosen = [word for name in COLLECTORS for word in ("--collector", name)]

    def cost(scale: int) -> dict[str, Any]:
        folder: Path = tmp_path_factory.mktemp(f"scale{scale}")
        return run(folder, "--scale", str(scale), *chosen)

    return cost(1), cost(TIMES)


def test_eight_times_the_records(costs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    small, large = costs
    assert TIMES * 0.9 <= large["records"] / small["records"] <= TIMES * 1.1


def test_at_most_eight_times_the_requests(costs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    small, large = costs
    assert large["requests"] <= TIMES * small["requests"]


def test_at_most_eight_times_the_processor(costs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    small, large = costs
    assert large["cpu"] <= TIMES * small["cpu"]


def test_memory_hardly_grows(costs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """The peaks are those at the start, at the end of the runs, and after what they brought was assessed.

    A page of the small estate is not full, one of the large is: several runs hold one each, hence the slack.
    """
    small, large = costs
    for at in (1, 2):
        assert large["peaks"][at] <= 1.15 * small["peaks"][at], (small["peaks"], large["peaks"])
