"""Where a trail's digests lie in S3, and how they are fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agent.clients.aws import Aws
from agent.model import Window
from collectors.aws import _buckets
from collectors.aws._digests import Digest, Place, opened

HOUR = timedelta(hours=1)
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(slots=True)
class Shelf:
    """The digests of one trail, of one account and region; `organization` is its id for a trail of it, else ''."""

    client: Aws
    trail: Mapping[str, Any]
    organization: str
    _homes: dict[str, Aws] = field(default_factory=dict)

    @property
    def bucket(self) -> str:
        """Return the bucket into which the trail writes."""
        return str(self.trail["S3BucketName"])

    @property
    def root(self) -> str:
        """Return the prefix below which there is a folder for each day."""
        above = (self.trail.get("S3KeyPrefix"), "AWSLogs", self.organization, self.client.account)
        return "/".join(filter(None, (*above, "CloudTrail-Digest", self.client.region))) + "/"

    def listed(self, span: Window) -> list[Place]:
        """Return the digests whose hour ended within the span, in order."""
        found: list[Place] = []
        day = span.start.replace(hour=0, minute=0, second=0, microsecond=0)
        while day < span.end:
            found += self._read(Prefix=f"{self.root}{day:%Y/%m/%d}/")
            day += timedelta(days=1)
        return [place for place in found if place.end and span.start <= place.end < span.end]

    def after(self, instant: datetime) -> dict[bool, Place]:
        """Return the first digest whose hour ended at this instant or later, of the backfill chain and of the other."""
        start = f"{self.root}{instant:%Y/%m/%d}/{self._name}{instant - timedelta(seconds=1):{STAMP}}"
        client = self.home(self.bucket)
        page = client.first("s3.list_objects_v2", Bucket=self.bucket, Prefix=self.root, StartAfter=start) or {}
        found: dict[bool, Place] = {}
        for place in self._ours(page):
            if place.end and place.end >= instant:
                found.setdefault(place.backfill, place)
        return found

    def before(self, place: Place) -> bool:
        """Return whether the trail has a digest, of the same chain, that is older."""
        return any(
            one.end and place.end and one.end < place.end and one.backfill == place.backfill
            for one in self._read(Prefix=self.root)
        )

    def fetched(self, place: Place) -> Digest:
        """Return a digest; one that is not there has the fault `missing`."""
        answer = self.object(place)
        return opened(place, answer["Body"] if answer else None, answer.get("Metadata", {}) if answer else {})

    def object(self, place: Place) -> dict[str, Any] | None:
        """Return a file, asked for in its bucket's region; None where it is not there."""
        return self.home(place.bucket).ask("s3.get_object", Bucket=place.bucket, Key=place.key)

    def home(self, bucket: str) -> Aws:
        """Return the client of a bucket's region."""
        if bucket not in self._homes:
            region = _buckets.located(self.client, bucket)
            self._homes[bucket] = self.client.at(region) if region else self.client
        return self._homes[bucket]

    def keys(self, start: datetime, end: datetime) -> dict[str, bytes]:
        """Return the public keys of this region that were in force, by fingerprint."""
        found = self.client.read("cloudtrail.list_public_keys", key="PublicKeyList", StartTime=start, EndTime=end)
        return {one["Fingerprint"]: one["Value"] for one in found}

    @property
    def _name(self) -> str:
        account, region = self.client.account, self.client.region
        return f"{account}_CloudTrail-Digest_{region}_{self.trail['Name']}_{self.trail['HomeRegion']}_"

    def _read(self, **where: Any) -> Iterator[Place]:
        client = self.home(self.bucket)
        return client.read("s3.list_objects_v2", key=self._ours, Bucket=self.bucket, **where)

    def _ours(self, page: Mapping[str, Any]) -> list[Place]:
        """Return the digests of this trail in a page; others may lie beside them."""
        end = r"\d{8}T\d{6}Z(_backfill)?\.json\.gz"
        name = re.compile(rf"{re.escape(self.root)}\d+/\d+/\d+/{re.escape(self._name)}{end}")
        return [Place(self.bucket, one["Key"]) for one in page.get("Contents") or () if name.fullmatch(one["Key"])]
