"""The format of encrypted objects: what goes in comes out, and nothing else ever does."""

from __future__ import annotations

import io

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.cipher import CHUNK, HEADER, TAG, DataKey, Encrypting, decrypting
from agent.errors import LockedError, VerificationError
from agent.store.concealed import conceal, reveal

KEY, OTHER = DataKey.of(bytes(range(32))), DataKey.of(bytes(32))
SALT = bytes(reversed(range(32)))
FULL = CHUNK + TAG
SIZES = st.one_of(st.integers(0, 40), st.sampled_from(
    [CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK]))


def plain(size: int) -> bytes:
    return (b"the quick brown fox \x00\xff" * (size // 22 + 1))[:size]


def seal(data: bytes, pieces: int = 1 << 16, key: DataKey = KEY) -> bytes:
    file = io.BytesIO()
    writer = Encrypting(file, key, SALT)
    for at in range(0, len(data), pieces):
        assert writer.write(data[at:at + pieces]) == len(data[at:at + pieces])
    writer.finish()
    return file.getvalue()


def ask(name: str) -> DataKey:
    if name != KEY.id:
        raise LockedError(f"no key {name}")
    return KEY


def unseal(data: bytes, size: int = -1) -> bytes:
    with decrypting(io.BytesIO(data), "it", ask) as reader:
        if size < 0:
            return reader.read()
        return b"".join(iter(lambda: reader.read(size), b""))


@settings(deadline=None)
@given(SIZES, st.integers(1 << 12, 1 << 20), st.sampled_from([1 << 13, 70_001, 1 << 19, -1]))
def test_what_goes_in_comes_out_however_it_is_cut(size: int, pieces: int, read: int) -> None:
    data = plain(size)
    sealed = seal(data, pieces)
    assert unseal(sealed, read) == data
    chunks = max(1, -(-size // CHUNK))
    assert len(sealed) == HEADER + size + chunks * TAG
    assert sealed == seal(data, CHUNK), "the bytes do not depend on how they came"


@settings(deadline=None)
@given(SIZES, st.data())
def test_any_changed_bit_is_refused(size: int, chance: st.DataObject) -> None:
    sealed = bytearray(seal(plain(size)))
    at = chance.draw(st.one_of(st.integers(0, len(sealed) - 1), st.integers(0, min(len(sealed) - 1, 80))))
    sealed[at] ^= 1 << chance.draw(st.integers(0, 7))
    with pytest.raises(VerificationError):
        unseal(bytes(sealed))


@settings(deadline=None)
@given(SIZES, st.data())
def test_any_cut_and_any_addition_is_refused(size: int, chance: st.DataObject) -> None:
    sealed = seal(plain(size))
    cuts = st.one_of(st.integers(0, len(sealed) - 1), st.sampled_from(
        [at for at in (HEADER, HEADER + FULL, HEADER + 2 * FULL) if at < len(sealed)] or [0]))
    with pytest.raises(VerificationError):
        unseal(sealed[:chance.draw(cuts)])
    for more in (b"\0", b"\0" * TAG, sealed[HEADER:], plain(FULL)):
        with pytest.raises(VerificationError):
            unseal(sealed + more)


def test_chunks_that_change_places_or_come_twice_are_refused() -> None:
    sealed = seal(plain(3 * CHUNK))
    head, chunks = sealed[:HEADER], [sealed[HEADER + at * FULL:HEADER + (at + 1) * FULL] for at in range(3)]
    assert head + b"".join(chunks) == sealed
    for order in ((1, 0, 2), (0, 2, 1), (0, 0, 2), (0, 2), (2,), (0, 1, 1, 2), (0, 1, 2, 2)):
        with pytest.raises(VerificationError, match=r"chunk \d was changed, moved or cut off"):
            unseal(head + b"".join(chunks[at] for at in order))


def test_an_empty_last_chunk_is_of_an_empty_object_alone() -> None:
    """One plaintext has one form: a full last chunk cannot be followed by an empty one."""
    object_key = HKDF(SHA256(), 32, SALT, b"annexa object v1annexaE1" + bytes.fromhex(KEY.id)).derive(KEY.secret)
    cipher = AESGCM(object_key)
    full = cipher.encrypt(bytes(12), plain(CHUNK), None)
    empty = cipher.encrypt((1).to_bytes(11, "big") + b"\1", b"", None)
    with pytest.raises(VerificationError, match="chunk 1 is empty"):
        unseal(seal(b"")[:HEADER] + full + empty)


def test_the_format_is_the_one_of_the_decision_record() -> None:
    """Written from docs/adr/0010 with `cryptography` alone."""
    data = plain(CHUNK + 5)
    name = HKDF(SHA256(), 16, None, b"annexa data key id").derive(KEY.secret)
    assert name.hex() == KEY.id
    cipher = AESGCM(HKDF(SHA256(), 32, SALT, b"annexa object v1" + b"annexaE1" + name).derive(KEY.secret))
    first = cipher.encrypt(b"\0" * 12, data[:CHUNK], None)
    second = cipher.encrypt(b"\0" * 10 + b"\1\1", data[CHUNK:], None)
    assert seal(data) == b"annexaE1" + name + SALT + first + second


def test_another_key_under_the_same_id_opens_nothing() -> None:
    sealed = seal(plain(10))
    with pytest.raises(VerificationError):
        decrypting(io.BytesIO(sealed), "it", lambda _name: DataKey(KEY.id, OTHER.secret)).read()
    with pytest.raises(LockedError, match=f"no key {OTHER.id}"):
        unseal(seal(plain(10), key=OTHER))


def test_secrets_are_not_shown_and_keys_have_their_length() -> None:
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY.secret) not in repr(KEY)
    with pytest.raises(ValueError, match="32 bytes, not 16"):
        DataKey.of(bytes(16))
    with pytest.raises(ValueError, match="32 bytes, not 12"):
        Encrypting(io.BytesIO(), KEY, bytes(12))


def test_a_name_is_concealed_the_same_each_time_and_opened_by_its_key_alone() -> None:
    key, other = DataKey.of(bytes(32)), DataKey.of(bytes([1]) * 32)
    text = conceal("gr\u00e4ce@example.com", key)
    assert text == conceal("gr\u00e4ce@example.com", key)
    assert text != conceal("gr\u00e4ce@example.org", key)
    assert text.split(":")[0] == key.id
    assert reveal(text, {key.id: key}.__getitem__) == "gr\u00e4ce@example.com"
    assert reveal(conceal("", key), {key.id: key}.__getitem__) == ""
    end = "A" if text[-5] != "A" else "B"
    for wrong in (text[:-5] + end + text[-4:], f"{key.id}:", f"{key.id}:%", text.replace(key.id, other.id)):
        with pytest.raises(VerificationError, match="does not open"):
            reveal(wrong, {key.id: key, other.id: other}.__getitem__)
