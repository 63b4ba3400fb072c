"""A witness written from the C2SP specifications alone (signed-note, tlog-checkpoint, tlog-cosignature, tlog-witness).

It shares no code with the agent: notes, proofs and signatures are read and made here anew, so that the two can
disagree. It answers `POST /add-checkpoint` on a port of this machine.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

EM_DASH = "\N{EM DASH}"


def key_id(name: str, kind: int, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def parse_vkey(text: str) -> tuple[str, bytes, int, bytes]:
    """Return name, key ID, type and key of a verifier key."""
    name, number, rest = text.strip().split("+", 2)
    data = base64.b64decode(rest)
    assert bytes.fromhex(number) == key_id(name, data[0], data[1:])
    return name, bytes.fromhex(number), data[0], data[1:]


@dataclass
class Head:
    origin: str
    size: int
    root: bytes
    text: bytes
    signatures: list[tuple[str, bytes, bytes]]


def read_note(data: bytes) -> Head:
    """Read a checkpoint as the specifications say."""
    cut = data.rindex(b"\n\n")
    text, rest = data[: cut + 1], data[cut + 2 :]
    origin, size, root, *extensions = text.decode().splitlines()
    assert all(extensions)
    assert size == str(int(size))
    signatures = []
    for line in rest.decode().splitlines():
        dash, name, blob = line.split(" ")
        assert dash == EM_DASH
        raw = base64.b64decode(blob)
        signatures.append((name, raw[:4], raw[4:]))
    return Head(origin, int(size), base64.b64decode(root), text, signatures)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]) -> bool:
    """RFC 6962, 2.1.2, read backwards: rebuild both roots from the proof, by recursion over the larger tree."""
    hashes = list(proof)

    def down(count: int, size: int, whole: bool) -> tuple[bytes, bytes]:
        if count == size:
            one = old_root if whole else hashes.pop(0)
            return one, one
        split = 1 << ((size - 1).bit_length() - 1)
        if count <= split:
            older, newer = down(count, split, whole)
            return older, _node(newer, hashes.pop(0))
        older, newer = down(count - split, size - split, whole=False)
        left = hashes.pop(0)
        return _node(left, older), _node(left, newer)

    try:
        return down(old, new, whole=True) == (old_root, new_root) and not hashes
    except IndexError:
        return False


@dataclass
class Witness:
    """A witness that knows logs by their verifier keys and remembers the latest head of each."""

    name: str = "witness.example/w1"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    logs: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    latest: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    now: int = 1_800_000_000
    url: str = ""
    broken: int = 0
    asked: list[int] = field(default_factory=list)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([4]) + self.public).decode()}"

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, 4, self.public)

    def trust(self, log_vkey: str) -> None:
        name, number, kind, key = parse_vkey(log_vkey)
        assert kind == 1
        self.logs[name] = (number, key)

    def cosign(self, text: bytes, now: int | None = None) -> bytes:
        """Return the signature line over a note's text."""
        moment = self.now if now is None else now
        signature = self.key.sign(f"cosignature/v1\ntime {moment}\n".encode() + text)
        blob = base64.b64encode(self.key_id + struct.pack(">Q", moment) + signature).decode()
        return f"{EM_DASH} {self.name} {blob}\n".encode()

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer to a request's body."""
        head, _, note = body.partition(b"\n\n")
        first, *proof = head.decode().split("\n")
        word, number = first.split(" ")
        old = int(number)
        if word != "old" or number != str(old) or len(proof) > 63:
            return 400, b""
        checkpoint = read_note(note)
        self.asked.append(old)
        if checkpoint.origin not in self.logs:
            return 404, b""
        if not self._signed(checkpoint):
            return 403, b""
        if old > checkpoint.size:
            return 400, b""
        size, root = self.latest.get(checkpoint.origin, (0, hashlib.sha256(b"").digest()))
        if old != size:
            return 409, f"{size}\n".encode()
        if old == checkpoint.size and root != checkpoint.root:
            return 409, b""
        hashes = [base64.b64decode(line) for line in proof]
        good = not hashes if old == 0 else consistent(old, root, checkpoint.size, checkpoint.root, hashes)
        if not good:
            return 422, b""
        self.latest[checkpoint.origin] = (checkpoint.size, checkpoint.root)
        return 200, self.cosign(checkpoint.text)

    def _signed(self, head: Head) -> bool:
        number, key = self.logs[head.origin]
        for name, hint, signature in head.signatures:
            if (name, hint) == (head.origin, number):
                try:
                    Ed25519PublicKey.from_public_bytes(key).verify(signature, head.text)
                except InvalidSignature:
                    return False
                return True
        return False

    @contextmanager
    def serving(self) -> Iterator[Witness]:
        """Answer on a port until the end of the block."""
        witness, lock = self, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    status, answer = (witness.broken, b"") if witness.broken else witness.add_checkpoint(body)
                if self.path != "/add-checkpoint":
                    status, answer = 404, b""
                self.send_response(status)
                if status == 409 and answer:
                    self.send_header("Content-Type", "text/x.tlog.size")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
                """Say nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
