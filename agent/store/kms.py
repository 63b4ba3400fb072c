"""Signers in a key management service, through securesystemslib; the key itself never leaves the service."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module, reload
from typing import Any
from urllib.parse import urlsplit

from securesystemslib.exceptions import UnsupportedAlgorithmError, UnsupportedLibraryError

from agent.errors import StoreError
from agent.seal.signing import CURVE, SIGNER_FOR_URI_SCHEME, Signer, SSlibKey

EXTRAS = {"awskms": "aws", "gcpkms": "gcpkms", "azurekms": "azurekms"}
"""The extra of annexa that brings each provider's SDK."""
SDKS = {"awskms": "boto3", "gcpkms": "kms", "azurekms": "KeyClient"}
"""What the module of each signer has once its SDK is loaded."""


def open_kms(uri: str) -> Signer:
    """Return the signer of `awskms:…`, `gcpkms:…` or `azurekms://…`.

    Raises `StoreError` where the SDK is missing, the service refuses, or the key is none for ECDSA on P-256.
    """
    scheme = uri.partition(":")[0]
    if scheme not in EXTRAS:
        raise StoreError(f"{uri} is no address of a signing key", advice=f"It begins with {', '.join(EXTRAS)} or file")
    try:
        address, public = _import(_signer(scheme), scheme, uri)
        if public.scheme != CURVE:
            raise StoreError(
                f"The key {uri} signs by {public.scheme}", advice="Make a key for ECDSA on the curve P-256 with SHA-256"
            )
        return Signer.from_priv_key_uri(address, public)
    except UnsupportedLibraryError as error:
        raise StoreError(
            f"There is no SDK for {uri}", advice=f"Install annexa with the extra `{EXTRAS[scheme]}`"
        ) from error
    except _refusals(scheme) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StoreError(
            f"The key {uri} cannot be used: {said[:300]}",
            advice="The agent needs to read the public key and to sign with it",
        ) from error


def _import(service: Any, scheme: str, uri: str) -> tuple[str, SSlibKey]:
    """Return the address and the public key as the service tells it."""
    found: tuple[str, SSlibKey]
    if scheme == "awskms":
        found = service.import_(uri.partition(":")[2], CURVE)
    elif scheme == "gcpkms":
        found = service.import_(uri.partition(":")[2])
    else:
        parts = urlsplit(uri)
        names = parts.path.strip("/").split("/")
        if len(names) < 2 or names[0] != "keys":
            raise StoreError(f"{uri} names no key", advice="Such as azurekms://vault.vault.azure.net/keys/annexa")
        found = service.import_(parts.netloc.partition(".")[0], names[1])
    return found


def _signer(scheme: str) -> Any:
    """Return securesystemslib's signer for a service, loaded once more with the SDK that `agent.seal` left out."""
    name = SIGNER_FOR_URI_SCHEME[scheme].__module__
    found = import_module(name)
    if not hasattr(found, SDKS[scheme]):
        found = reload(found)
        SIGNER_FOR_URI_SCHEME[scheme] = getattr(found, SIGNER_FOR_URI_SCHEME[scheme].__name__)
    return SIGNER_FOR_URI_SCHEME[scheme]


def _refusals(scheme: str) -> tuple[type[Exception], ...]:
    """Return what securesystemslib and the provider's SDK raise, as far as that is installed."""
    own = (UnsupportedAlgorithmError, ValueError)
    with suppress(ImportError):
        if scheme == "awskms":
            from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see `open_kms`

            return *own, BotoCoreError, ClientError
        if scheme == "gcpkms":
            from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415 - as above
            from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - as above

            return *own, GoogleAPIError, GoogleAuthError
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - as above

        return *own, AzureError
    return own
