"""The token endpoint of Microsoft Entra, as far as azure-identity asks it: secrets, certificates, workload identity."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.lab.entra.faults import Armed, Fault
from tests.lab.entra.http import Reply
from tests.lab.menu import Order

APPLICATION = "66666666-7777-4888-8999-000000000000"
SECRET = "lab-secret-that-must-not-leak"
FEDERATED = "lab-federated-assertion-that-must-not-leak"
"""What the platform of a workload hands it, to be changed for a token."""


class Endpoint:
    """Issues tokens for one tenant, and remembers each."""

    def __init__(self, tenant: str, lifetime: int, pem: Path | None = None) -> None:
        self.tenant, self.lifetime, self.issued = tenant, lifetime, list[str]()
        self.forms: list[dict[str, list[str]]] = []
        """What tokens were asked for with."""
        self.pem = pem
        """The certificate of the application, where it has one; its file holds the key as well."""

    def discovery(self, url: str, tenant: str) -> dict[str, Any]:
        """Return the OpenID configuration of a tenant."""
        base = f"{url}/{tenant}"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "issuer": f"{base}/v2.0",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
        }

    def answer(self, form: dict[str, list[str]]) -> Reply:
        """Answer a form: a token where its secret or assertion is right."""
        self.forms.append(form)
        if form.get("client_id") != [APPLICATION] or not self._proven(form):
            return Reply(401, {
                "error": "invalid_client", "error_codes": [7000215],
                "error_description": "AADSTS7000215: Invalid client secret provided.",
            })
        return self.issue(form["scope"][0].removesuffix("/.default"))

    def managed(self, query: dict[str, list[str]], header: str) -> Reply:
        """Answer as the identity endpoint of a platform does: to whoever knows the header that it set."""
        self.forms.append({"resource": query["resource"], "identity": [header]})
        reply = self.issue(query["resource"][0])
        return Reply(200, {**reply.body, "expires_on": str(int(time.time()) + self.lifetime)})

    def issue(self, audience: str) -> Reply:
        """Return a token for an audience."""
        claims = {
            "aud": audience, "tid": self.tenant, "appid": APPLICATION,
            "exp": int(time.time()) + self.lifetime, "jti": len(self.issued),
        }
        token = ".".join(_encoded(one) for one in ({"alg": "none", "typ": "JWT"}, claims, {}))
        self.issued.append(token)
        return Reply(200, {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": token})

    def _proven(self, form: dict[str, list[str]]) -> bool:
        assertion = (form.get("client_assertion") or [""])[0]
        if not assertion:
            return form.get("client_secret") == [SECRET]
        return assertion == FEDERATED or (self.pem is not None and _signed(assertion, self.pem))


def taken(order: Order, fault: Fault) -> Armed:
    """Return what was ordered as Microsoft's servers hold it."""
    return Armed(fault, order.match, order.page, order.request, left=fault.times)


def spoilt(reply: Reply, fault: Fault | None) -> Reply:
    """Return an answer of the token endpoint as a fault spoils it: errors as OAuth has them."""
    if fault is None or not fault.status:
        return replace(reply, fault=fault)
    said = {"error": fault.code, "error_description": f"AADSTS90002: {fault.message}", "error_codes": [90002]}
    return Reply(fault.status, said, dict(fault.headers), fault)


def _signed(assertion: str, pem: Path) -> bool:
    """Return whether an assertion is signed by the key of a certificate, and names it."""
    head, body, signature = assertion.split(".")
    certificate = x509.load_pem_x509_certificate(pem.read_bytes())
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    said = json.loads(_decoded(head))
    padded: Any = padding.PKCS1v15()
    if said["alg"] == "PS256":
        padded = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    key.verify(_decoded(signature), f"{head}.{body}".encode(), padded, hashes.SHA256())
    thumb = {hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest(), certificate.fingerprint(hashes.SHA1())}
    return bool({_decoded(said[name]) for name in ("x5t#S256", "x5t") if name in said} & thumb)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
