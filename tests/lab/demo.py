"""`python -m tests.lab.demo ESTATE`: the main job on a local cloud, with the real program, as a user would.

Writes `.demo/annexa.yaml`, starts the local AWS, and runs annexa: collect, status, forecast, alerts.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.lab import serve

PLACE = Path(".demo")
ANNEXA = Path(sys.executable).with_name("annexa")
COMMANDS = (("collect",), ("status",), ("forecast",), ("alerts",))
MAY = {"collect": (0, 3)}
"""Exit statuses that are no fault of the demo: the estate has refused regions, and collect says so."""


@contextmanager
def running(argv: list[str]) -> Iterator[dict[str, Any]]:
    """Serve an estate in a process of its own, and yield what it says of itself."""
    command = [sys.executable, "-m", "tests.lab.serve", *argv]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise SystemExit(process.wait() or 1)
            yield json.loads(line)
        finally:
            process.terminate()


def configuration(file: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration that a user of this estate would write."""
    scope = {
        "name": "aws",
        "provider": "aws",
        "endpoint": about["endpoint"],
        "regions": about["regions"],
        "organization": {"accounts": "all", "member_role": "annexa"},
        "connected": file["connected"],
    }
    return {
        "organization": file["organization"]["name"],
        "timezone": file["organization"]["timezone"],
        "data": "./annexa-data",
        "frameworks": ["iso27001-2022", "iso27001-2013"],
        "certificate": file["certificate"],
        "audits": file["audits"],
        "scopes": [scope],
    }


def environment(about: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of the user's shell: keys of the management account, and the local cloud.

    The proxy is the cloud itself: S3 Control puts the account's number into the host's name.
    """
    first = next(iter(about["access_keys"].values()))
    own = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "ANNEXA_")) and k.lower() != "no_proxy"}
    return {
        **own,
        "AWS_ENDPOINT_URL": about["endpoint"],
        "AWS_ACCESS_KEY_ID": first,
        "AWS_SECRET_ACCESS_KEY": "lab",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HTTP_PROXY": about["endpoint"],
    }


def prepare(estate: Path, about: Mapping[str, Any]) -> None:
    """Write the configuration and forget what an earlier demo collected."""
    PLACE.mkdir(exist_ok=True)
    shutil.rmtree(PLACE / "annexa-data", ignore_errors=True)
    file = yaml.safe_load(estate.read_text(encoding="utf-8"))
    text = yaml.safe_dump(configuration(file, about), sort_keys=False, allow_unicode=True)
    (PLACE / "annexa.yaml").write_text(f"# Written by the demo.\n{text}", encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    """Run the demo; the first command that fails is the demo's own exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    estate = serve.arguments(given).estate
    print(f"$ {shlex.join(['python', '-m', 'tests.lab.serve', *given])} &", flush=True)
    began = time.monotonic()
    with running(given) as about:
        accounts = ", ".join(f"{name} {number}" for name, number in about["accounts"].items())
        print(f"a local AWS at {about['endpoint']} after {time.monotonic() - began:.1f} s: {accounts}\n", flush=True)
        prepare(estate, about)
        for command in COMMANDS:
            print(f"$ annexa {shlex.join(command)}", flush=True)
            status = subprocess.run([ANNEXA, *command], cwd=PLACE, env=environment(about), check=False).returncode
            print(flush=True)
            if status not in MAY.get(command[0], (0,)):
                return status
    print(f"The store stays in {PLACE}: cd {PLACE} && {ANNEXA} evidence list", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
