"""Keys, signers and signatures of securesystemslib, whose package names no exports of its own."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from agent.seal.narrow import without

# The package imports the SDK of every key service that is installed: 60 MB and a second for a key in a file.
# `agent.store.kms` loads the one that `signing:` names.
with without("azure", "boto3", "google.cloud.kms", "hvac", "keylet", "pkcs11"):
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import (  # type: ignore[attr-defined]  # re-exported without being listed there
        SIGNER_FOR_URI_SCHEME,
        CryptoSigner,
        Key,
        Signature,
        Signer,
        SSlibKey,
    )

# The ignore above: securesystemslib.signer documents these names but lists them in no `__all__`.
__all__ = [
    "CURVE", "ED25519", "SIGNER_FOR_URI_SCHEME", "CryptoSigner", "Envelope", "Key", "SSlibKey", "Signature", "Signer",
    "public_key",
]

ED25519 = "ed25519"
CURVE = "ecdsa-sha2-nistp256"
"""The scheme of keys in a KMS: P-256 is what every one of them has."""


def public_key(pem: bytes) -> SSlibKey:
    """Return a public key; raises `ValueError` where it is neither Ed25519 nor of the curve P-256."""
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise ValueError("it is no public key in PEM") from error
    curve = key.curve if isinstance(key, EllipticCurvePublicKey) else None
    if isinstance(curve, SECP256R1) or isinstance(key, Ed25519PublicKey):
        return SSlibKey.from_crypto(key)
    raise ValueError("it is no Ed25519 key, and none of the curve P-256")
