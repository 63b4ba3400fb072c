"""Which keys sign, and that the libraries of key services are not loaded for a key in a file."""

from __future__ import annotations

import sys
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.seal.narrow import without
from agent.seal.signing import public_key


def pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_two_kinds_of_key_are_read() -> None:
    own = ed25519.Ed25519PrivateKey.generate()
    found = public_key(pem(own))
    assert (found.keytype, found.scheme) == ("ed25519", "ed25519")
    assert bytes.fromhex(found.keyval["public"]) == own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    curve = public_key(pem(ec.generate_private_key(ec.SECP256R1())))
    assert (curve.keytype, curve.scheme) == ("ecdsa", "ecdsa-sha2-nistp256")


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)])
def test_no_other_key_is_taken(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    with pytest.raises(ValueError, match=r"^it is no Ed25519 key, and none of the curve P-256$"):
        public_key(pem(key))


def test_what_is_no_key() -> None:
    with pytest.raises(ValueError, match=r"^it is no public key in PEM$"):
        public_key(b"-----BEGIN nothing-----")


def _forget(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_what_is_left_out_is_as_if_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget(monkeypatch, "wsgiref", "wsgiref.util", "colorsys")
    with without("wsgiref", "colorsys.part"):
        for name in ("wsgiref", "wsgiref.util"):
            with pytest.raises(ModuleNotFoundError, match=rf"^{name.partition('.')[0]} is left out of this import$") as caught:
                __import__(name)
            assert caught.value.name == "wsgiref"
        import colorsys
    import wsgiref.util

    assert colorsys.rgb_to_hls(0, 0, 0) == (0.0, 0.0, 0.0)
    assert wsgiref.util.guess_scheme({}) == "http"


def test_a_part_of_a_package_is_left_out_and_its_neighbours_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget(monkeypatch, "wsgiref", "wsgiref.util", "wsgiref.headers")
    with without("wsgiref.util"):
        import wsgiref.headers

        with pytest.raises(ModuleNotFoundError, match=r"^wsgiref\.util is left out of this import$") as caught:
            __import__("wsgiref.util")
    assert caught.value.name == "wsgiref.util"
    assert wsgiref.headers.Headers([]).items() == []


def test_another_thread_imports_what_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget(monkeypatch, "wsgiref")
    found = []
    with without("wsgiref"):
        thread = threading.Thread(target=lambda: found.append(__import__("wsgiref").__name__))
        thread.start()
        thread.join()
    assert found == ["wsgiref"]


def test_an_error_within_leaves_nothing_behind() -> None:
    before = list(sys.meta_path)
    with pytest.raises(KeyError), without("wsgiref"):
        raise KeyError
    assert sys.meta_path == before
