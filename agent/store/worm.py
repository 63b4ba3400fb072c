"""Write-once storage: S3 Object Lock in compliance mode, in which nobody, not even the account, deletes or shortens.

obstore writes the bytes, by conditional create and with the SHA-256 that S3 asks of a locked bucket; it knows nothing
of locks, so that each object's own retention is set beside it, over S3's own protocol. Between the two the bucket's
default retention holds, which `annexa doctor` asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from obstore.store import ObjectStore

from agent.errors import StoreError
from agent.store.objects import Bucket

COMPLIANCE = "COMPLIANCE"
NAMES = {
    "endpoint": "endpoint_url", "access_key_id": "aws_access_key_id", "secret_access_key": "aws_secret_access_key",
    "session_token": "aws_session_token", "region": "region_name",
}
"""What obstore's options are called in boto3; what neither is told both take from the environment."""


@dataclass(frozen=True, slots=True)
class Lock:
    """How a bucket is locked: whether at all, and the mode and days that an object gets by default ('' and 0: none)."""

    enabled: bool
    mode: str
    days: int


class WriteOnce(Bucket):
    """A bucket with Object Lock. Tiles, checkpoint and queue are overwritten: each time as a new version of its own.

    The earlier versions stay under the bucket's default retention, so that every head that was ever
    published can still be had; whoever reads gets the newest one.
    """

    write_once = True

    def __init__(self, store: ObjectStore, staging: Path, url: str, options: Mapping[str, Any]) -> None:
        super().__init__(store, staging)
        parts = urlsplit(url)
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")
        self._client = _client(options)

    def lock(self) -> Lock:
        """Return how the bucket is locked; raises `StoreError` where it cannot be asked."""
        with _asking(f"ask how {self._bucket} is locked") as refused:
            told = self._client.get_object_lock_configuration(Bucket=self._bucket)["ObjectLockConfiguration"]
        if refused:
            return Lock(enabled=False, mode="", days=0)
        default = told.get("Rule", {}).get("DefaultRetention", {})
        days = int(default.get("Days", 0)) + 365 * int(default.get("Years", 0))
        return Lock(enabled=told.get("ObjectLockEnabled") == "Enabled", mode=default.get("Mode", ""), days=days)

    def retain(self, path: str, until: datetime) -> None:
        """Lock an object until an instant; a lock that is longer already stays."""
        locked = self.locked_until(path)
        if locked is not None and locked >= until:
            return
        with _asking(f"lock {path}"):
            self._client.put_object_retention(
                Bucket=self._bucket, Key=self._key(path),
                Retention={"Mode": COMPLIANCE, "RetainUntilDate": until},
            )

    def locked_until(self, path: str) -> datetime | None:
        """Return until when an object is locked, None where it is not."""
        with _asking(f"read the lock of {path}") as refused:
            told = self._client.head_object(Bucket=self._bucket, Key=self._key(path))
        if refused or told.get("ObjectLockMode") != COMPLIANCE:
            return None
        until: datetime = told["ObjectLockRetainUntilDate"]
        return until.astimezone(UTC)

    def hold(self, path: str, *, on: bool) -> None:
        """Place or lift S3's legal hold on an object."""
        with _asking(f"{'hold' if on else 'release'} {path}"):
            self._client.put_object_legal_hold(
                Bucket=self._bucket, Key=self._key(path), LegalHold={"Status": "ON" if on else "OFF"}
            )

    def erase(self, path: str) -> None:
        """Delete every version of an object; raises `StoreError` where one of them is locked still."""
        key = self._key(path)
        for version in list(self._versions(key)):
            with _asking(f"delete {path}"):
                self._client.delete_object(Bucket=self._bucket, Key=key, VersionId=version)

    def _versions(self, key: str) -> Iterator[str]:
        with _asking(f"list the versions of {key}"):
            for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=key):
                for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    if one["Key"] == key:
                        yield one["VersionId"]

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}" if self._prefix else path


def _client(options: Mapping[str, Any]) -> Any:
    try:
        import boto3  # noqa: PLC0415 - 0.3 s that only a write-once store needs
        from botocore.config import Config  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise StoreError("Locks of S3 objects need boto3", advice="Install annexa with the extra `aws`") from error
    style = "virtual" if options.get("virtual_hosted_style_request") else "auto"
    said = {NAMES[name]: value for name, value in options.items() if name in NAMES}
    # A session of its own: the default one keeps the credentials of whoever used it first in this process.
    config = Config(s3={"addressing_style": style}, retries={"mode": "standard"})
    return boto3.Session().client("s3", config=config, **said)


ABSENT = frozenset({"404", "NoSuchKey", "ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration"})


@contextmanager
def _asking(what: str) -> Iterator[list[str]]:
    """Raise `StoreError` for what S3 refuses; what is simply not there goes into the list that is yielded."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see `_client`

    absent: list[str] = []
    try:
        yield absent
    except ClientError as error:
        told = error.response.get("Error", {})
        if told.get("Code") in ABSENT:
            absent.append(told["Code"])
            return
        raise StoreError(
            f"Cannot {what}: {told.get('Code', '')} {told.get('Message', '')}".rstrip(),
            advice="It needs a bucket with Object Lock, and s3:GetBucketObjectLockConfiguration, "
            "s3:GetObjectRetention, s3:PutObjectRetention, s3:PutObjectLegalHold, s3:ListBucketVersions, "
            "s3:DeleteObjectVersion",
        ) from error
    except BotoCoreError as error:
        raise StoreError(f"Cannot {what}: {error}") from error
