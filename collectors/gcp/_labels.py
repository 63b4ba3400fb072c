"""What labels say of an asset: who owns it, how its information is classified, where it is used."""

from __future__ import annotations

from collections.abc import Mapping

OWNER = ("owner", "owneremail", "resourceowner", "assetowner", "serviceowner", "technicalowner")
CLASSIFICATION = ("classification", "dataclassification", "informationclassification", "confidentiality")
ENVIRONMENT = ("environment", "env", "stage")


def said(labels: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """Return the value of the first of these labels, whatever its dashes."""
    plain = {key.lower().replace("-", "").replace("_", ""): value for key, value in labels.items()}
    return next((plain[name] for name in names if plain.get(name)), None)


def owner(labels: Mapping[str, str]) -> str | None:
    """Return who owns it."""
    return said(labels, OWNER)


def classification(labels: Mapping[str, str]) -> str | None:
    """Return how its information is classified."""
    return said(labels, CLASSIFICATION)


def environment(labels: Mapping[str, str]) -> str | None:
    """Return where it is used: production, test."""
    return said(labels, ENVIRONMENT)
