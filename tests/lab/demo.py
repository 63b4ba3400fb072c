"""`python -m tests.lab.demo ESTATE`: the main job on local clouds, with the real program, as a user would.

Writes `.demo/annexa.yaml`, starts the local clouds, and runs annexa: collect, evidence add, status, forecast, alerts.
With `--stay` the clouds run on until Ctrl-C.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.lab import serve
from tests.lab.estate import Estate, documents

PLACE = Path(".demo")
STAY = "--stay"
"""Let the clouds run on when the demo is over."""
ANNEXA = Path(sys.executable).with_name("annexa")


@dataclass(frozen=True)
class Step:
    """One command of the demo, and what is said before it; `may` are the exit statuses that are no fault of it."""

    about: str
    command: tuple[str, ...]
    may: tuple[int, ...] = (0,)


LEAVER = (
    "SELECT scope, boundary, 'account' AS holds, last_used_at FROM account WHERE enabled AND principal LIKE "
    "'peter.former%' AND collector IN ('aws.iam_users_mfa', 'entra.user_activity') UNION "
    "SELECT scope, boundary, role, NULL FROM \"grant\" WHERE collector NOT LIKE '%analyze' AND (principal LIKE "
    "'peter.former%' OR principal IN (SELECT id FROM account WHERE principal LIKE 'peter.former%')) ORDER BY ALL"
)
STEPS = (
    Step(
        "Collect: every collector reads every account, project, subscription and tenant of four clouds, and what comes "
        "is sealed. One bucket, the keys of one project and one region are closed to the agent: collect says so, and "
        "nothing is concluded from what was not read.",
        ("collect",),
        (0, 3),
    ),
    Step(
        "Documents: policies, reviews and the like, which no cloud can show, are brought by people; here as a list.",
        ("evidence", "add", "--list", str(PLACE / "documents" / "documents.yaml"), "--by", "demo"),
    ),
    Step("Query: somebody left half a year ago. What that person still holds, in all clouds.", ("query", LEAVER)),
    Step("Status: how each control of Annex A stands now; the fifteen worst.", ("status", "--limit", "15")),
    Step("Forecast: who must act by when, so that nothing is lacking on audit day.", ("forecast", "--limit", "12")),
    Step("Alerts: what calls somebody now; with routes in the configuration it is sent.", ("alerts", "--limit", "12")),
)
WITHOUT_MFA = "SELECT DISTINCT principal, last_used_at FROM account WHERE type = 'human' AND NOT mfa"
NEXT = (
    ("the one page of a control", ("status", "--control", "8.13")),
    ("how one of the clouds stands by itself", ("status", "--scope", "google", "--limit", "10")),
    ("how everything stands on audit day", ("status", "--as-of", "{audit}", "--limit", "15")),
    ("all that people have to do, and how", ("forecast", "--how")),
    ("the evidence, newest first", ("evidence", "list", "--limit", "10")),
    ("one artifact: who asked the provider for what, and what came", ("evidence", "show", "{artifact}")),
    ("people without a second factor", ("query", WITHOUT_MFA)),
    ("failed backups", ("query", "SELECT resource, occurred_at FROM backup WHERE outcome = 'failed' LIMIT 10")),
    ("whether what is kept is whole", ("store", "check")),
)


@contextmanager
def running(argv: list[str]) -> Iterator[dict[str, Any]]:
    """Serve an estate in a process of its own, and yield what it says of itself; at the end it says more."""
    command = [sys.executable, "-m", "tests.lab.serve", *argv]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(process.wait() or 1)
        about = json.loads(line)
        try:
            yield about
        finally:
            process.terminate()
            about.update(json.loads(process.stdout.readline() or "{}"))


def configuration(file: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration that a user of this estate would write."""
    return {
        "organization": file["organization"]["name"],
        "timezone": file["organization"]["timezone"],
        "data": "./annexa-data",
        "frameworks": ["iso27001-2022", "iso27001-2013"],
        "certificate": file["certificate"],
        "audits": file["audits"],
        "scopes": [{**scope, "connected": file["connected"]} for scope in about["scopes"]],
    }


STRANGE = ("AWS_", "ANNEXA_", "AZURE_", "GOOGLE_", "GCE_", "CLOUDSDK_", "MSI_", "IDENTITY_")
"""How variables begin that would lead a client to a real cloud."""
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


def environment(about: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of the user's shell, without any way to a real cloud, and with those of the local ones."""
    own = {
        name: value for name, value in os.environ.items()
        if not name.startswith(STRANGE) and name not in BUNDLES and not name.lower().endswith("_proxy")
    }
    return {**own, **about["environment"]}


def prepare(estate: Estate, about: Mapping[str, Any], place: Path = PLACE) -> Path:
    """Forget what an earlier demo collected, write configuration and documents, and return the configuration."""
    place.mkdir(parents=True, exist_ok=True)
    for old in ("annexa-data", "documents"):
        shutil.rmtree(place / old, ignore_errors=True)
    documents.write(estate, place / "documents")
    text = yaml.safe_dump(configuration(estate.file, about), sort_keys=False, allow_unicode=True)
    written = place / "annexa.yaml"
    written.write_text(f"# Written by the demo.\n{text}", encoding="utf-8")
    return written


def tell(text: str) -> None:
    """Print a paragraph for the reader of the demo."""
    width = min(100, shutil.get_terminal_size().columns)
    print("\n".join(f"# {line}" for line in textwrap.wrap(text, width - 2)), flush=True)


def shown(config: Path, command: Sequence[str]) -> str:
    """Return a command as a reader types it in this directory."""
    program = Path(os.path.relpath(ANNEXA))
    return " ".join(quoted(word) for word in (str(program), "-c", str(config), *command))


def quoted(word: str) -> str:
    """Return a word as a shell takes it, in double quotes where that reads better."""
    if "'" not in word or set(word) & set("$`\\!"):
        return shlex.quote(word)
    return '"' + word.replace('"', '\\"') + '"'


def run(config: Path, step: Step, env: Mapping[str, str]) -> int:
    """Tell what comes, run it, and return its exit status; 0 where it is one that may be."""
    tell(step.about)
    print(f"$ {shown(config, step.command)}", flush=True)
    began = time.monotonic()
    status = subprocess.run([ANNEXA, "-c", config, *step.command], env=dict(env), check=False).returncode
    print(f"({time.monotonic() - began:.1f} s)\n", flush=True)
    return 0 if status in step.may else status


def newest(config: Path) -> str:
    """Return the beginning of the newest artifact that holds restore tests."""
    asked = ("evidence", "list", "--collector", "aws.backup_restore_jobs", "--json", "-n", "20")
    command = [str(ANNEXA), "-c", str(config), *asked]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["artifacts"]
    return str(next((one["artifact"] for one in listed if one["records"]), "sha256:"))[:19]


def further(config: Path, estate: Estate) -> None:
    """Print what to try next."""
    tell(f"The store stays in {PLACE} until the next demo. To try next, from this directory:")
    audit = max((str(one["ends"]) for one in estate.file["audits"]), default=estate.now.date().isoformat())
    words = {"{artifact}": newest(config), "{audit}": audit}
    for about, command in NEXT:
        print(f"  {shown(config, [words.get(word, word) for word in command])}\n      {about}")


def variables(about: Mapping[str, Any], place: Path = PLACE) -> Path:
    """Write what a shell needs to reach the clouds, as `. FILE` takes it, and return the file."""
    lab = {f"LAB_{scope['provider'].upper()}": scope["endpoint"] for scope in about["scopes"]}
    lines = [f"export {name}={shlex.quote(str(value))}\n" for name, value in {**about["environment"], **lab}.items()]
    written = place / "clouds.env"
    written.write_text("".join(lines), encoding="utf-8")
    return written


def stay(config: Path, about: Mapping[str, Any]) -> None:
    """Let the clouds run until Ctrl-C, for whoever wants to try what happens when they fail."""
    tell("The clouds stay until Ctrl-C. In another shell, from this directory, with faults as docs/lab.md has them:")
    print(f"  . {variables(about)}\n  {shown(config, ('collect', '--scope', 'entra'))}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def held(estate: Estate, about: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each cloud: what the company has there, and where it is served."""
    google, directory = estate.google, estate.directory
    words = {
        "aws": ", ".join(f"{account.name} {account.id}" for account in estate.accounts),
        "gcp": ", ".join(project.id for project in google.projects),
        "azure": ", ".join(one.name for one in estate.subscriptions.all),
        "entra": f"{len(directory.members)} people and guests, {len(directory.applications)} applications",
    }
    for scope in about["scopes"]:
        yield f"{scope['name']:8} {words[scope['provider']]}; at {scope['endpoint']}"


def main(argv: list[str] | None = None) -> int:
    """Run the demo; the first command that fails is the demo's own exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    stays = STAY in given
    given = [one for one in given if one != STAY]
    chosen = serve.arguments(given)
    began = time.monotonic()
    tell("annexa collects evidence for ISO/IEC 27001 and says what will be stale or missing on audit day, while there "
         "is time to act. This demo starts local clouds on this machine, with one company in all of them, and runs "
         "the real program.")
    print(f"$ {shlex.join(['.venv/bin/python', '-m', 'tests.lab.serve', *given])} &", flush=True)
    with running(given) as about:
        estate = Estate.load(chosen.estate, serve.instant(chosen), chosen.scale)
        print(estate.file["organization"]["name"])
        for about_cloud in held(estate, about):
            print(f"  {about_cloud}")
        print(flush=True)
        config = prepare(estate, about)
        for step in STEPS:
            if status := run(config, step, environment(about)):
                return status
        further(config, estate)
        print(f"\nAll of this took {time.monotonic() - began:.0f} s.", flush=True)
        if stays:
            stay(config, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
