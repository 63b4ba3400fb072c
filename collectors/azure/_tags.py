"""What tags say of an asset: who owns it, how its information is classified, where it is used."""

from __future__ import annotations

from collections.abc import Mapping

OWNER = ("owner", "owneremail", "resourceowner", "assetowner", "serviceowner", "technicalowner")
CLASSIFICATION = ("classification", "dataclassification", "informationclassification", "confidentiality")
ENVIRONMENT = ("environment", "env", "stage")


def said(tags: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Return the value of the first of these tags, whatever its case, dashes and prefix (`acme:Owner`)."""
    plain = {_plain(key): value for key, value in tags.items()}
    return next((plain[name] for name in names if plain.get(name)), None)


def owner(tags: Mapping[str, str]) -> str | None:
    """Return who owns it."""
    return said(tags, OWNER)


def classification(tags: Mapping[str, str]) -> str | None:
    """Return how its information is classified."""
    return said(tags, CLASSIFICATION)


def environment(tags: Mapping[str, str]) -> str | None:
    """Return where it is used: production, test."""
    return said(tags, ENVIRONMENT)


def _plain(key: str) -> str:
    return key.rsplit(":", 1)[-1].lower().replace("-", "").replace("_", "").replace(" ", "")
