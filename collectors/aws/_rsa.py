"""The signature of a digest: RSA, PKCS #1 v1.5, SHA-256."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key


def verified(key: bytes, signature: str, text: bytes) -> bool:
    """Return whether the public key (DER, PKCS #1) verifies the signature (hexadecimal) of the text."""
    try:
        public = load_der_public_key(key)
        if not isinstance(public, rsa.RSAPublicKey):
            return False
        public.verify(bytes.fromhex(signature), text, padding.PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True
