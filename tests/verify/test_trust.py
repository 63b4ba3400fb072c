"""The trust root: keys with spans, certificates, and what is refused of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.errors import ConfigurationError, VerificationError
from agent.seal import Checkpoint, seal_checkpoint
from agent.seal.signing import CryptoSigner
from agent.store.keys import public_pem
from agent.verify import read_trust
from tests.fixtures.tsa import Authority
from tests.lab.witness import Witness
from tests.verify.world import World

OLD, NEW = CryptoSigner.generate_ed25519(), CryptoSigner.generate_ed25519()


def pem(signer: CryptoSigner) -> str:
    return public_pem(signer.public_key).decode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trust.pem"


def test_a_public_key_alone_is_a_trust_root(file: Path) -> None:
    file.write_text(pem(OLD))
    trust = read_trust(file)
    assert [one.key.keyid for one in trust.keys] == [OLD.public_key.keyid]
    assert trust.at(datetime(1970, 1, 1, tzinfo=UTC))
    assert str(file) in trust.line()


def test_a_key_is_believed_within_its_span(file: Path) -> None:
    file.write_text(
        f"# the first key\nUntil: 2026-07-01T00:00:00Z\n{pem(OLD)}\n# the second\nFrom: 2026-07-01T00:00:00+00:00\n"
        f"Until: 2027-07-01T00:00:00Z\n{pem(NEW)}"
    )
    trust = read_trust(file)

    def at(*when: int) -> list[str]:
        return [key.keyid for key in trust.at(datetime(*when, tzinfo=UTC))]  # type: ignore[misc,arg-type] # a date

    assert at(2026, 6, 30, 23, 59, 59) == [OLD.public_key.keyid]
    assert at(2026, 7, 1) == [NEW.public_key.keyid]
    assert at(2027, 6, 30, 23, 59, 59) == [NEW.public_key.keyid]
    assert at(2027, 7, 1) == []


def test_each_key_opens_its_own_notes(file: Path) -> None:
    file.write_text(pem(OLD) + pem(NEW))
    trust = read_trust(file)
    for signer in (OLD, NEW):
        note = seal_checkpoint(Checkpoint("a/log", 1, b"\1" * 32), signer)
        checkpoint, key = trust.open_note(note)
        assert (checkpoint.size, key.key.keyid) == (1, signer.public_key.keyid)
        with pytest.raises(VerificationError, match="of the log a/log, not of b/log"):
            trust.open_note(note, "b/log")
    with pytest.raises(VerificationError, match="no signature"):
        trust.open_note(seal_checkpoint(Checkpoint("a/log", 1, b"\1" * 32), CryptoSigner.generate_ed25519()))


def test_certificates_stand_in_the_same_file(file: Path, made_authority: Authority) -> None:
    file.write_bytes(made_authority.roots + pem(OLD).encode())
    trust = read_trust(file)
    assert (len(trust.keys), len(trust.certificates)) == (1, 2)


def test_witnesses_stand_in_the_same_file(file: Path) -> None:
    one, two = Witness("one.example"), Witness("two.example")
    file.write_text(f"# who watches\nWitness: {one.vkey}\n{pem(OLD)}Witness: {two.vkey}\n")
    trust = read_trust(file)
    assert [found.name for found in trust.witnesses] == ["one.example", "two.example"]
    assert "2 witness(es)" in trust.line()


@pytest.mark.parametrize(("text", "said"), [
    ("Witness: one.example+00000000+BAAA\n" + pem(OLD), "names the witness 'one.example"),
    ("", "holds no public key"),
    ("Untill: 2026-07-01T00:00:00Z\n" + pem(OLD), "says 'Untill"),
    ("Until: 2026-07-01\n" + pem(OLD), "says 'Until: 2026-07-01'"),
    ("Until: soon\n" + pem(OLD), "says 'Until: soon'"),
    (pem(OLD) + "From: now", "says 'From: now'"),
    (pem(OLD).replace("MCow", "MCoX"), "damaged public key"),
    ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds a private key"),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "damaged certificate"),
])
def test_what_is_no_trust_root_is_refused(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=said) as caught:
        read_trust(file)
    assert "\n" not in caught.value.line()


def test_a_trust_root_that_is_not_there(file: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_trust(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="no PEM"):
        read_trust(file)


@pytest.mark.parametrize("subject", ["store", "export", "0"])
def test_a_trust_root_within_what_it_judges_is_refused(world: World, subject: str) -> None:
    world.key = "export/public-key.pem" if subject == "export" else "data/keys/signing-key.pub"
    with pytest.raises(ConfigurationError, match="which it is to judge"):
        world.verify(subject)
    link = world.root / "linked.pem"
    link.symlink_to(world.root / world.key)
    world.key = "linked.pem"
    with pytest.raises(ConfigurationError, match="which it is to judge"):
        world.verify(subject)
