"""Who may ask the double: service accounts, workloads of the outside, and the tokens that they are given."""

from __future__ import annotations

import base64
import itertools
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.lab.gcp.http import Incoming, Outgoing

AUDIENCE = "//iam.googleapis.com/projects/1032/locations/global/workloadIdentityPools/lab/providers/ci"
"""The provider of workload identity that the double knows."""
ACCOUNT = "annexa@lab-security.iam.gserviceaccount.com"
SHORT = 600
"""By how many seconds the clocks of the agent and of Google may differ before no token is given."""
LATE = ("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and "
        "exp values in the JWT claim.")


class Issuer:
    """Gives tokens as Google's token services do; `skew` is by how much its clock is ahead, in seconds."""

    def __init__(self) -> None:
        self.tokens: set[str] = set()
        self.outside: set[str] = set()
        self.skew = 0.0
        self._serial = itertools.count(1)
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def key_file(self, folder: Path, url: str) -> Path:
        """Write the key of a service account whose tokens come from this double, and return where."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = folder / "key.json"
        path.write_text(json.dumps({
            "type": "service_account", "project_id": "lab-security", "private_key_id": "1", "client_id": "1",
            "private_key": pem.decode(), "client_email": ACCOUNT, "token_uri": f"{url}/token",
        }))
        return path

    def workload_file(self, folder: Path, url: str, account: str) -> Path:
        """Write what workload identity federation is configured by, with a token of the outside, and return where."""
        token, path = folder / "outside.jwt", folder / "workload.json"
        token.write_text("outside-token")
        self.outside.add("outside-token")
        acting = f"{url}/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
        path.write_text(json.dumps({
            "type": "external_account", "audience": AUDIENCE, "token_url": f"{url}/v1/token",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "credential_source": {"file": str(token)},
            **({"service_account_impersonation_url": acting} if account else {}),
        }))
        return path

    def known(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request carries a token that was given and not taken back."""
        return headers.get("authorization", "").removeprefix("Bearer ") in self.tokens

    def reply(self, item: Incoming) -> Outgoing | None:
        """Return the answer to a request for a token, None for any other request."""
        if item.path == "/token":
            return self._signed(item.body or {})
        if item.path == "/v1/token":
            return self._exchanged(item.body or {})
        return self._impersonated(item) if item.path.endswith(":generateAccessToken") else None

    def _token(self) -> str:
        token = f"lab-{next(self._serial)}"
        self.tokens.add(token)
        return token

    def _signed(self, asked: dict[str, Any]) -> Outgoing:
        if abs(_issued(asked) - time.time() - self.skew) > SHORT:
            return Outgoing(400, {"error": "invalid_grant", "error_description": LATE})
        return Outgoing(200, {"access_token": self._token(), "expires_in": 3600, "token_type": "Bearer"})

    def _exchanged(self, asked: dict[str, Any]) -> Outgoing:
        """Return a token for one of the outside, as Google's security token service does."""
        kind = "urn:ietf:params:oauth:grant-type:token-exchange"
        if asked.get("grant_type") != kind or asked.get("audience") != AUDIENCE:
            return Outgoing(400, {"error": "invalid_request", "error_description": "Invalid value for \"audience\"."})
        if asked.get("subject_token") not in self.outside:
            return Outgoing(400, {"error": "invalid_grant", "error_description": "The token is expired or not valid."})
        return Outgoing(200, {
            "access_token": self._token(), "expires_in": 3600, "token_type": "Bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        })

    def _impersonated(self, item: Incoming) -> Outgoing:
        if not self.known(item.headers):
            said = {"code": 401, "status": "UNAUTHENTICATED", "message": "Request had invalid credentials."}
            return Outgoing(401, {"error": said})
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        return Outgoing(200, {"accessToken": self._token(), "expireTime": until})


def _issued(asked: dict[str, Any]) -> float:
    """Return when the assertion of a service account says that it was made."""
    middle = str(asked.get("assertion", "..")).split(".")[1]
    return float(json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["iat"])
