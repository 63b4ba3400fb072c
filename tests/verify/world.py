"""A small store with everything that verification judges, and the tools of somebody who attacks it.

Six artifacts in the log, the second voided, stamped at sizes 3 and 7; the auditor kept the checkpoint
of 4 leaves, holds the trust root outside, and has an export of the first artifact. The attacker has the
signing key where the attack says so.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import zstandard
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.dsse import Envelope

from agent import canonical
from agent.cli import taking
from agent.seal import ArtifactEntry, Checkpoint, Entry, leaf_hash, read_entry, seal_checkpoint, seal_envelope
from agent.seal.merkle import EMPTY
from agent.seal.signing import CryptoSigner
from agent.seal.tiles import bundle, unbundle
from agent.store import Access, Store
from agent.timestamps import Stamper
from agent.verify import Kept, Report, places
from tests.fixtures.store import START, Place, keep, record
from tests.fixtures.tsa import Authority, make
from tests.lab.witness import Witness

VOIDED = 1


@dataclass
class World:
    """The store in `data`, and what lies outside of it; an attack may change any of both."""

    root: Path
    tsa: Path
    artifacts: list[str] = field(default_factory=list)
    kept: bool = True
    key: str = "trust.pem"
    unlock: str = ""
    """What wraps the data keys of encrypted objects, once `encrypt` was called."""

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def export(self) -> Path:
        return self.root / "export"

    @property
    def place(self) -> Place:
        options = {"encryption": self.unlock} if self.unlock else {}
        return Place(self.data, f"sqlite:///{self.data / 'annexa.db'}", options=options)

    def file(self, path: str) -> Path:
        return self.data / "artifacts" / path

    @property
    def authority(self) -> Authority:
        return Authority(self.tsa)

    # What the auditor does.

    def verify(self, subject: str = "store") -> Report:
        """Verify the store, the export, or an artifact by its number."""
        kept = Kept("kept", (self.root / "kept").read_bytes()) if self.kept else None
        key = self.root / self.key
        if subject == "store":
            return places.folder(self.data, key, kept, lambda _done, _all: None, self.unlock)
        if subject == "export":
            return places.folder(self.export, key, kept, lambda _done, _all: None)
        with self.place.open(writer=False) as store:
            return places.artifact(store, self.artifacts[int(subject)], key, [self.data], kept)

    @contextmanager
    def agent(self, days: int = 0) -> Iterator[Store]:
        """Open the store as the agent would so many days later."""
        place = self.place
        place.now = START + timedelta(days=days, hours=1)
        place.options["stamped"] = True
        with place.open() as store:
            yield store

    def encrypt(self, names: Iterable[str], scope: str = "prod") -> int:
        """Record a run of a scope whose object is encrypted; returns the number of its artifact."""
        self.unlock = f"file:{self.root / 'wrapping.key'}"
        with self.agent() as store:
            at = START + timedelta(minutes=len(self.artifacts))
            self.artifacts.append(keep(store, names, scope=scope, started_at=at))
            record(store)
        return len(self.artifacts) - 1

    def erase(self, scope: str) -> None:
        with self.agent() as store:
            store.erase(scope, "asked for", "Ada", START + timedelta(hours=1))

    @property
    def data_keys(self) -> Path:
        return self.data / "keys" / "data-keys.json"

    def sample(self) -> None:
        """Log a population and two draws on it, as `annexa sample draw` does."""
        facts = {"root": "ab" * 32, "size": 2}
        with self.place.open() as store:
            store.keep_step("population", facts, facts)
            for seed in ("the first", "the second"):
                draw = {"population": "P1", "seed": seed}
                store.keep_step("draw", draw, draw)

    def document_of(self, seed: str) -> Path:
        """Return the document of a draw by its seed."""
        return next(file for file in self.file("samples").rglob("*.json") if seed in file.read_text())

    def cosign(self, witness: Witness | None = None, note: bytes | None = None, *, hours: int = 1) -> Path:
        """Have the head cosigned an hour after the start, and believe its witness; returns the kept note."""
        witness = witness or Witness()
        note = note or self.file("log/checkpoint").read_bytes()
        trust = self.root / "trust.pem"
        trust.write_text(f"{trust.read_text()}Witness: {witness.vkey}\n")
        line = witness.cosign(note.split(b"\n\n")[0] + b"\n", int((START + timedelta(hours=hours)).timestamp()))
        kept = self.file(f"log/cosignatures/{int(note.splitlines()[1]):012}/{witness.key_id.hex()}")
        self.write(kept, note + line)
        return kept

    # What the attacker does.

    def write(self, path: Path | str, data: bytes) -> None:
        """Overwrite a file, write-protected or not."""
        file = self.file(path) if isinstance(path, str) else path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            file.chmod(0o644)
        file.write_bytes(data)

    def sql(self, statement: str, *values: Any) -> None:
        with sqlite3.connect(self.data / "annexa.db") as connection:
            connection.execute(statement, values)
        connection.close()

    def object_of(self, number: int) -> Path:
        return self.file(self.statement(number)["subject"][0]["name"])

    def envelope_of(self, number: int) -> Path:
        digest = self.artifacts[number].removeprefix("sha256:")
        return self.file(f"envelopes/{digest[:2]}/{digest}.json")

    def statement(self, number: int) -> dict[str, Any]:
        envelope = canonical.loads(self.envelope_of(number).read_bytes())
        found: dict[str, Any] = canonical.loads(base64.b64decode(envelope["payload"]))
        return found

    def signer(self) -> CryptoSigner:
        """Return the signing key, of which the attacker has got hold."""
        pem = (self.data / "keys" / "signing-key.pem").read_bytes()
        return CryptoSigner(load_pem_private_key(pem, None))

    def entries(self) -> list[Entry]:
        data = self.file("log/tile/entries/000.p/" + str(self.size)).read_bytes()
        return [read_entry(one) for one in unbundle(data)]

    @property
    def size(self) -> int:
        return int(self.file("log/checkpoint").read_bytes().split(b"\n")[1])

    @property
    def origin(self) -> str:
        return self.file("log/checkpoint").read_text().split("\n")[0]

    def relog(self, entries: Sequence[Entry | bytes], signer: CryptoSigner | None = None) -> None:
        """Write the whole log anew over other entries and sign it; the catalog is left to the attack."""
        origin = self.origin
        shutil.rmtree(self.file("log/tile"))
        data = [one if isinstance(one, bytes) else one.write() for one in entries]
        hashes = [leaf_hash(one) for one in data]
        self.write(f"log/tile/entries/000.p/{len(data)}", bundle(data))
        self.write(f"log/tile/0/000.p/{len(data)}", b"".join(hashes))
        head = Checkpoint(origin, len(data), EMPTY.extend(hashes).root())
        self.write("log/checkpoint", seal_checkpoint(head, signer or self.signer()))

    def reseal(self, number: int, envelope: bytes) -> None:
        """Put another envelope in the place of an artifact's, and its digest into a log signed anew."""
        self.write(self.envelope_of(number), envelope)
        digest = hashlib.sha256(envelope).hexdigest()
        entries = self.entries()
        at = self.leaf_of(number)
        found = entries[at]
        assert isinstance(found, ArtifactEntry)
        entries[at] = replace(found, envelope=digest)
        self.relog(entries)
        self.sql("UPDATE artifact SET envelope = ? WHERE id = ?", digest, self.artifacts[number])

    def leaf_of(self, number: int) -> int:
        return next(one.index for one in self.entries()
                    if isinstance(one, ArtifactEntry) and one.artifact == self.artifacts[number])

    def later(self, kind: str, **more: Any) -> bytes:
        """Return the data of an entry for the end of the log, of a type that is not known yet."""
        at = canonical.timestamp(START + timedelta(hours=1))
        return canonical.document({"type": kind, "index": self.size, "recorded_at": at, **more})

    def replace_entry(self, number: int, **changes: Any) -> None:
        """Change fields of an artifact's entry in a log signed anew."""
        entries, at = self.entries(), self.leaf_of(number)
        entries[at] = replace(entries[at], **changes)
        self.relog(entries)

    def seal(self, statement: dict[str, Any], signer: CryptoSigner | None = None) -> bytes:
        return seal_envelope(canonical.document(statement), signer or self.signer())

    def unsigned(self, envelope: bytes) -> bytes:
        """Return an envelope whose signature is one over something else."""
        other = Envelope.from_dict(canonical.loads(self.seal({"another": "statement"}))).signatures
        changed = Envelope.from_dict(canonical.loads(envelope))
        changed.signatures = other
        return canonical.document(changed.to_dict())

    def nothing_outside(self) -> None:
        """Take away the kept checkpoint and the stamps: only what the store itself holds speaks."""
        self.kept = False
        shutil.rmtree(self.file("log/timestamps"), ignore_errors=True)

    def stamps(self, size: int) -> Path:
        return self.file(f"log/timestamps/{size:012}")

    def sums(self) -> None:
        """Write SHA256SUMS of the export anew, as somebody who changed a file in it would."""
        names = sorted(one.name for one in self.export.iterdir() if one.name != "SHA256SUMS")
        lines = [f"{hashlib.sha256((self.export / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
        (self.export / "SHA256SUMS").write_text("".join(lines))


def many() -> list[str]:
    """Return names that do not compress: an object of them has several chunks."""
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(20_000)]


def squeeze(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def unsqueeze(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


def fill(store: Store, place: Place, names: Iterable[str]) -> list[str]:
    """Record a run for each name, a minute apart."""
    made = []
    for name in names:
        place.now += timedelta(minutes=1)
        made.append(keep(store, [f"{name}-1", f"{name}-2"], started_at=place.now - timedelta(seconds=10)))
        record(store)
    return made


def stamp(store: Store, authority: Authority) -> None:
    """Stamp the newest checkpoint alone."""
    for path in sorted(store.objects.list("log/queue/"))[:-1]:
        store.objects.delete(path)
    Stamper(store.objects, store.objects.staging.parent.parent, ["tsa"], lambda: START,
            asking=lambda _url, note, _certificates: authority.stamp(note)).run()


def build(root: Path, authority: Authority) -> World:
    """Build the world once; tests take copies of it."""
    world = World(root, authority.folder)
    place = world.place
    place.options["stamped"] = True
    with place.open() as store:
        world.artifacts += fill(store, place, ["a", "b", "c"])
        stamp(store, authority)
        world.artifacts += fill(store, place, ["d"])
        (root / "kept").write_bytes(store.objects.get("log/checkpoint"))
        world.artifacts += fill(store, place, ["e"])
        store.void(world.artifacts[VOIDED], "taken with the wrong role", "Ada")
        world.artifacts += fill(store, place, ["f"])
        stamp(store, authority)
        taking.take(store, world.artifacts[0], world.export, kept=(root / "kept").read_bytes())
    pem = (world.data / "keys" / "signing-key.pub").read_bytes()
    (root / "trust.pem").write_bytes(b"# given to the auditor\n" + pem + authority.roots)
    return world


def copied(world: World, root: Path) -> World:
    shutil.copytree(world.root, root)
    return World(root, world.tsa, list(world.artifacts))


def looked(world: World) -> None:
    """Let the auditor look at an artifact, and the agent put that into the log."""
    with world.agent() as store:
        store.note(Access(
            at=START, action="view", artifact=world.artifacts[0], who="auditor", host="desk", client="annexa evidence"
        ))
        store.drain()


__all__ = ["START", "World", "build", "copied", "fill", "looked", "make", "many", "squeeze", "stamp", "unsqueeze"]
