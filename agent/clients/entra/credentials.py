"""Where Microsoft Graph is, and the tokens for it."""

from __future__ import annotations

import os
from typing import Any

from agent.clients.entra.scope import CLOUDS, EntraScope
from agent.clients.microsoft import tokens
from agent.errors import ConfigurationError


def places(scope: EntraScope) -> tuple[str, str]:
    """Return where Graph is and where its tokens come from; raises `ConfigurationError` for an unknown cloud."""
    if scope.cloud not in CLOUDS:
        raise ConfigurationError(
            f"{scope.cloud} is no known cloud", advice=f"One of {', '.join(CLOUDS)}"
        )
    graph, authority = CLOUDS[scope.cloud]
    where = scope.endpoint.rstrip("/") or graph
    if not where.startswith("https://"):
        raise ConfigurationError(
            f"tokens are not sent to {where}", advice="Give an endpoint that begins with https://"
        )
    return where, scope.authority or os.environ.get("AZURE_AUTHORITY_HOST") or authority


def _credential(scope: EntraScope) -> Any:
    return tokens.sign_in(places(scope)[1], scope.tenant, {authority for _, authority in CLOUDS.values()},
                          scope.application)


class Tokens(tokens.Tokens):
    """The token of one scope for Microsoft Graph."""

    def __init__(self, scope: EntraScope) -> None:
        audience = f"{CLOUDS.get(scope.cloud, ('', ''))[0]}/.default"
        super().__init__(lambda: _credential(scope), audience, scope.tenant)
