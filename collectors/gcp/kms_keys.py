"""Keys of Cloud KMS: their state, renewal and protection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._settings import setting
from collectors.gcp._times import seconds

PLACES = "cloudkms.projects.locations.list"
RINGS = "cloudkms.projects.locations.keyRings.list"
KEYS = "cloudkms.projects.locations.keyRings.cryptoKeys.list"
HEADER = Header(
    id="gcp.kms_keys",
    title="Keys of Cloud KMS",
    kind="configuration",
    population="Every setting of every key of every key ring of the project, in all locations.",
    provider="gcp",
    per="member",
    calls=(
        Api(PLACES, ("cloudkms.locations.list",),
            answers={"SERVICE_DISABLED": "Cloud KMS is switched off in the project: it has no keys"}),
        Api(RINGS, ("cloudkms.keyRings.list",)),
        Api(KEYS, ("cloudkms.cryptoKeys.list",)),
    ),
    limits=(
        "`rotation_enabled` has no value where Cloud KMS cannot renew a key by itself: asymmetric and MAC keys.",
        "Keys that Google holds itself are not among them.",
    ),
)
DAY = 86400


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per key and setting."""

    def rings(place: dict[str, Any]) -> list[dict[str, Any]]:
        return list(run.client.read(RINGS, key="keyRings", parent=place["name"], pageSize=1000))

    places = run.client.read(PLACES, key="locations", name=run.client.parent)
    for _, found in run.client.each(places, rings):
        for ring in found:
            for key in run.client.population(KEYS, key="cryptoKeys", parent=ring["name"], pageSize=1000):
                for name, value in _settings(key).items():
                    yield Record(setting(f"//cloudkms.googleapis.com/{key['name']}", name, value), key)


def _settings(key: dict[str, Any]) -> dict[str, Any]:
    primary, template = key.get("primary") or {}, key.get("versionTemplate") or {}
    period = seconds(key.get("rotationPeriod"))
    renewable = key.get("purpose") == "ENCRYPT_DECRYPT" and not key.get("importOnly")
    return {
        "state": primary.get("state"),
        "usage": key.get("purpose"),
        "protection_level": template.get("protectionLevel"),
        "key_spec": template.get("algorithm"),
        "created_at": key.get("createTime"),
        "rotation_enabled": period is not None if renewable else None,
        "rotation_period_days": None if period is None else period / DAY,
        "next_rotation_at": key.get("nextRotationTime"),
        "deletion_at": primary.get("destroyTime"),
    }
