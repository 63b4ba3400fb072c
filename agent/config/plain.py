"""Secrets that stand in the file itself: what is refused, and what asks for a file that others cannot read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from agent.errors import ConfigurationError
from agent.yamlfile import Node

_LOOKS = (
    (r"(?:AKIA|ASIA)[A-Z2-7]{16}", "an AWS access key"),
    (r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----", "a private key"),
    (r"gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22}", "a GitHub token"),
    (r"xox[abeoprs]-[A-Za-z0-9-]{10}", "a Slack token"),
    (r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9]", "a Slack webhook"),
    (r"discord(?:app)?\.com/api/webhooks/\d", "a Discord webhook"),
    (r"\.webhook\.office\.com/|\.logic\.azure\.com[:/]", "a Teams webhook"),
    (r"AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20}", "a Google key"),
    (r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16}", "a SendGrid key"),
    (r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}", "a JSON web token"),
    (r"AccountKey=[A-Za-z0-9+/=]{20}|[?&]sig=[A-Za-z0-9%]{20}", "an Azure key"),
    (r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:]*:[^\s/?#@]+@", "a URL with a password"),
    (r"[?&](?:pass|password|token|secret|api_?key)=[^&\s]", "a URL with a password"),
)
_PATTERNS = tuple((re.compile(pattern), words) for pattern, words in _LOOKS)
_AWS_SECRET = re.compile(r"(?=[^ ]*[a-z])(?=[^ ]*[A-Z])(?=[^ ]*[0-9+/])[A-Za-z0-9+/]{40}", re.ASCII)

_OPEN_SCHEMES = frozenset(
    ("mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms", "syslog", "dbus", "http", "https")
)
"""Schemes of alert routes that carry no secret unless they have a password, which is refused anyway."""


def looks_like(text: str) -> str:
    """Return what secret a text looks like, '' where it looks like none."""
    for pattern, words in _PATTERNS:
        if pattern.search(text):
            return words
    return "an AWS secret key" if _AWS_SECRET.fullmatch(text) else ""


def refused(node: Node) -> Iterator[ConfigurationError]:
    """Yield an error for each value of the file, as written, that looks like a secret."""
    for child in (*node.entries.values(), *node.elements):
        yield from refused(child)
    if node.kind == "scalar" and isinstance(node.scalar, str) and (words := looks_like(node.scalar)):
        advice = "Put it into the environment or a file, and write ${NAME} or ${file:/run/secrets/name} here"
        yield ConfigurationError(f"{words} does not belong in this file", place=node.place, advice=advice)


def carries_token(url: str) -> bool:
    """Return whether the URL of a route is of a kind whose path is itself the secret."""
    try:
        return urlsplit(url).scheme.lower() not in _OPEN_SCHEMES
    except ValueError:
        return True
