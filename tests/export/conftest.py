"""An organization whose auditor comes: stamped documents, one of them hostile, a sample with a result, a void."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.assembly import App, sampling, stamping
from agent.assembly.packing import Asked, pack
from agent.assembly.populations import Asked as Population
from agent.assembly.samples import record
from agent.assembly.sampling import Draw
from agent.export import Written
from agent.model import Window
from agent.verify import Kept, Report, places
from tests.fixtures.tsa import Authority, serve

CONFIG = """\
organization: Example & Söhne
timezone: Europe/Berlin
audits: [{kind: surveillance, starts: 2026-12-07, ends: 2026-12-09, period: {from: 2026-01-01, to: 2026-12-07}}]
"""
START = datetime(2026, 11, 1, 9, tzinfo=UTC)
HOSTILE = ("=HYPERLINK(\"http://evil.example\",\"x\")", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1")
"""Titles that a spreadsheet would run."""
PLAIN = ("Policy & <Rules>", "Zweite Fassung")


@dataclass
class Clock:
    """Goes a minute on each time that it is asked."""

    at: datetime = START

    def __call__(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at


@dataclass
class Office:
    """The organization's folder with its store, and what the auditor has."""

    root: Path
    authority: Authority
    clock: Clock

    @property
    def trust(self) -> Path:
        return self.root / "trust.pem"

    def open(self, *, writer: bool = False) -> App:
        return App.open(str(self.root / "annexa.yaml"), {}, writer=writer, clock=self.clock)

    def pack(self, name: str = "package.zip", **asked: object) -> Path:
        with self.open() as app:
            written: Written = pack(app, Asked(**asked), self.root / name)  # type: ignore[arg-type] # a test's own words
        assert written.file.stat().st_size == written.size
        return written.file

    def unpack(self, package: Path, name: str = "unpacked") -> Path:
        folder = self.root / name
        with zipfile.ZipFile(package) as file:
            file.extractall(folder)
        return folder

    def verify(self, place: Path, kept: bytes | None = None) -> Report:
        mine = Kept("kept", kept) if kept is not None else None
        if place.is_dir():
            return places.folder(place, self.trust, mine, lambda _done, _all: None)
        return places.package(place, self.trust, mine, lambda _done, _all: None)

    @property
    def head(self) -> bytes:
        return (self.root / "annexa-data" / "artifacts" / "log" / "checkpoint").read_bytes()


def add(app: App, titles: Sequence[str], requirement: str = "security-policy") -> list[str]:
    return [
        app.add_document(requirement=requirement, file=None, title=title, version="1", owner="ciso", approved_by="board",
                         occurred_at=datetime(2026, 2, at, tzinfo=UTC), valid_until=None, by="ada")
        for at, title in enumerate(titles, 1)
    ]


def made(root: Path, authority: Authority) -> Office:
    """Make the organization; everything is stamped."""
    root.mkdir()
    (root / "roots.pem").write_bytes(authority.roots)
    (root / "annexa.yaml").write_text(f"{CONFIG}tsa: ['{authority.url}']\ntsa_roots: roots.pem\n", "utf-8")
    office = Office(root, authority, Clock())
    with office.open(writer=True) as app:
        add(app, PLAIN)
        first, *_rest = add(app, HOSTILE)
        add(app, ["Use of assets"], "acceptable-use")
        app.store.void(first, "the wrong file", "Ada")
        asked = Population(requirement="security-policy", period=Window(datetime(2026, 1, 1, tzinfo=UTC), app.clock()),
                           as_of=app.clock())
        draw = Draw(seed="dice 4 2 6", size=lambda _n: 4, basis={"by": "size", "size": 4}, drawn_by="auditor")
        _population, name = sampling.new(app, asked, lambda _found: draw)
        assert name == "S1"
        sampling.drawn(app, "P1", Draw(seed="a", method="systematic", size=lambda _n: 3, basis={"by": "size"},
                                                drawn_by="auditor"))
        record(app, "S1", "1", "pass", "", "Auditor")
        record(app, "S1", "2", "deviation", "=cmd()", "Auditor")
        stamping.stamp(app)
    key = (root / "annexa-data" / "keys" / "signing-key.pub").read_bytes()
    office.trust.write_bytes(key + authority.roots)
    return office


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory, made_authority: Authority) -> Office:
    server = serve(Authority(made_authority.folder))
    try:
        return made(tmp_path_factory.mktemp("office") / "it", next(server))
    finally:
        server.close()


@pytest.fixture
def office(_built: Office, tmp_path: Path) -> Office:
    """A copy of the organization for one test."""
    root = tmp_path / "office"
    shutil.copytree(_built.root, root)
    return Office(root, _built.authority, Clock(_built.clock.at))


@pytest.fixture(scope="session")
def _packed(_built: Office) -> Path:
    return _built.pack("whole.zip", kept=(_built.head,))


@pytest.fixture
def package(_packed: Path) -> Path:
    """The whole package, to be read only."""
    return _packed


@pytest.fixture
def folder(office: Office, package: Path) -> Path:
    """The package unpacked, a test's own."""
    return office.unpack(package)


Attack = Callable[[Path], None]
