"""One double and one set of sessions for every case."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import botocore.endpoint
import pytest

from tests.contracts.harness import CaseDouble, Stage


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch, CaseDouble() as double:
        for name, value in double.environ().items():
            if name != "AWS_ENDPOINT_URL":
                patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        # botocore waits between its attempts: the double forgives at once.
        patch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None, time=time.time))
        yield Stage(double)
