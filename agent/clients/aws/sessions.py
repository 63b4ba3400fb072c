"""Sessions and clients of botocore: one loader a process, one session an account, few clients at a time."""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, CredentialResolver, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ProfileNotFound
from botocore.loaders import create_loader

from agent import __version__
from agent.clients.aws.http import install
from agent.clients.aws.parsing import StrictParsers
from agent.clients.aws.scope import AwsScope
from agent.clients.bundle import bundle
from agent.errors import ConfigurationError, FatalError

CLIENTS = 32
"""Clients kept at a time: the least recently used goes."""
ATTEMPTS = 5
"""Attempts of botocore at one call, before our own patience with a throttled one begins."""
POOL = 32
"""Connections kept by one client: as many as threads may share it."""
SESSION_NAME = "annexa"

_LOADER = create_loader()
_MAKING = threading.RLock()  # making a client may assume a role, which makes a client


class _Provided:
    """A credential provider of botocore that hands out what it was given."""

    METHOD = "assume-role"
    CANONICAL_NAME = "annexa"

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load(self) -> Any:
        """Return the credentials."""
        return self._credentials


def new_session(profile: str = "", credentials: Any = None) -> Any:
    """Return a botocore session on the shared loader, with its own credentials where they are given."""
    session = botocore.session.Session(profile=profile or None)
    session.register_component("data_loader", _LOADER)
    session.register_component("response_parser_factory", StrictParsers())
    if credentials is not None:
        session.register_component("credential_provider", CredentialResolver([_Provided(credentials)]))
    return session


def loader() -> Any:
    """Return the loader of service models that all sessions share."""
    return _LOADER


@dataclass(slots=True)
class Sessions:
    """The sessions of one scope by the role they assume, and the clients made from them."""

    scope: AwsScope
    home: str = ""
    retry: str = "adaptive"
    """The retry mode of botocore."""
    _sessions: dict[str, Any] = field(default_factory=dict)
    _clients: OrderedDict[tuple[str, str, str], Any] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def base(self) -> Any:
        """Return the session that the agent's own credentials open; raises `ConfigurationError`, `FatalError`."""
        session = self._sessions.get("")
        if session is None:
            session = self._sessions[""] = self._checked(new_session(self.scope.profile))
        return session

    def _checked(self, session: Any) -> Any:
        try:
            found = session.get_credentials()
        except ProfileNotFound as error:
            raise ConfigurationError(
                str(error), advice="Name a profile of ~/.aws/config, or leave it out",
            ) from None
        except BotoCoreError as error:
            raise FatalError(f"no credentials for AWS ({error})", advice=_HOW) from None
        if found is None:
            raise FatalError("no credentials for AWS", advice=_HOW)
        return session

    def assumed(self, role: str, via: str = "") -> Any:
        """Return the session of a role, assumed from the base session or from the role `via`, and refreshed by itself.

        Nothing is asked yet: the role is assumed with the first call.
        """
        with self._lock:
            session = self._sessions.get(role)
            if session is None:
                session = self._sessions[role] = new_session(credentials=self._credentials(role, via))
            return session

    def _credentials(self, role: str, via: str) -> Any:
        source = self._sessions[via] if via else self.base()
        extra = {"RoleSessionName": SESSION_NAME}
        if self.scope.external_id:
            extra["ExternalId"] = self.scope.external_id
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=lambda name, **given: self._make(source, name, self.home, **given),
            source_credentials=source.get_credentials(),
            role_arn=role,
            extra_args=extra,
        )
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")

    def client(self, role: str, service: str, region: str) -> Any:
        """Return the client of a service in a region as a role ('' is the base session), kept for later."""
        key = (role, service, region)
        with self._lock:
            if (kept := self._clients.get(key)) is not None:
                self._clients.move_to_end(key)
                return kept
        session = self._sessions[role] if role else self.base()
        made = self._make(session, service, region)
        with self._lock:
            kept = self._clients.setdefault(key, made)
            while len(self._clients) > CLIENTS:
                self._clients.popitem(last=False)
        return kept

    def _make(self, session: Any, service: str, region: str, **given: Any) -> Any:
        config = Config(
            user_agent_extra=f"annexa/{__version__}",
            retries={"mode": self.retry, "max_attempts": ATTEMPTS},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=POOL,
            **({"s3": {"addressing_style": "path"}, "inject_host_prefix": False} if self.endpoint else {}),
        )
        given.setdefault("config", config)
        if bundle() and not session.get_config_variable("ca_bundle"):  # AWS's own variable wins
            given.setdefault("verify", bundle())
        with _MAKING:  # botocore's sessions make one client at a time
            client = session.create_client(
                service, region_name=region or self.home, endpoint_url=self.scope.endpoint or None, **given,
            )
        install(client)
        if self.endpoint and service == "s3control":
            client.meta.events.register("before-sign.s3-control", _without_account)
        return client

    @property
    def endpoint(self) -> str:
        """Return the endpoint that stands in for AWS, '' where it is AWS itself."""
        return self.scope.endpoint or os.environ.get("AWS_ENDPOINT_URL", "")


def _without_account(request: Any, **_: Any) -> None:
    """Take the account out of the host: S3 Control puts it before a local endpoint's too, where no name resolves."""
    request.url = _ACCOUNT_HOST.sub("//", request.url, count=1)


_ACCOUNT_HOST = re.compile(r"//\d{12}\.")
_HOW = "Set AWS_PROFILE or the AWS_* variables, or run where a role is attached"
