"""Where a scope's Azure is, and the tokens for it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from agent.clients.azure.scope import CLOUDS, AzureScope, Cloud
from agent.clients.microsoft import tokens
from agent.errors import ConfigurationError

Places = Cloud
"""The addresses of a scope: those of its cloud, or its own endpoint."""


def places(scope: AzureScope) -> Places:
    """Return where Azure is and where its tokens come from; raises `ConfigurationError` for an unknown cloud."""
    cloud = CLOUDS.get(scope.cloud)
    if cloud is None:
        raise ConfigurationError(
            f"{scope.cloud} is no known cloud", advice=f"One of {', '.join(CLOUDS)}"
        )
    endpoint = scope.endpoint.rstrip("/")
    if endpoint and not endpoint.startswith("https://"):
        raise ConfigurationError(
            f"tokens are not sent to {endpoint}",
            advice="Give an endpoint that begins with https://",
        )
    authority = scope.authority or os.environ.get("AZURE_AUTHORITY_HOST") or cloud.authority
    return replace(cloud, arm=endpoint or cloud.arm, logs=endpoint or cloud.logs, authority=authority)


class Tokens(tokens.Tokens):
    """The tokens of one scope for Resource Manager, and for Log Analytics where it is asked."""

    def __init__(self, scope: AzureScope) -> None:
        super().__init__(lambda: _credential(scope), places(scope).arm_audience, scope.tenant)


def _credential(scope: AzureScope) -> Any:
    return tokens.sign_in(places(scope).authority, scope.tenant, {cloud.authority for cloud in CLOUDS.values()},
                          scope.application)
