"""Who the agent is at Google: the credentials of the machine, or a service account that it may act as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import google.auth
import google.auth.credentials
import google.auth.exceptions
import google.auth.impersonated_credentials
import google.auth.transport.requests
import requests
from requests.adapters import HTTPAdapter

from agent import __version__
from agent.clients.bundle import bundle
from agent.clients.gcp.errors import CredentialsError, UnreachableError
from agent.clients.gcp.scope import GcpScope
from agent.clients.text import sentence
from agent.errors import ConfigurationError, FatalError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
POOL = 32
"""Connections kept to one host: as many as threads may share it."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
HOW = "Set GOOGLE_APPLICATION_CREDENTIALS, or run where a service account or workload identity is attached"


class Pinned(google.auth.transport.requests.Request):  # type: ignore[misc]  # google-auth is untyped to mypy
    """Fetches tokens; where the scope has an endpoint of its own, a token goes nowhere else.

    google-auth by itself looks up regional access boundaries at Google, with the token in hand.
    """

    def __init__(self, netloc: str) -> None:
        session = requests.Session()
        session.verify = bundle() or True
        super().__init__(session)
        self.netloc = netloc

    def __call__(self, url: str, *args: Any, headers: Mapping[str, str] | None = None, **given: Any) -> Any:
        """Make one request; raises `TransportError` where it would carry a token elsewhere, or brings half of one."""
        bearer = any(
            name.lower() == "authorization" and value.startswith("Bearer") for name, value in (headers or {}).items()
        )
        there = urlsplit(url).netloc
        if self.netloc and bearer and there != self.netloc:
            raise google.auth.exceptions.TransportError(f"a token of {self.netloc} is not sent to {there}")
        answer = super().__call__(url, *args, headers=headers, **given)
        if answer.status == HTTPStatus.OK and "POST" in (*args, given.get("method")) and not _told(answer.data):
            raise google.auth.exceptions.TransportError(f"{there} answered no JSON object")
        return answer


def _told(data: bytes) -> bool:
    """Return whether an answer is a JSON object: google-auth takes half of one for a text, and stumbles over it."""
    try:
        return isinstance(json.loads(data), dict)
    except ValueError:
        return False


@dataclass(slots=True)
class Identity:
    """The credentials of one scope, found when they are first needed."""

    scope: GcpScope
    _credentials: Any = None
    _session: Any = None
    _refresh: Any = field(default=None)

    def credentials(self) -> Any:
        """Return the credentials; raises `FatalError` where there are none."""
        if self._credentials is None:
            self._check()
            try:
                # Without scopes: with them google-auth would look up the project of a workload identity at once.
                found, _ = google.auth.default(quota_project_id=self.scope.quota_project or None)
            except (google.auth.exceptions.GoogleAuthError, OSError, ValueError) as error:
                raise FatalError(f"no credentials for Google Cloud ({sentence(error)})", advice=HOW) from None
            scoped = google.auth.credentials.with_scopes_if_required(found, [SCOPE])
            self._credentials = self._acting(scoped)
        return self._credentials

    def _check(self) -> None:
        place = urlsplit(self.scope.endpoint)
        if place.scheme == "http" and place.hostname not in LOOPBACK:
            raise ConfigurationError(
                f"{self.scope.endpoint} would be sent a token in clear",
                advice="Give an https endpoint, or one on this machine",
            )

    def _acting(self, source: Any) -> Any:
        if not self.scope.impersonate:
            return source
        override = None
        if self.scope.endpoint:
            account = f"projects/-/serviceAccounts/{self.scope.impersonate}"
            override = f"{self.scope.endpoint.rstrip('/')}/v1/{account}:generateAccessToken"
        return google.auth.impersonated_credentials.Credentials(
            source, target_principal=self.scope.impersonate, target_scopes=[SCOPE],
            iam_endpoint_override=override, quota_project_id=self.scope.quota_project or None,
        )

    def name(self) -> str:
        """Return the service account that reads, or the provider of workload identity; '' where nothing tells."""
        found = self._credentials
        for member in ("service_account_email", "signer_email", "account", "_audience"):
            told = getattr(found, member, "")
            if isinstance(told, str) and told and told != "default":
                return told
        return ""

    def session(self) -> Any:
        """Return the session that all REST calls of the scope share: authorised, without cookies."""
        if self._session is None:
            made = google.auth.transport.requests.AuthorizedSession(self.credentials(), auth_request=self.request())
            made.mount("https://", HTTPAdapter(pool_maxsize=POOL))
            made.mount("http://", HTTPAdapter(pool_maxsize=POOL))
            made.verify = bundle() or True
            made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            made.auth = _as_it_is
            made.headers["User-Agent"] = f"annexa/{__version__}"
            self._session = made
        return self._session

    def request(self) -> Any:
        """Return the transport by which tokens are fetched."""
        if self._refresh is None:
            self._refresh = Pinned(urlsplit(self.scope.endpoint).netloc)
        return self._refresh

    def headers(self, url: str, *, fresh: bool = False) -> dict[str, str]:
        """Return the headers that authorise an RPC; raises `CredentialsError` or `UnreachableError`."""
        found: dict[str, str] = {}
        try:
            if fresh:
                self.credentials().refresh(self.request())
            self.credentials().before_request(self.request(), "POST", url, found)
        except google.auth.exceptions.GoogleAuthError as error:
            raise lost(error) from None
        return {name.lower(): value for name, value in found.items()}


def lost(error: google.auth.exceptions.GoogleAuthError) -> CredentialsError | UnreachableError:
    """Return what it means that no token came: nobody answered there, or the credentials are not taken."""
    if isinstance(error, google.auth.exceptions.TransportError):
        return UnreachableError(f"tokens: {error}")
    return CredentialsError(str(error))


def _as_it_is(request: Any) -> Any:
    """Return a request with the token that it has: without this, requests puts a password of ~/.netrc in its place."""
    return request


def roots() -> bytes | None:
    """Return the certificates that the environment names in place of the built-in ones, None where it names none."""
    path = bundle()
    return Path(path).read_bytes() if path else None
