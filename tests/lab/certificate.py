"""A certificate for this machine alone, made when the lab starts; all doubles show it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from tests.lab.entra.certificate import certificate


@dataclass(frozen=True)
class Shown:
    """The file with key and certificate, and the file of the certificate alone, which clients are told to trust."""

    both: Path
    public: Path

    @classmethod
    def made(cls) -> Shown:
        """Make a key and its certificate for `localhost` and 127.0.0.1."""
        return cls.of(certificate())

    @classmethod
    def of(cls, both: Path) -> Shown:
        """Return what is shown of a file that holds a key and its certificate."""
        text = both.read_text(encoding="ascii")
        public = both.with_name("trusted.pem")
        public.write_text(text[text.index("-----BEGIN CERTIFICATE"):], encoding="ascii")
        return cls(both, public)

    def context(self) -> ssl.SSLContext:
        """Return the context of a server that speaks HTTP/2 and HTTP/1.1."""
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.load_cert_chain(self.both)
        found.set_alpn_protocols(["h2", "http/1.1"])
        return found
