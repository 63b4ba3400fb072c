"""A small company on the double of AWS, and the agent on it with a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.assembly import App
from tests.lab.aws.double import Double

ACCOUNT = "123456789012"
REGIONS = ("eu-central-1", "eu-west-1")
NOW = datetime(2026, 8, 10, 9, 0, tzinfo=UTC)

CONFIG = """
organization: Example Ltd
timezone: UTC
audits:
  - kind: surveillance
    name: autumn
    starts: 2026-12-07
    ends: 2026-12-09
    period: {{from: 2026-01-01, to: 2026-12-07}}
scopes:
  - name: prod
    provider: aws
    regions: [{regions}]
    endpoint: {endpoint}
    connected: 2025-12-01T00:00:00Z
    collectors: {{enable: [{collectors}]}}
owners: {{backup-owner: restore@example.com, hr: people@example.com}}
{more}
"""


@dataclass
class Company:
    """The double, the configuration file, and the hands on both."""

    double: Double
    folder: Path
    now: datetime = NOW
    collectors: tuple[str, ...] = ("aws.backup_restore_jobs",)
    regions: tuple[str, ...] = REGIONS
    more: str = ""
    environ: dict[str, str] = field(default_factory=dict)

    def write(self) -> Path:
        """Write the configuration as it stands."""
        file = self.folder / "annexa.yaml"
        file.write_text(CONFIG.format(
            regions=", ".join(self.regions), endpoint=self.environ["AWS_ENDPOINT_URL"],
            collectors=", ".join(self.collectors), more=self.more,
        ))
        return file

    @contextmanager
    def app(self, *, writer: bool = True) -> Iterator[App]:
        """Open the agent at the company's instant."""
        with App.open(str(self.write()), self.environ, writer=writer, clock=lambda: self.now) as app:
            yield app

    def restores(self, *jobs: dict[str, Any], region: str | None = None) -> None:
        """Let AWS Backup list these restore jobs, in every region or in one."""
        self.double.script({"backup.list_restore_jobs": [{"RestoreJobs": list(jobs)}]}, region=region)

    def collect(self, **choice: Any) -> list[Any]:
        """Collect once and return the results."""
        with self.app() as app:
            return app.collect(**choice)


def restore(
    name: str, completed: datetime, status: str = "COMPLETED", validation: str = "SUCCESSFUL"
) -> dict[str, Any]:
    """Return a restore job as AWS Backup lists it."""
    return {
        "AccountId": ACCOUNT, "RestoreJobId": name, "ResourceType": "RDS", "Status": status,
        "RecoveryPointArn": f"arn:aws:backup:eu-central-1:{ACCOUNT}:recovery-point:{name}",
        "SourceResourceArn": f"arn:aws:rds:eu-central-1:{ACCOUNT}:db:orders", "PercentDone": "100.00%",
        "CreationDate": completed - timedelta(minutes=20), "CompletionDate": completed,
        "ValidationStatus": validation,
    }


@contextmanager
def company(folder: Path, monkeypatch: Any) -> Iterator[Company]:
    """Start a company; the credentials of the test are in the environment of the process."""
    with Double() as double:
        environ = double.environ(ACCOUNT, REGIONS[0])
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        made = Company(double, folder, environ=environ)
        made.restores()
        yield made
