"""Keys, signers and signatures of securesystemslib, whose package names no exports of its own."""

from securesystemslib.signer import CryptoSigner, Key, Signature, Signer, SSlibKey  # type: ignore[attr-defined]  # re-exported without being listed there

# The ignore above: securesystemslib.signer documents these names but lists them in no `__all__`.
__all__ = ["CryptoSigner", "Key", "SSlibKey", "Signature", "Signer"]
