"""Configurations without what people put into them that may be secret: environments, scripts, old passwords."""

from __future__ import annotations

from typing import Any

ENVIRONMENTS = ("env", "environmentVariables", "buildEnvironmentVariables", "envVariables", "substitutions")
"""Members that hold names with values, as a list or as a map."""
DROPPED = ("masterAuth",)
PLAIN = ("block-project-ssh-keys", "disable-legacy-endpoints", "enable-guest-attributes", "enable-osconfig",
         "enable-oslogin", "enable-oslogin-2fa", "google-logging-enabled", "serial-port-enable")
"""Metadata of machines whose values are settings and no secrets; of others only the name is kept."""


def bare(value: Any, name: str = "") -> Any:
    """Return a configuration with the names of what may be secret, and without its values."""
    if isinstance(value, dict):
        if name in ENVIRONMENTS:
            return dict.fromkeys(value)
        inner = {key: bare(one, key) for key, one in value.items() if key not in DROPPED}
        return {**inner, "items": _metadata(inner["items"])} if name == "metadata" and "items" in inner else inner
    if isinstance(value, list):
        return [_named(one, name in ENVIRONMENTS) for one in value]
    return value


def _named(value: Any, secret: bool) -> Any:
    if secret and isinstance(value, dict):
        return {key: one for key, one in value.items() if key != "value"}
    return bare(value)


def _metadata(items: Any) -> Any:
    if not isinstance(items, list):
        return items
    return [one if not isinstance(one, dict) or one.get("key") in PLAIN
            else {key: inner for key, inner in one.items() if key != "value"} for one in items]
