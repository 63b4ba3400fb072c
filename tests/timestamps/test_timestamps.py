"""Time stamps from a real authority: judged by the library and by OpenSSL, queued, asked for, backed off."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from agent.errors import RetriableError, VerificationError
from agent.store import Store
from agent.timestamps import Stamper, ask, read_stamp, verify_stamp, waiting
from tests.fixtures.store import Place, keep, record
from tests.fixtures.tsa import Authority, Expired

NOTE = b"example/log\n1\nroot\n\n\xe2\x80\x94 signature\n"


def certificates(authority: Authority) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(authority.roots)


@pytest.mark.parametrize("chain", [False, True], ids=["alone", "with the chain"])
class TestToken:
    def test_a_good_token_is_believed(self, authority: Authority, chain: bool) -> None:
        authority.chain = chain
        before = datetime.now(UTC).replace(microsecond=0)
        got = ask(authority.url, NOTE, certificates(authority))
        stamp = verify_stamp(got, NOTE, certificates(authority))
        assert before <= stamp.at <= datetime.now(UTC)
        assert stamp == read_stamp(got)
        assert stamp.nonce is not None

    def test_who_decides(self, authority: Authority, chain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """The library reads a token with one certificate; an unsorted chain is left to OpenSSL."""
        authority.chain = chain
        got = authority.stamp(NOTE)
        monkeypatch.setattr("shutil.which", lambda _name: None)
        if chain:
            with pytest.raises(VerificationError, match="openssl is not installed"):
                verify_stamp(got, NOTE, certificates(authority))
        else:
            verify_stamp(got, NOTE, certificates(authority))

    def test_other_data_is_refused(self, authority: Authority, chain: bool) -> None:
        authority.chain = chain
        with pytest.raises(VerificationError, match="over something else"):
            verify_stamp(authority.stamp(NOTE), NOTE + b"x", certificates(authority))

    def test_another_root_is_refused(
        self, authority: Authority, other_authority: Authority, chain: bool
    ) -> None:
        authority.chain = chain
        with pytest.raises(VerificationError, match="openssl refuses" if chain else "is not believed"):
            verify_stamp(authority.stamp(NOTE), NOTE, certificates(other_authority))

    def test_a_token_over_another_digest_than_sha_256(self, authority: Authority, chain: bool, tmp_path: Path) -> None:
        other = Authority(tmp_path / "other", chain=chain)
        shutil.copytree(authority.folder, other.folder)
        config = other.folder / "tsa.cnf"
        config.write_text(config.read_text().replace("digests = sha256", "digests = sha256, sha512"))
        (other.folder / "note").write_bytes(NOTE)
        subprocess.run(["openssl", "ts", "-query", "-data", "note", "-sha512", "-cert", "-out", "asked"],
                       cwd=other.folder, check=True, capture_output=True)
        token = other.answer((other.folder / "asked").read_bytes())
        with pytest.raises(VerificationError, match="over a SHA-256"):
            read_stamp(token)

    def test_without_a_root_nothing_is_believed(self, authority: Authority, chain: bool) -> None:
        authority.chain = chain
        with pytest.raises(VerificationError, match="names no certificate"):
            verify_stamp(authority.stamp(NOTE), NOTE, [])

    def test_each_damaged_byte_of_the_signature_is_refused(self, authority: Authority, chain: bool) -> None:
        authority.chain = chain
        got = authority.stamp(NOTE)
        for back in range(1, 60, 7):
            spoiled = got[:-back] + bytes([got[-back] ^ 1]) + got[len(got) - back + 1 :]
            with pytest.raises(VerificationError):
                verify_stamp(spoiled, NOTE, certificates(authority))

    def test_openssl_agrees(self, authority: Authority, chain: bool, tmp_path: Path) -> None:
        authority.chain = chain
        (tmp_path / "note").write_bytes(NOTE)
        (tmp_path / "token").write_bytes(ask(authority.url, NOTE))
        (tmp_path / "roots").write_bytes(authority.roots)
        done = subprocess.run(
            "openssl ts -verify -data note -in token -CAfile roots -untrusted roots", shell=True, cwd=tmp_path,
            capture_output=True, text=True, check=True,
        )
        assert "Verification: OK" in done.stdout


def test_an_openssl_that_does_not_answer_is_not_believed(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program of that name that ends well and says nothing, and a file that is no program."""
    authority.chain = True
    token = authority.stamp(NOTE)
    real = shutil.which("openssl")
    monkeypatch.setattr("shutil.which", lambda _name: str(tmp_path / "openssl"))
    (tmp_path / "openssl").write_text(
        f'#!/bin/sh\ncase "$2" in -reply) exec {real} "$@";; esac\n')
    (tmp_path / "openssl").chmod(0o644)
    with pytest.raises(VerificationError, match="could not be asked"):
        verify_stamp(token, NOTE, certificates(authority))
    (tmp_path / "openssl").chmod(0o755)
    with pytest.raises(VerificationError, match="does not say that the time stamp is good"):
        verify_stamp(token, NOTE, certificates(authority))


@pytest.mark.parametrize("chain", [False, True], ids=["by the library", "by OpenSSL"])
class TestExpired:
    """The authority's certificate has expired since: what it said while it held is believed, as of then."""

    def test_a_token_of_before_is_believed(self, expired_authority: Expired, chain: bool) -> None:
        token = expired_authority.chained if chain else expired_authority.alone
        stamp = verify_stamp(token, expired_authority.data, certificates(expired_authority.authority))
        assert stamp.at < datetime.now(UTC)

    def test_a_token_of_after_is_refused(self, expired_authority: Expired, chain: bool) -> None:
        late = Authority(expired_authority.authority.folder, chain=chain)
        token = late.stamp(expired_authority.data)
        with pytest.raises(VerificationError, match="time stamp"):
            verify_stamp(token, expired_authority.data, certificates(late))


@pytest.mark.parametrize("text", [b"", b"no token", b"\x30\x03\x02\x01\x00", b"\x30\x05\x30\x03\x02\x01\x02"])
def test_what_is_no_token_is_refused(text: bytes) -> None:
    with pytest.raises(VerificationError):
        read_stamp(text)


def test_an_answer_to_another_question_is_refused(authority: Authority) -> None:
    authority.garbage = Authority(authority.folder).stamp(NOTE)
    with pytest.raises(VerificationError, match="another question"):
        ask(authority.url, NOTE)
    with pytest.raises(VerificationError, match="something else"):
        ask(authority.url, NOTE + b"x")


def test_an_authority_that_does_not_answer(authority: Authority) -> None:
    authority.refuses = True
    with pytest.raises(RetriableError, match="answers 503"):
        ask(authority.url, NOTE)
    authority.refuses, authority.garbage = False, b"x" * 70_000
    with pytest.raises(RetriableError, match="no time stamp"):
        ask(authority.url, NOTE)
    with pytest.raises(RetriableError, match="does not answer"):
        ask("http://127.0.0.1:1/", NOTE)


@dataclass
class Queued:
    place: Place
    store: Store
    urls: list[str] = field(default_factory=list)

    def stamper(self, *urls: str) -> Stamper:
        return Stamper(self.store.objects, self.place.data, urls, lambda: self.place.now)

    def publish(self, *names: str) -> None:
        for name in names:
            keep(self.store, [name])
            record(self.store)


@pytest.fixture
def queued(place: Place) -> Iterator[Queued]:
    place.options["stamped"] = True
    with place.open() as store:
        yield Queued(place, store)


def test_each_checkpoint_is_queued_and_stamped(queued: Queued, authority: Authority) -> None:
    queued.publish("a", "b", "c")
    line = waiting(queued.store.objects, queued.place.data).line()
    assert line == "3 checkpoints are not yet timestamped"
    done = queued.stamper(authority.url).run()
    assert (done.tokens, done.waiting) == (3, 0)
    assert waiting(queued.store.objects, queued.place.data, [authority.url]).line() == ""
    for size in (1, 2, 3):
        folder = queued.place.file(f"log/timestamps/{size:012}")
        note = (folder / "checkpoint").read_bytes()
        assert note.split(b"\n")[1] == b"%d" % size
        verify_stamp((folder / "token.tsr").read_bytes(), note, certificates(authority))
    assert queued.stamper(authority.url).run().tokens == 0


def test_the_second_authority_is_asked_where_the_first_fails(
    queued: Queued, authority: Authority, other_authority: Authority
) -> None:
    authority.refuses = True
    queued.publish("a")
    assert queued.stamper(authority.url, other_authority.url).run().tokens == 1
    assert (authority.asked, other_authority.asked) == (1, 1)


def test_nothing_is_skipped_in_silence_and_the_wait_grows(queued: Queued, authority: Authority) -> None:
    authority.refuses = True
    queued.publish("a", "b")
    assert queued.stamper(authority.url).run().waiting == 2
    found = waiting(queued.store.objects, queued.place.data)
    assert found.line() == (
        f"2 checkpoints are not yet timestamped: {authority.url} answers 503 Service Unavailable; "
        "asked again after 2026-03-01T12:00:30Z"
    )
    queued.stamper(authority.url).run()
    assert authority.asked == 1
    for wait in (30, 60, 120):
        queued.place.now += timedelta(seconds=wait)
        queued.stamper(authority.url).run()
        again = waiting(queued.store.objects, queued.place.data).asked_again
        assert again == queued.place.now + timedelta(seconds=2 * wait)
    assert authority.asked == 4
    authority.refuses = False
    queued.place.now += timedelta(seconds=240)
    assert queued.stamper(authority.url).run().waiting == 0
    assert waiting(queued.store.objects, queued.place.data).line() == ""


def test_a_store_that_was_never_stamped_is_stamped_from_now_on(place: Place, authority: Authority) -> None:
    with place.open() as store:
        keep(store, ["a"])
        record(store)
        assert waiting(store.objects, place.data).count == 0
        assert waiting(store.objects, place.data, [authority.url]).line() == "1 checkpoint is not yet timestamped"
        assert Stamper(store.objects, place.data, [authority.url], lambda: place.now).run().tokens == 1


def test_the_newest_goes_first_and_a_long_queue_is_worked_off_in_parts(
    queued: Queued, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.timestamps.stamper.AT_ONCE", 2)
    queued.publish("a", "b", "c")
    assert queued.stamper(authority.url).run().waiting == 1
    assert not queued.place.file("log/timestamps/000000000001").exists()
    assert queued.stamper(authority.url).run().waiting == 0


def test_a_token_of_an_untrusted_authority_is_not_kept(
    queued: Queued, authority: Authority, other_authority: Authority
) -> None:
    queued.publish("a")
    stamper = queued.stamper(other_authority.url)
    stamper.certificates = certificates(authority)
    assert stamper.run().waiting == 1
    assert "not believed" in waiting(queued.store.objects, queued.place.data).line()


def test_a_damaged_state_only_asks_again(queued: Queued, authority: Authority) -> None:
    queued.publish("a")
    (queued.place.data / "timestamps.json").write_text("[")
    assert queued.stamper(authority.url).run().tokens == 1

