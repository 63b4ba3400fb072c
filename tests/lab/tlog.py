"""A reader of a log over HTTP, written from C2SP tlog-tiles and tlog-checkpoint alone; it shares no code with the agent."""

from __future__ import annotations

import hashlib
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.lab.witness import Head, parse_vkey, read_note


def number(index: int) -> str:
    digits = f"{index:03}" if index < 1000 else str(index).zfill(-(-len(str(index)) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{one}" for one in groups[:-1]), groups[-1]])


def merkle(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1: the tree hash of a list of leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + merkle(hashes[:split]) + merkle(hashes[split:])).digest()


@dataclass
class Reader:
    """Reads a log by the address of its directory and its verifier key."""

    url: str
    vkey: str

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/{path}") as answer:
            data: bytes = answer.read()
        return data

    def head(self) -> Head:
        """Return the signed head; raises where no signature of the key is on it."""
        head = read_note(self.get("checkpoint"))
        name, hint, kind, key = parse_vkey(self.vkey)
        assert kind == 1
        (signature,) = [data for signer, one, data in head.signatures if (signer, one) == (name, hint)]
        Ed25519PublicKey.from_public_bytes(key).verify(signature, head.text)
        return head

    def tiles(self, level: int | str, count: int) -> Iterator[bytes]:
        for index in range(-(-count // 256)):
            width = min(256, count - index * 256)
            yield self.get(f"tile/{level}/{number(index)}" + (f".p/{width}" if width < 256 else ""))

    def hashes(self, level: int, size: int) -> list[bytes]:
        data = b"".join(self.tiles(level, size >> (8 * level)))
        return [data[at : at + 32] for at in range(0, len(data), 32)]

    def entries(self, size: int) -> list[bytes]:
        found = []
        for bundle in self.tiles("entries", size):
            at = 0
            while at < len(bundle):
                length = int.from_bytes(bundle[at : at + 2], "big")
                found.append(bundle[at + 2 : at + 2 + length])
                at += 2 + length
        return found
