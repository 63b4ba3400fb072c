"""The certificates that an organization trusts in place of the built-in ones, the same for every provider's SDK."""

from __future__ import annotations

import os
from pathlib import Path

from agent.errors import ConfigurationError

NAMES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables that name a file of certificates; the first that is set wins."""


def bundle() -> str:
    """Return the file that the environment names, '' where it names none.

    Raises `ConfigurationError` where what it names is no file.
    """
    for name in NAMES:
        path = os.environ.get(name)
        if path:
            if not Path(path).is_file():
                raise ConfigurationError(f"{name} names {path}, which is no file",
                                         advice="Name a file of certificates in PEM, or take the variable out")
            return path
    return ""
