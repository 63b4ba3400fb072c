"""The DSSE envelope around a statement, signed and verified through securesystemslib."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from securesystemslib.exceptions import FormatError
from securesystemslib.exceptions import VerificationError as UnverifiedError

from agent import canonical
from agent.errors import VerificationError
from agent.seal.signing import Envelope, Key, Signer

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def artifact_id(payload: bytes) -> str:
    """Return the id of the artifact that a payload describes: `sha256:` and its SHA-256 in hex."""
    return "sha256:" + hashlib.sha256(payload).hexdigest()


def seal_envelope(payload: bytes, signer: Signer) -> bytes:
    """Return the envelope's JSON bytes with one signature over the payload."""
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return canonical.document(envelope.to_dict())


def open_envelope(data: bytes, keys: Iterable[Key]) -> bytes:
    """Return the payload of an envelope that one of the keys signed; else raises `VerificationError`."""
    try:
        envelope = Envelope.from_dict(canonical.loads(data))
        envelope.verify(list(keys), 1)
    except UnverifiedError as error:
        raise VerificationError("The envelope carries no signature of a key that this store trusts") from error
    except (KeyError, TypeError, ValueError, AttributeError, FormatError) as error:
        raise VerificationError(f"The envelope cannot be read: {error!r}") from error
    if envelope.payload_type != PAYLOAD_TYPE:
        raise VerificationError(f"The envelope holds {envelope.payload_type}, not an in-toto statement")
    return envelope.payload
