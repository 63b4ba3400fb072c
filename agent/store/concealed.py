"""Names in documents that must stay: concealed by the data key of their scope, unreadable once that is destroyed.

AES-SIV (RFC 5297) under a key that is derived from the data key (ADR 10): the same name concealed again is the same
text, so that a draw that was made twice is found to be one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from agent.cipher import DataKey, derived
from agent.errors import VerificationError

_PURPOSE = b"annexa name v1"


def conceal(name: str, key: DataKey) -> str:
    """Return a name as it may stand in a document that nothing can be taken out of: key id, colon, base64."""
    return f"{key.id}:{base64.b64encode(_siv(key).encrypt(b'=' + name.encode(), [_PURPOSE])).decode()}"


def reveal(text: str, key: Callable[[str], DataKey]) -> str:
    """Return the name; raises what `key` raises for an id, and `VerificationError` for what was not concealed by it."""
    name, _, data = text.partition(":")
    try:
        return _siv(key(name)).decrypt(base64.b64decode(data, validate=True), [_PURPOSE])[1:].decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise VerificationError(f"a concealed name does not open by the data key {name}") from error


def _siv(key: DataKey) -> AESSIV:
    return AESSIV(derived(key.secret, b"", _PURPOSE + bytes.fromhex(key.id), 64))
