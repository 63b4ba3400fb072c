"""Secrets planted in every credential, header and environment of a run over all providers are found nowhere after it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest
import yaml
import zstandard

from tests.lab.azure import faults as azure_faults
from tests.lab.clouds import Clouds
from tests.lab.entra import faults as entra_faults
from tests.lab.entra.tokens import SECRET as APPLICATION_SECRET
from tests.lab.estate import Estate

COLLECTORS = {
    "aws": ["aws.backup_restore_jobs", "aws.access_analyzer"],
    "gcp": ["gcp.asset_search", "gcp.storage_buckets", "gcp.service_accounts"],
    "azure": ["azure.role_assignments", "azure.resource_graph_inventory"],
    "entra": ["entra.users", "entra.groups"],
}
PLANTED = {
    "AWS_SECRET_ACCESS_KEY": "canary-aws-secret-1f0c2b7e",
    "AWS_SESSION_TOKEN": "canary-aws-session-88d1c0aa",
    "DATABASE_PASSWORD": "canary-of-another-program-77aa",
    "ALERT_URL": "json://user:canary-alert-password-5512@127.0.0.1:9/?token=canary-alert-token-9981",
}
WORDS = [
    "canary-aws-secret-1f0c2b7e", "canary-aws-session-88d1c0aa", "canary-of-another-program-77aa",
    "canary-alert-password-5512", "canary-alert-token-9981", APPLICATION_SECRET,
]


class Watch:
    """Reads the command lines of every process as long as a run lasts, as any user of the machine can."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._over.wait(0.05):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(file.read_bytes())
                except OSError:
                    continue


def readable(file: Path) -> Iterator[bytes]:
    """Yield a file as it lies there, and as somebody reads it: inflated, and what an envelope carries in base64."""
    data = file.read_bytes()
    yield data
    if file.suffix == ".zst":
        yield zstandard.ZstdDecompressor().stream_reader(data).read()
    if b'"payload"' in data:
        try:
            yield base64.b64decode(json.loads(data)["payload"])
        except (ValueError, KeyError, TypeError):
            return


def configured(folder: Path, clouds: Clouds) -> Path:
    scopes = [{**one, "collectors": {"enable": COLLECTORS[one["provider"]]}} for one in clouds.scopes()]
    settings: dict[str, Any] = {
        "organization": "Example Ltd", "timezone": "UTC", "scopes": scopes,
        "alerts": {"routes": [{"name": "hook", "to": "${ALERT_URL}", "on": ["collector_failing", "missing"]}]},
    }
    file = folder / "annexa.yaml"
    file.write_text(yaml.safe_dump(settings), "utf-8")
    return file


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="command lines are read from /proc")
def test_no_secret_of_a_run_over_all_providers_is_left_anywhere(tmp_path: Path) -> None:
    estate = Estate.load(now=datetime(2026, 11, 24, tzinfo=UTC))
    with Clouds(estate, moto=False) as clouds:
        clouds.azure.double.fault("authorization.role_assignments.list_for_subscription", azure_faults.denied())
        clouds.entra.double.fault("groups", entra_faults.denied())
        config = configured(tmp_path, clouds)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        environ = {**kept, "PYTHONUTF8": "1", **clouds.environment(), **PLANTED}
        outputs = []
        with Watch() as watch:
            for command in (["collect", "-vv"], ["doctor"], ["alerts"], ["evidence", "list", "--json"]):
                argv = (sys.executable, "-m", "agent.cli", "-c", str(config), *command)
                done = subprocess.run(argv, cwd=Path(__file__).parents[2], env=environ, capture_output=True,
                                      check=False, timeout=250)
                outputs.append(done.stdout + done.stderr)
        tokens = [*clouds.entra.double.tokens, *clouds.gcp.double.issuer.tokens]
    assert len(tokens) >= 2, "Microsoft and Google gave tokens"
    assert b"denied" in outputs[0], "errors were told"
    secrets = [word.encode() for word in (*WORDS, *tokens)]
    for said in (*outputs, *watch.seen):
        assert not [one for one in secrets if one in said]
    files = [file for file in (tmp_path / "annexa-data").rglob("*") if file.is_file()]
    assert sum(file.suffix == ".zst" for file in files) >= len(COLLECTORS)
    for file in files:
        for data in readable(file):
            assert not [one for one in secrets if one in data], file
    assert any(b"agent.cli" in line for line in watch.seen), "the command lines were really read"
