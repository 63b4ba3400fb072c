"""Signers: a file, a key of AWS KMS on a local server, what refuses them, and one key after another."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from securesystemslib.dsse import Envelope

from agent.errors import StoreError
from agent.seal.signing import public_key
from agent.store import Store
from agent.store import kms as own_kms
from agent.store.artifact import envelope_path
from agent.verify import Report, places
from tests.fixtures.kms import local_aws
from tests.fixtures.store import START, Place, keep, record


def verified(place: Place, trust: str) -> Report:
    outside = place.data.parent / f"trust-{place.data.name}.pem"
    outside.write_text(trust)
    return places.folder(place.data, outside, None, lambda _done, _all: None)


def trust(store: Store) -> str:
    return "\n".join(era.text() for era in store.eras())


def test_what_the_old_key_signed_stays_trusted_and_no_more(place: Place) -> None:
    with place.open() as store:
        first = keep(store, ["a"])
        record(store)
        old = store.keys.public
        alone = trust(store)
        new = store.rotate("", "the laptop was lost", "Ada")
        assert store.keys.public.keyid == new.keyid != old.keyid
        second = keep(store, ["b"])
        record(store)
        for name in (first, second):
            assert len(list(store.open_artifact(name).records())) == 1
        assert store.check(deep=True) == []
        both = trust(store)
        (act,) = store.acts("key")
        assert (act.subject, act.name, act.by, act.reason) == (new.keyid, old.keyid, "Ada", "the laptop was lost")
    with place.open() as store:
        keep(store, ["c"])
        record(store)
        assert trust(store) == both
    report = verified(place, both)
    assert report.holds, [step.findings for step in report.steps]
    assert f"key {new.keyid[:16]} signs from here on" in " ".join(report.told)
    assert "2 key(s)" in report.trust
    refused = verified(place, alone)
    assert not refused.holds
    assert (place.data / "keys" / "signing-key.pem").stat().st_mode & 0o777 == 0o600
    assert not (place.data / "keys" / "next-key.pem").exists()


def test_three_keys_and_a_rebuild(place: Place) -> None:
    with place.open() as store:
        for name in "abc":
            keep(store, [name])
            record(store)
            store.rotate("", "every year", "Ada")
        assert len(store.eras()) == 4
        before = trust(store)
    place.database = f"sqlite:///{place.data}/again.db"
    result = Store.rebuild(place.database, str(place.data / "artifacts"), data=place.data, clock=lambda: START)
    assert (result.artifacts, result.acts, result.problems) == (3, 3, [])
    with place.open() as store:
        assert trust(store) == before
        assert store.check(deep=True) == []


@pytest.mark.parametrize("step", range(1, 8))
def test_a_change_that_is_cut_off_goes_on_at_the_next_start(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    with place.open() as store:
        keep(store, ["a"])
        record(store)
    left = step
    with monkeypatch.context() as patch:
        for name in ("replace", "unlink"):
            real = getattr(Path, name)

            def counted(path: Path, *given: Any, _real: Any = real, **named: Any) -> Any:
                nonlocal left
                left -= 1
                if left <= 0:
                    raise KeyboardInterrupt
                return _real(path, *given, **named)

            patch.setattr(Path, name, counted)
        try:
            with place.open() as store:
                store.rotate("", "a test", "Ada")
        except KeyboardInterrupt:
            pass
    with place.open() as store:
        keep(store, ["b"])
        record(store)
        assert store.check(deep=True) == []
        told = trust(store)
        changes = store.acts("key")
        assert store.keys.public.keyid == changes[-1].subject if changes else len(store.eras()) == 1
    assert verified(place, told).holds


class Service:
    """A local KMS with keys in it."""

    def __init__(self) -> None:
        self.client: Any = boto3.client("kms")

    def key(self, spec: str = "ECC_NIST_P256") -> str:
        made = self.client.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
        return f"awskms:{made['KeyMetadata']['KeyId']}"


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    def sign(key: Any, message: bytes, signing_algorithm: str) -> bytes:
        """Sign a digest as KMS does; moto (`MessageType`: "not yet implemented") would hash it once more."""
        assert signing_algorithm == "ECDSA_SHA_256"
        found: bytes = key.private_key.sign(message, ec.ECDSA(Prehashed(hashes.SHA256())))
        return found

    monkeypatch.setattr("moto.kms.utils.ECDSAPrivateKey.sign", sign)
    with local_aws(monkeypatch):
        yield Service()


def test_a_key_of_aws_kms_signs_and_its_private_half_is_nowhere(place: Place, kms: Service) -> None:
    place.options["signing"] = kms.key()
    with place.open() as store:
        name = keep(store, ["a"])
        record(store)
        assert store.check(deep=True) == []
        told, envelope = trust(store), store.objects.get(envelope_path(name))
        note = store.objects.get("log/checkpoint")
        line = store.objects.get("log/verifier-key").decode()
    assert not list((place.data / "keys").glob("*.pem"))
    report = verified(place, told)
    assert report.holds, [step.findings for step in report.steps]
    # The signed note by nothing of ours: type 2, the DER of the key, ECDSA with SHA-256 over the text.
    origin, hint, data = line.strip().split("+", 2)
    der = base64.b64decode(data)
    key = load_pem_public_key((place.data / "keys" / "signing-key.pub").read_bytes())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert der == b"\x02" + key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert hint == hashlib.sha256(der[1:]).hexdigest()[:8]
    text, _, signature = note.decode().rpartition("\n\n")
    assert signature.startswith(f"\u2014 {origin} ")
    signed = base64.b64decode(signature.split()[-1])
    assert signed[:4].hex() == hint
    key.verify(signed[4:], f"{text}\n".encode(), ec.ECDSA(hashes.SHA256()))
    # And the envelope by securesystemslib alone.
    Envelope.from_dict(json.loads(envelope)).verify([public_key((place.data / "keys" / "signing-key.pub").read_bytes())], 1)


def test_from_a_file_to_a_kms_and_on_to_another_key_of_it(place: Place, kms: Service) -> None:
    with place.open() as store:
        keep(store, ["a"])
        record(store)
        second = kms.key()
        store.rotate(second, "the file goes", "Ada")
        keep(store, ["b"])
        record(store)
    with pytest.raises(StoreError, match="does not belong to the signing key"), place.open():
        pass
    place.options["signing"] = second
    with place.open() as store:
        keep(store, ["c"])
        record(store)
        third = kms.key()
        store.rotate(third, "every year", "Ada")
        told = trust(store)
    place.options["signing"] = third
    with place.open() as store:
        keep(store, ["d"])
        record(store)
        assert trust(store) == told
        assert store.check(deep=True) == []
    report = verified(place, told)
    assert report.holds, [step.findings for step in report.steps]
    assert "3 key(s)" in report.trust


def test_what_a_kms_refuses_is_one_line(place: Place, kms: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for uri, said in (
        (kms.key("RSA_2048"), "cannot be used"), ("awskms:00000000-0000-4000-8000-000000000000", "cannot be used"),
    ):
        place.options["signing"] = uri
        with pytest.raises(StoreError, match=said) as caught, place.open():
            pass
        assert "\n" not in caught.value.line()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    place.options["signing"] = "awskms:alias/annexa"
    with pytest.raises(StoreError, match="cannot be used: Could not connect"), place.open():
        pass


@pytest.mark.parametrize(("package", "uri", "extra"), [
    ("boto3", "awskms:alias/annexa", "aws"),
    ("google.cloud.kms", "gcpkms:projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1", "gcpkms"),
    ("azure.keyvault.keys", "azurekms://vault.vault.azure.net/keys/annexa", "azurekms"),
])
def test_a_missing_sdk_names_its_extra(package: str, uri: str, extra: str) -> None:
    said = _python(
        f"import sys; sys.modules[{package!r}] = None\n"
        "from agent.errors import StoreError\nfrom agent.store.kms import open_kms\n"
        f"try: open_kms({uri!r})\nexcept StoreError as error: print(error.line())"
    )
    assert said.endswith(f"Install annexa with the extra `{extra}`")


def test_a_key_in_a_file_loads_no_key_service() -> None:
    loaded = _python("import sys, agent.assembly; print(*sys.modules)").split()
    assert not {"boto3", "google.cloud.kms", "azure.identity", "duckdb"} & set(loaded)
    assert "securesystemslib.signer._aws_signer" in loaded


def _python(program: str) -> str:
    """Return the output of a program in an interpreter of its own."""
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip()


def test_signers_of_google_and_azure_are_made_for_their_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    account = tmp_path / "account.json"
    account.write_text(json.dumps({
        "type": "service_account", "project_id": "p", "private_key_id": "1", "private_key": private.decode(),
        "client_email": "annexa@p.iam.gserviceaccount.com", "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
    pem = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    name = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
    for uri in (f"gcpkms:{name}", "azurekms://vault.vault.azure.net/keys/annexa/0123456789abcdef0123456789abcdef"):
        # What the service itself would answer: the public half. Everything after that is the real thing.
        monkeypatch.setattr(own_kms, "_import", lambda _service, _scheme, uri: (uri, public_key(pem)))
        signer = own_kms.open_kms(uri)
        assert type(signer).__name__ == ("GCPSigner" if uri.startswith("gcp") else "AzureSigner")
        assert signer.public_key == public_key(pem)


def test_an_address_that_names_no_key(place: Place) -> None:
    for uri, said in (("vault:x", "is no address of a signing key"), ("azurekms://vault.vault.azure.net/x", "names no key")):
        place.options["signing"] = uri
        with pytest.raises(StoreError, match=said), place.open():
            pass
