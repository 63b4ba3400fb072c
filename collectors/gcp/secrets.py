"""Secrets of Secret Manager without their values: whether they are renewed, and until when they stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.clients.gcp import Gcp
from agent.collector import Api, Header, Record, Run
from collectors.gcp._settings import setting
from collectors.gcp._times import seconds

CALL = "secretmanager.projects.secrets.list"
HEADER = Header(
    id="gcp.secrets",
    title="Stored secrets",
    kind="configuration",
    population="Every setting of every secret of Secret Manager that the project keeps globally; never a value.",
    provider="gcp",
    per="member",
    calls=(
        Api(CALL, ("secretmanager.secrets.list",),
            answers={"SERVICE_DISABLED": "Secret Manager is switched off in the project: it has no secrets"}),
    ),
    limits=(
        "`rotation_enabled` says that Secret Manager reminds of the renewal; somebody else has to carry it out.",
        "Secrets that are kept in one region alone, and versions of secrets, are not read.",
        "`kms_key` is null where Google encrypts with a key that it holds.",
    ),
)
DAY = 86400


def collect(run: Run[Gcp]) -> Iterator[Record]:
    """Yield one record per secret and setting."""
    for item in run.client.population(CALL, key="secrets", parent=run.client.parent, pageSize=1000):
        for name, value in _settings(item).items():
            yield Record(setting(f"//secretmanager.googleapis.com/{item['name']}", name, value), item)


def _settings(item: dict[str, Any]) -> dict[str, Any]:
    rotation = item.get("rotation") or {}
    period = seconds(rotation.get("rotationPeriod"))
    return {
        "rotation_enabled": bool(rotation.get("rotationPeriod") or rotation.get("nextRotationTime")),
        "rotation_period_days": None if period is None else period / DAY,
        "next_rotation_at": rotation.get("nextRotationTime"),
        "created_at": item.get("createTime"),
        "expires_at": item.get("expireTime"),
        "kms_key": _key(item),
    }


def _key(item: dict[str, Any]) -> Any:
    how = item.get("replication") or {}
    own = [(how.get("automatic") or {}).get("customerManagedEncryption"), item.get("customerManagedEncryption")]
    own += [one.get("customerManagedEncryption") for one in (how.get("userManaged") or {}).get("replicas") or ()]
    return next((one["kmsKeyName"] for one in own if one and one.get("kmsKeyName")), None)
