"""What the steps of sampling keep of names: nothing that outlives the data key of their scope."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from agent.assembly import App, keeping, samples, sampling
from agent.assembly.packing import Asked as Packed
from agent.assembly.packing import pack
from agent.assembly.populations import Asked
from agent.assembly.sampling import Draw
from agent.collector import Record
from agent.errors import ConfigurationError, StoreError
from agent.model import Account, Boundary, Outcome, Provenance, Window
from agent.verify import places
from tests.export.test_attacks import sums

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NAMES = ("grace.hopper@example.com", "ada.lovelace@example.com", "=edith.clarke@example.com")
CONFIG = """
organization: Example Ltd
timezone: UTC
encryption: file:wrapping.key
mappings: {directories: [own]}
audits:
  - {kind: surveillance, starts: 2026-12-07, ends: 2026-12-09, period: {from: 2026-01-01, to: 2026-12-07}}
scopes:
  - {name: one, provider: aws, regions: [eu-west-1]}
"""
OWN = """
requirements:
  - id: own-accounts
    title: Accounts
    controls: {primary: ["5.16"]}
    kind: account
    collectors: [aws.iam_credential_report]
    cadence: P1D
"""


@dataclass
class Office:
    folder: Path
    at: datetime = NOW

    def clock(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    @contextmanager
    def open(self, *, writer: bool = True) -> Iterator[App]:
        with App.open(str(self.folder / "annexa.yaml"), {}, writer=writer, clock=self.clock) as app:
            yield app

    def verify(self, place: Path) -> None:
        judge = places.folder if place.is_dir() else places.package
        report = judge(place, self.folder / "trust.pem", None, lambda _done, _all: None)
        assert report.holds, [(step.name, step.findings) for step in report.steps if step.refused]

    def holding(self, names: tuple[str, ...] = NAMES) -> list[str]:
        """Return the files of the data directory that name somebody: as text, within zstd, or in base64."""
        words = [name.encode() for name in names]
        words += [base64.b64encode(b" " * pad + name.encode())[4:-4] for name in names for pad in range(3)]
        found = []
        for file in sorted((self.folder / "annexa-data").rglob("*")):
            if file.is_file():
                data = file.read_bytes()
                with contextlib.suppress(zstandard.ZstdError):
                    data += zstandard.ZstdDecompressor().decompressobj().decompress(data)
                if any(word in data for word in words):
                    found.append(str(file.relative_to(self.folder)))
        return found


def asked(office: Office) -> Asked:
    return Asked(requirement="own-accounts", period=Window(datetime(2026, 1, 1, tzinfo=UTC), NOW), as_of=office.clock())


def random(seed: str = "dice", size: int = 2) -> Draw:
    return Draw(seed=seed, size=lambda _n: size, basis={"by": "size", "size": size}, drawn_by="auditor")


def chosen(*ids: str) -> Draw:
    return Draw(method="judgemental", ids=ids, why="they left", size=lambda _n: 0, basis={"by": "judgement"},
                drawn_by="auditor")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A sample by chance and one by judgement, on a population of three people; a result of each."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "requirements.yaml").write_text(OWN)
    (tmp_path / "annexa.yaml").write_text(CONFIG)
    made = Office(tmp_path)
    with made.open() as app:
        app.store.expect("one", [Boundary("one", "aws", "1", regions=("eu-west-1",))], NOW - timedelta(days=300))
        app.owes_anew()
        writer = app.store.new_object("one", "aws.iam_credential_report")
        for name in NAMES:
            writer.write(Record(Account(id=name, principal=name), {"user": name}))
        app.store.submit(writer.close(), Provenance(
            collector="aws.iam_credential_report", collector_version="1", kind="account", scope="one", boundary="1",
            region="", window=None, identity="me", source="provider", started_at=NOW - timedelta(days=1),
            finished_at=NOW - timedelta(days=1), outcome=Outcome.SUCCEEDED, records=3))
        app.store.drain()
        sampling.new(app, asked(made), lambda _found: random())
        sampling.drawn(app, "P1", chosen(*NAMES[:2]))
        samples.record(app, "S1", "1", "pass", "", "Auditor")
        kept = samples.record(app, "S2", NAMES[0], "deviation", "no second factor", "Auditor")
        assert kept["id"] == NAMES[0]
    (tmp_path / "trust.pem").write_bytes((tmp_path / "annexa-data" / "keys" / "signing-key.pub").read_bytes())
    return made


def test_names_are_told_and_kept_nowhere_in_the_clear(office: Office) -> None:
    assert office.holding() == []
    with office.open(writer=False) as app:
        assert [one["id"] for one in samples.sample(app, "S2")["items"]] == list(NAMES[:2])
        assert {one["record"]["principal"] for one in samples.contents(app, "S2")} == set(NAMES[:2])
        with pytest.raises(ConfigurationError) as raised:
            samples.record(app, "S2", "grace.hopper@example.org", "pass", "", "Auditor")
        assert raised.value.advice == "Did you mean 'grace.hopper@example.com'?"
    with office.open() as app:
        assert sampling.drawn(app, "P1", chosen(*NAMES[:2])) == "S2", "the same draw is the same sample"
        assert sampling.drawn(app, "P1", chosen(NAMES[2])) == "S3"
        assert sampling.drawn(app, "P1", random()) == "S1"


def packed(office: Office) -> Path:
    """Return the table of the second sample in an unpacked package."""
    with office.open(writer=False) as app:
        pack(app, Packed(), office.folder / "package.zip")
    shutil.unpack_archive(office.folder / "package.zip", office.folder / "package")
    return office.folder / "package" / "samples" / "S2" / "items.csv"


def test_a_package_has_them_and_holds(office: Office) -> None:
    assert NAMES[0] in packed(office).read_text()
    office.verify(office.folder / "package.zip")


def test_another_id_in_the_table_is_found_by_the_record_beside_it(office: Office) -> None:
    file = packed(office)
    table = file.read_text()
    file.write_text(table.replace(NAMES[0], "grace.murray@example.com", 1))
    sums(office.folder / "package")
    report = places.folder(office.folder / "package", office.folder / "trust.pem", None, lambda _done, _all: None)
    assert any("item 1 is another in id" in one for one in report.named("samples").findings)


def test_after_an_erasure_nobody_can_read_them_and_every_draw_stays(office: Office) -> None:
    with office.open() as app:
        assert keeping.naming(app, "one") == []
        keeping.erase(app, "one", "asked for", "Ada")
        assert office.holding() == []
        found = samples.sample(app, "S2")
        assert [(one["id"], one["result"]) for one in found["items"]] == [(None, "deviation"), (None, None)]
        assert [one["name"] for one in samples.listed(app)[0]["draws"]] == ["S1", "S2"]
        assert samples.evaluate(app, "S1")["pass"] == 1
        samples.record(app, "S1", "2", "pass", "", "Auditor")
        assert app.store.check(deep=True) == []
    office.verify(office.folder / "annexa-data")


def test_without_the_key_they_are_not_told_and_whoever_writes_needs_it(office: Office) -> None:
    key = office.folder / "wrapping.key"
    key.rename(office.folder / "away")
    with office.open(writer=False) as app:
        assert [one["id"] for one in samples.sample(app, "S2")["items"]] == [None, None]
    (office.folder / "away").rename(key)
    with office.open() as app:
        app.store.objects.keys._opened.clear()
        app.store.objects.keys._wrapper = None
        key.unlink()
        with pytest.raises(StoreError, match="is not there"):
            samples.sample(app, "S2")


def test_where_nothing_is_encrypted_ids_stand_as_they_are_and_an_erasure_says_which_stay(office: Office) -> None:
    (office.folder / "annexa.yaml").write_text(CONFIG.replace("encryption: file:wrapping.key\n", "data: ./clear\n"))
    with office.open() as app:
        writer = app.store.new_object("one", "aws.iam_credential_report")
        writer.write(Record(Account(id="x"), {}))
        app.store.submit(writer.close(), Provenance(
            collector="aws.iam_credential_report", collector_version="1", kind="account", scope="one", boundary="1",
            region="", window=None, identity="me", source="provider", started_at=NOW - timedelta(days=1),
            finished_at=NOW - timedelta(days=1), outcome=Outcome.SUCCEEDED, records=1))
        app.store.drain()
        sampling.new(app, asked(office), lambda _found: chosen("x"))
        (row,) = app.store.sampled(step="selection")
        assert [one["id"] for one in json.loads(row.body)["items"]] == ["x"]
        assert "concealed" not in json.loads(row.body)["items"][0]
        assert keeping.naming(app, "one") == ["S1"]
